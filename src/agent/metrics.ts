import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { CompilerCounts } from '../ruleset/compiler.ts';
import type { DenialCounts } from './denial-log.ts';
import { type DriftCause, driftCauses } from './drift.ts';
import type { SyncMode } from './sync-loop.ts';

// The only importer of the Prometheus client. A registry of its own, base units, and no label whose values a tenant
// chooses, but for a bounded number of namespaces: whoever can create objects must not be able to grow the agent.

/** What the agent can be asked at any moment; read when somebody scrapes. */
export interface MetricSources {
  readonly counts: () => CompilerCounts;
  readonly watches: () => readonly WatchCounts[];
  readonly invalidPolicies: () => number;
  readonly pendingSeconds: () => number;
  readonly isWatchingKernel: () => boolean;
  readonly closesUnknownPods: () => boolean;
  readonly denials: () => DenialCounts;
}

export interface WatchCounts {
  /** `pods`, `networkpolicies`, ... */
  readonly resource: string;
  readonly synced: boolean;
  readonly relists: number;
  readonly reconnects: number;
  readonly failures: number;
  readonly handlerErrors: number;
  readonly differences: number;
  /** Seconds since the API server last said anything; absent before its first word. */
  readonly ageSeconds?: number;
}

export interface BuildInfo {
  readonly version: string;
  readonly nftVersion: string;
}

export interface Metrics {
  readonly contentType: string;
  /** The text form of everything. */
  text(): Promise<string>;
  /** Durations in seconds. */
  syncSucceeded(sync: {
    readonly mode: SyncMode;
    readonly operations: number;
    readonly narrows: boolean;
    readonly compileSeconds: number;
    readonly applySeconds: number;
    readonly latencies: readonly number[];
    /** Seconds since 1970. */
    readonly at: number;
  }): void;
  syncFailed(kind: string): void;
  /** @param at seconds since 1970 */
  kernelVerified(result: 'equal' | 'drift' | 'failed', seconds: number, at: number): void;
  driftRepaired(cause: DriftCause): void;
  diagnostics(diagnostics: readonly Diagnostic[]): void;
  objectNotUnderstood(kind: string): void;
}

const durations = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const sizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10_000, 50_000, 100_000];

