import type { NetworkPolicy, PolicyKey } from '../model/network-policy.ts';
import { policyKey } from '../model/network-policy.ts';

/** Which generation of each policy is known, and which the kernel has. */
export interface PolicyProgress {
  set(policy: Pick<NetworkPolicy, 'namespace' | 'name' | 'uid' | 'generation'>): void;
  delete(key: PolicyKey): void;
  /** An attempt starts: it carries everything that was set and deleted until now. */
  started(): void;
  /** The last attempt that started is in the kernel. */
  applied(): void;
  entries(): readonly PolicyProgressEntry[];
}

export interface PolicyProgressEntry {
  readonly key: PolicyKey;
  readonly uid: string;
  readonly generation: number;
  /** Absent: nothing of this policy (of this uid) was ever in the kernel. */
  readonly appliedGeneration?: number;
}

interface Known {
  readonly uid: string;
  readonly generation: number;
}

/** Costs as much as the policies that changed, whatever their number. */
export function createPolicyProgress(): PolicyProgress {
  const known = new Map<PolicyKey, Known>();
  const inKernel = new Map<PolicyKey, Known>();
  let changed = new Set<PolicyKey>();
  let carried = new Map<PolicyKey, Known | undefined>();

  return {
    set(policy) {
      const key = policyKey(policy);
      known.set(key, { uid: policy.uid, generation: policy.generation });
      changed.add(key);
    },
    delete(key) {
      known.delete(key);
      changed.add(key);
    },
    started() {
      // What an earlier attempt carried in vain is part of this one.
      for (const key of changed) carried.set(key, known.get(key));
      changed = new Set();
    },
    applied() {
      for (const [key, state] of carried) {
        if (state === undefined) inKernel.delete(key);
        else inKernel.set(key, state);
      }
      carried = new Map();
    },
    entries: () =>
      [...known.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { uid, generation }]) => {
          const applied = inKernel.get(key);
          return {
            key,
            uid,
            generation,
            ...(applied?.uid === uid ? { appliedGeneration: applied.generation } : {}),
          };
        }),
  };
}
