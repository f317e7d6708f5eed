import type { ObjectEvent } from '../kube/events.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { ReportedPolicy } from './policy-reports.ts';

/** What the owner of a policy is told with `kubectl describe`; nothing for warnings alone. */
export function invalidPolicyEvent(
  policy: ReportedPolicy,
  diagnostics: readonly Diagnostic[],
): ObjectEvent | undefined {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return undefined;
  const told = errors
    .slice(0, 5)
    .map(({ path, message }) => (path === undefined ? message : `${path}: ${message}`));
  const more = errors.length > told.length ? [`and ${String(errors.length - told.length)} more`] : [];
  return {
    type: 'Warning',
    reason: 'InvalidPolicy',
    action: 'FailClosed',
    note: `What could not be understood allows nothing. ${[...told, ...more].join('; ')}`,
    regarding: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      namespace: policy.namespace,
      name: policy.name,
      uid: policy.uid,
    },
  };
}