export function createMetrics(sources: MetricSources, build: BuildInfo): Metrics {
  const registry = new Registry();
  const registers = [registry];

  const duration = new Histogram({
    name: 'ringfence_sync_duration_seconds',
    help: 'How long a phase of a sync took.',
    labelNames: ['phase'] as const,
    buckets: durations,
    registers,
  });
  const latency = new Histogram({
    name: 'ringfence_event_to_kernel_seconds',
    help: 'Time from an event of the API server to the transaction that carries it being in the kernel.',
    buckets: durations,
    registers,
  });
  const operations = new Histogram({
    name: 'ringfence_transaction_operations',
    help: 'Operations of the transactions given to nft.',
    buckets: sizes,
    registers,
  });
  const syncs = new Counter({
    name: 'ringfence_syncs_total',
    help: 'Syncs that left the kernel as desired.',
    labelNames: ['mode'] as const,
    registers,
  });
  const narrowings = new Counter({
    name: 'ringfence_epochs_total',
    help: 'Transactions after which established connections are judged again.',
    registers,
  });
  const failures = new Counter({
    name: 'ringfence_sync_failures_total',
    help: 'Syncs that failed, by kind of error.',
    labelNames: ['kind'] as const,
    registers,
  });
  const lastSuccess = new Gauge({
    name: 'ringfence_sync_last_success_timestamp_seconds',
    help: 'When a sync last left the kernel as desired, in seconds since 1970.',
    registers,
  });
  const verifications = new Counter({
    name: 'ringfence_kernel_verifications_total',
    help: 'Comparisons of the table in the kernel with what it should hold, by result.',
    labelNames: ['result'] as const,
    registers,
  });
  const verifyDuration = new Histogram({
    name: 'ringfence_kernel_verify_duration_seconds',
    help: 'How long it took to list the table and to compare it.',
    buckets: durations,
    registers,
  });
  const lastVerify = new Gauge({
    name: 'ringfence_kernel_last_verify_timestamp_seconds',
    help: 'When the table was last compared with what it should hold, in seconds since 1970.',
    registers,
  });
  const repairs = new Counter({
    name: 'ringfence_drift_repairs_total',
    help: 'Times that the table was replaced because something else had changed it, by how that was noticed.',
    labelNames: ['cause'] as const,
    registers,
  });
  const diagnostics = new Counter({
    name: 'ringfence_policy_diagnostics_total',
    help: 'Diagnostics of stored policies, once for each generation.',
    labelNames: ['severity', 'code'] as const,
    registers,
  });
  const notUnderstood = new Counter({
    name: 'ringfence_objects_not_understood_total',
    help: 'Objects from the API server that could not be read and were closed instead.',
    labelNames: ['kind'] as const,
    registers,
  });
  for (const mode of ['delta', 'replacement'] as const) syncs.inc({ mode }, 0);
  for (const result of ['equal', 'drift', 'failed'] as const) verifications.inc({ result }, 0);
  for (const cause of driftCauses) repairs.inc({ cause }, 0);

  collectSources(registry, sources);
  collectProcess(registry);
  new Gauge({
    name: 'ringfence_build_info',
    help: 'Always 1.',
    labelNames: ['version', 'node_version', 'nft_version'] as const,
    registers,
  }).set({ version: build.version, node_version: process.versions.node, nft_version: build.nftVersion }, 1);

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    syncSucceeded(sync) {
      syncs.inc({ mode: sync.mode });
      duration.observe({ phase: 'compile' }, sync.compileSeconds);
      lastSuccess.set(sync.at);
      if (sync.narrows) narrowings.inc();
      if (sync.operations === 0) return;
      duration.observe({ phase: 'apply' }, sync.applySeconds);
      operations.observe(sync.operations);
      for (const seconds of sync.latencies) latency.observe(seconds);
    },
    syncFailed(kind) {
      failures.inc({ kind });
    },
    kernelVerified(result, seconds, at) {
      verifications.inc({ result });
      verifyDuration.observe(seconds);
      lastVerify.set(at);
    },
    driftRepaired(cause) {
      repairs.inc({ cause });
    },
    diagnostics(found) {
      for (const { severity, code } of found) diagnostics.inc({ severity, code });
    },
    objectNotUnderstood(kind) {
      notUnderstood.inc({ kind });
    },
  };
}

const objectKinds = {
  pods: (counts) => counts.pods,
  local_pods: (counts) => counts.localPods,
  uncovered_local_pods: (counts) => counts.uncoveredLocalPods,
  isolated_local_pods: (counts) => counts.isolatedLocalPods,
  closed_by_defect: (counts) => counts.closedByDefect,
  closed_by_limit: (counts) => counts.closedByLimit,
  namespaces: (counts) => counts.namespaces,
  policies: (counts) => counts.policies,
  active_policies: (counts) => counts.activePolicies,
} satisfies Record<string, (counts: CompilerCounts) => number>;

