import type { Diagnostic } from '../model/diagnostic.ts';
import type { ConnectionTable } from '../nft/connection-table.ts';
import type { CompilerCounts } from '../ruleset/compiler.ts';
import { type CountedConnections, readConnectionCounts } from './connection-metrics.ts';
import type { DenialCount, DenialCounts } from './denial-log.ts';
import { type DriftCause, driftCauses } from './drift.ts';
import { createMetricRegistry, type MetricRegistry, type Series } from './metric-registry.ts';
import type { SyncMode } from './sync-loop.ts';

// A registry of its own, base units, and no label whose values a tenant chooses, but for a bounded number of namespaces,
// pods and policies: whoever can create objects must not be able to grow the agent.

/** What the agent can be asked at any moment; read when somebody scrapes. */
export interface MetricSources {
  readonly counts: () => CompilerCounts;
  readonly watches: () => readonly WatchCounts[];
  readonly invalidPolicies: () => number;
  readonly pendingSeconds: () => number;
  readonly isWatchingKernel: () => boolean;
  readonly closesUnknownPods: () => boolean;
  readonly freeEpochs: () => number;
  readonly connections: () => ConnectionTable | undefined;
  readonly denials: () => DenialCounts;
  readonly connectionCounts: CountedConnections;
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
  const registry = createMetricRegistry();
  const { counter, gauge, histogram } = registry;

  const duration = histogram(
    'ringfence_sync_duration_seconds',
    'How long a phase of a sync took.',
    durations,
    'phase',
  );
  const latency = histogram(
    'ringfence_event_to_kernel_seconds',
    'Time from an event of the API server to the transaction that carries it being in the kernel.',
    durations,
  );
  const operations = histogram(
    'ringfence_transaction_operations',
    'Operations of the transactions given to nft.',
    sizes,
  );
  const verifyDuration = histogram(
    'ringfence_kernel_verify_duration_seconds',
    'How long it took to list the table and to compare it.',
    durations,
  );
  const syncs = counter('ringfence_syncs_total', 'Syncs that left the kernel as desired.', 'mode');
  const narrowings = counter(
    'ringfence_epochs_total',
    'Transactions after which established connections are judged again.',
  );
  const failures = counter('ringfence_sync_failures_total', 'Syncs that failed, by kind of error.', 'kind');
  const verifications = counter(
    'ringfence_kernel_verifications_total',
    'Comparisons of the table in the kernel with what it should hold, by result.',
    'result',
  );
  const repairs = counter(
    'ringfence_drift_repairs_total',
    'Times that the table was replaced because something else had changed it, by how that was noticed.',
    'cause',
  );
  const diagnostics = counter(
    'ringfence_policy_diagnostics_total',
    'Diagnostics of stored policies, once for each generation and whenever they change.',
    'severity',
    'code',
  );
  const notUnderstood = counter(
    'ringfence_objects_not_understood_total',
    'Objects from the API server that could not be read and were closed instead.',
    'kind',
  );
  const lastSuccess = gauge(
    'ringfence_sync_last_success_timestamp_seconds',
    'When a sync last left the kernel as desired, in seconds since 1970.',
  );
  const lastVerify = gauge(
    'ringfence_kernel_last_verify_timestamp_seconds',
    'When the table was last compared with what it should hold, in seconds since 1970.',
  );
  for (const mode of ['delta', 'replacement'] as const) syncs.inc({ mode }, 0);
  for (const result of ['equal', 'drift', 'failed'] as const) verifications.inc({ result }, 0);
  for (const cause of driftCauses) repairs.inc({ cause }, 0);

  gauge('ringfence_build_info', 'Always 1.', 'version', 'node_version', 'nft_version').set(
    { version: build.version, node_version: process.versions.node, nft_version: build.nftVersion },
    1,
  );
  readSources(registry, sources);
  readProcess(registry);

