import type { HealthCheck } from './health.ts';
import type { SyncState } from './sync-loop.ts';

/** What the checks look at. */
export interface HealthFacts {
  readonly sync: () => SyncState;
  /** The clock of `SyncState.since`. */
  readonly now: () => number;
  readonly watches: () => readonly { readonly resource: string; readonly synced: boolean }[];
  readonly nodeKnown: () => boolean;
  /** The kernel has had the rules of all stores, by this process. */
  readonly enforcing: () => boolean;
  readonly lastError: () => string | undefined;
  /** What the host lacks, by the last look. */
  readonly hostProblem: () => string | undefined;
}

/** Longer than nft may take (one minute) and the compiler ever should. Milliseconds. */
const stuckAfter = 120_000;

/** Alive: the loop runs and is not stuck. A cluster that is away does not make a restart useful. */
export function livenessChecks(facts: HealthFacts): readonly HealthCheck[] {
  return [
    {
      name: 'sync-loop',
      failure() {
        const { phase, since } = facts.sync();
        if (phase === 'stopped') return 'stopped';
        const seconds = Math.round((facts.now() - since) / 1000);
        return phase !== 'idle' && seconds * 1000 > stuckAfter
          ? `in phase ${phase} for ${String(seconds)} s`
          : undefined;
      },
    },
  ];
}

/** Ready: the policies of the cluster are in the kernel of this node. */
export function readinessChecks(facts: HealthFacts): readonly HealthCheck[] {
  return [
    {
      name: 'stores-synced',
      failure() {
        const missing = facts.watches().filter(({ synced }) => !synced);
        if (missing.length > 0) return `waiting for ${missing.map(({ resource }) => resource).join(', ')}`;
        return facts.nodeKnown() ? undefined : 'the API server has no node of this name';
      },
    },
    {
      name: 'rules-applied',
      failure() {
        const { failures } = facts.sync();
        if (failures > 0) return `${String(failures)} failures in a row: ${facts.lastError() ?? 'unknown'}`;
        return facts.enforcing() ? undefined : 'no complete ruleset applied yet';
      },
    },
    { name: 'host', failure: facts.hostProblem },
  ];
}