function collectSources(registry: Registry, sources: MetricSources): void {
  const registers = [registry];
  new Gauge({
    name: 'ringfence_objects',
    help: 'Objects that the compiler holds, by kind. Active policies select a local pod; local pods closed by a defect could not be compiled, those closed by a limit have too large policies.',
    labelNames: ['kind'] as const,
    registers,
    collect() {
      const counts = sources.counts();
      for (const [kind, count] of Object.entries(objectKinds)) this.set({ kind }, count(counts));
    },
  });
  const parts = {
    chains: 'Chains of the desired ruleset.',
    rules: 'Rules of the desired ruleset.',
    sets: 'Sets and maps of the desired ruleset.',
    elements: 'Elements of all sets and maps of the desired ruleset.',
  } as const;
  for (const part of ['chains', 'rules', 'sets', 'elements'] as const) {
    new Gauge({
      name: `ringfence_ruleset_${part}`,
      help: parts[part],
      registers,
      collect() {
        this.set(sources.counts()[part]);
      },
    });
  }
  new Gauge({
    name: 'ringfence_unknown_pods_closed',
    help: 'Whether new pods are closed until programmed: 0 where neither pod CIDRs nor --pod-interfaces tell who is a pod. Of kind uncovered_local_pods are pods whose address no pod CIDR of the node has.',
    registers,
    collect() {
      this.set(sources.closesUnknownPods() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'ringfence_invalid_policies',
    help: 'Stored policies with an error, whose pods are closed as far as the error reaches.',
    registers,
    collect() {
      this.set(sources.invalidPolicies());
    },
  });
  new Gauge({
    name: 'ringfence_sync_pending_seconds',
    help: 'Age of the oldest change that is not in the kernel yet; 0 where there is none.',
    registers,
    collect() {
      this.set(sources.pendingSeconds());
    },
  });
  new Gauge({
    name: 'ringfence_kernel_watched',
    help: 'Whether changes that others make to the table are seen at once.',
    registers,
    collect() {
      this.set(sources.isWatchingKernel() ? 1 : 0);
    },
  });
  collectWatches(registry, sources);
  collectDenials(registry, sources);
}

function collectDenials(registry: Registry, sources: MetricSources): void {
  const registers = [registry];
  new Counter({
    name: 'ringfence_denied_connections_total',
    help: 'Denied connections that were logged, by namespace of the pod whose policies deny it and by direction; each flow once a minute.',
    labelNames: ['namespace', 'direction'] as const,
    registers,
    collect() {
      this.reset();
      for (const { namespace, direction, count } of sources.denials().told)
        this.inc({ namespace, direction }, count);
    },
  });
  const totals = {
    suppressed: 'Denied connections that were not logged, over the limit of lines.',
    lost: 'Times that denied connections may have gone by unseen.',
  } as const;
  for (const total of ['suppressed', 'lost'] as const) {
    new Counter({
      name: `ringfence_denial_log_${total}_total`,
      help: totals[total],
      registers,
      collect() {
        this.reset();
        this.inc(sources.denials()[total]);
      },
    });
  }
}

const watchTotals = {
  relists: { help: 'Times that all objects of a kind were read anew.', count: ({ relists }) => relists },
  reconnects: { help: 'Times that a watch was opened again.', count: ({ reconnects }) => reconnects },
  failures: { help: 'Attempts to list or watch that ended in an error.', count: ({ failures }) => failures },
  handler_errors: {
    help: 'Times that the agent could not take in what a watch brought.',
    count: ({ handlerErrors }) => handlerErrors,
  },
  differences: {
    help: 'Objects on which a safety check found the store to differ from the API server: always a defect.',
    count: ({ differences }) => differences,
  },
} satisfies Record<string, { help: string; count: (watch: WatchCounts) => number }>;

function collectWatches(registry: Registry, sources: MetricSources): void {
  const labelNames = ['resource'] as const;
  const registers = [registry];
  for (const [total, { help, count }] of Object.entries(watchTotals)) {
    new Counter({
      name: `ringfence_watch_${total}_total`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const watch of sources.watches()) this.inc({ resource: watch.resource }, count(watch));
      },
    });
  }
  new Gauge({
    name: 'ringfence_watch_age_seconds',
    help: 'Time since the API server last sent anything on a watch, bookmarks included.',
    labelNames,
    registers,
    collect() {
      for (const { resource, ageSeconds } of sources.watches()) {
        if (ageSeconds !== undefined) this.set({ resource }, ageSeconds);
      }
    },
  });
  new Gauge({
    name: 'ringfence_watch_synced',
    help: 'Whether all objects of a kind have been read once.',
    labelNames,
    registers,
    collect() {
      for (const { resource, synced } of sources.watches()) this.set({ resource }, synced ? 1 : 0);
    },
  });
}

function collectProcess(registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time spent in seconds, child processes not counted.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
    registers,
  }).set(Date.now() / 1000 - process.uptime());
}
