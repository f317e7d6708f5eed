import type { Diagnostic } from '../model/diagnostic.ts';
import type { PolicyKey } from '../model/network-policy.ts';

/**
 * What is wrong with stored policies; each said once for each generation, and again where it is something else: what
 * annotations say changes without a generation.
 */
export interface PolicyReports {
  /** The diagnostics of a policy as it is now; also none. */
  read(policy: ReportedPolicy, diagnostics: readonly Diagnostic[]): void;
  delete(key: PolicyKey): void;
  /** Policies that have an error at present. */
  invalid(): number;
  /** The diagnostics of a policy as it is now. */
  of(key: PolicyKey): readonly Diagnostic[];
}

export interface ReportedPolicy {
  readonly key: PolicyKey;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
}

/** `report` is called with at least one diagnostic, once for each (uid, generation, diagnostics) while the policy exists. */
export function createPolicyReports(
  report: (policy: ReportedPolicy, diagnostics: readonly Diagnostic[]) => void,
): PolicyReports {
  const current = new Map<
    PolicyKey,
    { readonly uid: string; readonly generation: number; readonly diagnostics: readonly Diagnostic[] }
  >();
  let invalid = 0;

  return {
    read(policy, diagnostics) {
      const before = current.get(policy.key);
      const isNew =
        before?.uid !== policy.uid ||
        before.generation !== policy.generation ||
        !isSame(before.diagnostics, diagnostics);
      forget(policy.key);
      if (diagnostics.length === 0) return;
      current.set(policy.key, { uid: policy.uid, generation: policy.generation, diagnostics });
      if (hasError(diagnostics)) invalid += 1;
      if (isNew) report(policy, diagnostics);
    },
    delete: forget,
    invalid: () => invalid,
    of: (key) => current.get(key)?.diagnostics ?? [],
  };

  function forget(key: PolicyKey): void {
    const before = current.get(key);
    if (before === undefined) return;
    current.delete(key);
    if (hasError(before.diagnostics)) invalid -= 1;
  }
}

function isSame(before: readonly Diagnostic[], now: readonly Diagnostic[]): boolean {
  const textOf = ({ code, path, message }: Diagnostic): string => JSON.stringify([code, path, message]);
  return before.length === now.length && before.every((one, at) => textOf(one) === textOf(now[at] ?? one));
}

function hasError(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}