  return {
    contentType: registry.contentType,
    text: () => registry.text(),
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

const rulesetParts = {
  chains: 'Chains of the desired ruleset.',
  rules: 'Rules of the desired ruleset.',
  sets: 'Sets and maps of the desired ruleset.',
  elements: 'Elements of all sets and maps of the desired ruleset.',
} as const;

function readSources(registry: MetricRegistry, sources: MetricSources): void {
  const { readGauge, readGauges } = registry;
  readGauges(
    'ringfence_objects',
    'Objects that the compiler holds, by kind. Active policies select a local pod; local pods closed by a defect could not be compiled, those closed by a limit have too large policies.',
    ['kind'],
    () => {
      const counts = sources.counts();
      return Object.entries(objectKinds).map(([kind, count]) => [{ kind }, count(counts)]);
    },
  );
  for (const part of ['chains', 'rules', 'sets', 'elements'] as const) {
    readGauge(`ringfence_ruleset_${part}`, rulesetParts[part], () => sources.counts()[part]);
  }
  readGauge(
    'ringfence_unknown_pods_closed',
    'Whether new pods are closed until programmed: 0 where neither pod CIDRs nor --pod-interfaces tell who is a pod. Of kind uncovered_local_pods are pods whose address no pod CIDR of the node has.',
    () => Number(sources.closesUnknownPods()),
  );
  readGauge(
    'ringfence_invalid_policies',
    'Stored policies with an error, whose pods are closed as far as the error reaches.',
    sources.invalidPolicies,
  );
  readGauge(
    'ringfence_sync_pending_seconds',
    'Age of the oldest change that is not in the kernel yet; 0 where there is none.',
    sources.pendingSeconds,
  );
  readGauge(
    'ringfence_kernel_watched',
    'Whether changes that others make to the table are seen at once.',
    () => Number(sources.isWatchingKernel()),
  );
  readGauge(
    'ringfence_epochs_free',
    'Epochs that no connection is marked with, for changes that narrow. At 0 nothing is marked, and every packet is judged.',
    sources.freeEpochs,
  );
  readConnections(registry, sources);
  readWatches(registry, sources);
  readDenials(registry, sources);
  readConnectionCounts(registry, sources.connectionCounts);
}

function readConnections({ readGauges, readCounters }: MetricRegistry, { connections }: MetricSources): void {
  const read = (what: keyof ConnectionTable) => (): readonly Series<string>[] => {
    const table = connections();
    return table === undefined ? [] : [[{}, table[what]]];
  };
  readGauges(
    'ringfence_conntrack_entries',
    "Connections that the kernel tracks in the node's network namespace.",
    [],
    read('entries'),
  );
  readGauges(
    'ringfence_conntrack_entries_limit',
    'How many it tracks at most (nf_conntrack_max): from there on new connections fail, whatever the policies say.',
    [],
    read('limit'),
  );
  readCounters(
    'ringfence_conntrack_drops_total',
    'Packets that the kernel dropped because it had no room or no memory for their connection.',
    [],
    read('drops'),
  );
}

function readDenials({ readCounter, readCounters }: MetricRegistry, sources: MetricSources): void {
  readCounters(
    'ringfence_denied_connections_total',
    'Denied connections that were logged, by namespace of the pod whose policies deny it and by direction; each flow once a minute.',
    ['namespace', 'direction'],
    () => seriesOf(sources.denials().told),
  );
  readCounters(
    'ringfence_audit_denied_connections_total',
    'Allowed connections that were logged because audit policies would deny them, by namespace of their pod and by direction; each flow once a minute.',
    ['namespace', 'direction'],
    () => seriesOf(sources.denials().audited),
  );
  readCounter(
    'ringfence_denial_log_suppressed_total',
    'Denied connections that were not logged, over the limit of lines.',
    () => sources.denials().suppressed,
  );
  readCounter(
    'ringfence_denial_log_lost_total',
    'Times that denied connections may have gone by unseen.',
    () => sources.denials().lost,
  );
}

function seriesOf(counts: readonly DenialCount[]): readonly Series<'namespace' | 'direction'>[] {
  return counts.map(({ namespace, direction, count }) => [{ namespace, direction }, count]);
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

function readWatches({ readCounters, readGauges }: MetricRegistry, sources: MetricSources): void {
  for (const [total, { help, count }] of Object.entries(watchTotals)) {
    readCounters(`ringfence_watch_${total}_total`, help, ['resource'], () =>
      sources.watches().map((watch) => [{ resource: watch.resource }, count(watch)]),
    );
  }
  readGauges(
    'ringfence_watch_age_seconds',
    'Time since the API server last sent anything on a watch, bookmarks included.',
    ['resource'],
    () =>
      sources
        .watches()
        .flatMap(({ resource, ageSeconds }) =>
          ageSeconds === undefined ? [] : [[{ resource }, ageSeconds]],
        ),
  );
  readGauges(
    'ringfence_watch_synced',
    'Whether all objects of a kind have been read once.',
    ['resource'],
    () => sources.watches().map(({ resource, synced }) => [{ resource }, Number(synced)]),
  );
}

function readProcess({ readGauge, readCounter }: MetricRegistry): void {
  readGauge('process_resident_memory_bytes', 'Resident memory size in bytes.', () =>
    process.memoryUsage.rss(),
  );
  readCounter(
    'process_cpu_seconds_total',
    'User and system CPU time spent in seconds, child processes not counted.',
    () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  );
  const started = Date.now() / 1000 - process.uptime();
  readGauge(
    'process_start_time_seconds',
    'Start time of the process since unix epoch in seconds.',
    () => started,
  );
}
