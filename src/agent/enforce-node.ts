import type { KubeClient } from '../kube/client.ts';
import { sleep } from '../kube/clock.ts';
import type { EventRecorder } from '../kube/events.ts';
import type { Pod } from '../model/pod.ts';
import type { Cluster } from '../model/cluster.ts';
import { readConnectionTable } from '../nft/connection-table.ts';
import { listConnectionMarks } from '../nft/connection-marks.ts';
import type { Nft } from '../nft/nft.ts';
import { type LoggedPacket, packetLog } from '../nft/packet-log.ts';
import { formatVersion, type NftVersion } from '../nft/version.ts';
import { logPrefixes } from '../ruleset/verdict-chains.ts';
import { closureEvent } from './closure-event.ts';
import type { Clock } from './clock.ts';
import type { AgentConfig, ListenAddress } from './config.ts';
import { type ConnectionCounts, createConnectionCounts } from './connection-counts.ts';
import { createConnectionWatch } from './connection-watch.ts';
import { createDenialLog, type DenialLog } from './denial-log.ts';
import { createEnforcement, type Enforcement } from './enforcement.ts';
import { livenessChecks, readinessChecks } from './health-checks.ts';
import { type HealthRoute, type HealthSources, listenForHealth, type ListeningServer } from './health.ts';
import { readKernel } from './kernel-state.ts';
import { driftEvent } from './drift-event.ts';
import type { Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { policyEvents } from './policy-event.ts';
import { hostErrors } from './start-check.ts';
import { type AgentStatus, driftStatus, isoTime, phaseOf, policyStatuses } from './status.ts';
import { isUnreadable, type Unreadable } from './stored-objects.ts';
import type { SyncSuccess } from './sync-loop.ts';
import { createWatches, type Watches } from './watches.ts';

/** Everything outside the process, and what speaks of it. */
export interface AgentWorld {
  readonly nft: Nft;
  readonly nftVersion: NftVersion;
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly version: string;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Watches, compiles, applies and answers until the signal aborts.
 *
 * @throws AgentError `listen-failed`
 */
export async function enforceNode(
  config: AgentConfig,
  world: AgentWorld,
  signal: AbortSignal,
): Promise<void> {
  const { nft, client, events, log, clock } = world;
  const kernel = await readKernel(nft, config.compiler, {
    listMarks: listConnectionMarks,
    log,
    clock,
    signal,
  });
  if (kernel.hasTable) log.info({ table: config.compiler.table }, 'kernel ruleset stays until synced');
  const connectionCounts = createConnectionCounts({
    nft,
    table: config.compiler.table,
    counted: () => enforcement.counted(),
    log,
    clock,
  });
  const metrics = createMetrics(
    {
      counts: () => enforcement.counts(),
      watches: () => watches.counts(),
      isWatchingKernel: () => enforcement.state().drift.isWatching,
      closesUnknownPods: () => enforcement.state().closesUnknownPods,
      freeEpochs: () => kernel.epochs.left(),
      connections: () => connections.table(),
      denials: () => denials.counts(),
      connectionCounts,
      invalidPolicies: () => enforcement.invalidPolicies(),
      pendingSeconds: () => {
        const { pendingSince } = enforcement.state().sync;
        return pendingSince === undefined ? 0 : (clock.now() - pendingSince) / 1000;
      },
    },
    { version: world.version, nftVersion: formatVersion(world.nftVersion) },
  );
  const enforcement: Enforcement = createEnforcement({
    compiler: config.compiler,
    kernel,
    listMarks: listConnectionMarks,
    nft,
    current: {
      namespaces: () => readable(watches.namespaces().values()),
      pods: () => readable(watches.pods().values()),
      policies: () => [...watches.policies().values()].map(({ policy }) => policy),
    },
    observer: {
      succeeded: (success) => {
        metrics.syncSucceeded(inSeconds(success, clock.epochSeconds()));
      },
      failed: (kind) => {
        metrics.syncFailed(kind);
      },
      verified: (result, seconds) => {
        metrics.kernelVerified(result, seconds, clock.epochSeconds());
      },
      repaired: (cause) => {
        metrics.driftRepaired(cause);
        events.record(driftEvent(config.compiler, cause));
      },
      closed: (closure) => {
        const event = closureEvent(closure);
        if (event !== undefined) events.record(event);
      },
      diagnosed: (policy, diagnostics) => {
        metrics.diagnostics(diagnostics);
        for (const event of policyEvents(policy, diagnostics)) events.record(event);
      },
      notUnderstood: (kind) => {
        metrics.objectNotUnderstood(kind);
      },
    },
    replacing: (call) => connectionCounts.read(call),
    log,
    clock,
  });
  const watches: Watches = createWatches({
    client,
    nodeName: config.compiler.nodeName,
    handlers: enforcement.handlers,
    log,
    clock,
  });
  const denials = createDenialLog({
    clusterAround: (packet) => clusterAround(packet, watches),
    log,
    clock,
  });
  const host = watchHost(world);
  const connections = createConnectionWatch({ read: readConnectionTable, log, clock });
  const servers = await listen(
    config,
    healthSources(config, world, { enforcement, watches, metrics, connectionCounts, host }, signal),
    log,
  );
  // Whatever ends one of them unforeseen ends all, and the process: it is started again, and the rules stay.
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  try {
    const running = [
      ...[enforcement.run(until), watches.run(until), events.run(until), host.run(until)],
      connections.run(until),
      ...logDenials(config, denials, until),
    ];
    await Promise.all(running).finally(async () => {
      stop.abort();
      await Promise.allSettled(running);
    });
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}

function logDenials(config: AgentConfig, denials: DenialLog, signal: AbortSignal): readonly Promise<void>[] {
  const { denialLog } = config.compiler;
  if (denialLog === undefined) return [];
  const { group } = denialLog;
  const prefixes = Object.values(logPrefixes);
  return [denials.run(packetLog({ command: [config.ulogdPath], group, prefixes, signal }))];
}

/** The two ends of a packet, and every policy that may have a say. */
function clusterAround({ source, destination }: LoggedPacket, watches: Watches): Cluster {
  const pods = readable(watches.pods().values()).filter(({ addresses }) =>
    addresses.some((address) => address === source || address === destination),
  );
  const names = new Set(pods.map(({ namespace }) => namespace));
  return {
    namespaces: readable(watches.namespaces().values()).filter(({ name }) => names.has(name)),
    nodes: [],
    pods,
    policies: [...watches.policies().values()].flatMap(({ policy }) =>
      names.has(policy.namespace) ? [policy] : [],
    ),
    services: [],
    ingresses: [],
  };
}

function readable<T extends object>(objects: Iterable<T | Unreadable>): readonly T[] {
  return [...objects].filter((object): object is T => !isUnreadable(object));
}

function inSeconds(success: SyncSuccess, at: number): Parameters<Metrics['syncSucceeded']>[0] {
  return {
    mode: success.mode,
    operations: success.operations,
    narrows: success.narrows,
    compileSeconds: success.compileDuration / 1000,
    applySeconds: success.applyDuration / 1000,
    latencies: success.latencies.map((latency) => latency / 1000),
    at,
  };
}

interface HostWatch {
  readonly problem: () => string | undefined;
  run(signal: AbortSignal): Promise<void>;
}

/** Milliseconds between looks at the host: a bridge may come with the first pod, a sysctl may be reset. */
const hostInterval = 60_000;

function watchHost({ nftVersion, log, clock }: AgentWorld): HostWatch {
  let problem: string | undefined;
  return {
    problem: () => problem,
    async run(signal) {
      for (;;) {
        await sleep(clock, hostInterval, signal);
        if (signal.aborted) return;
        const errors = await hostErrors(nftVersion, signal);
        const found = errors.map(({ message, fix }) => `${message}: ${fix}`).join('; ');
        if (found !== '' && found !== problem) {
          for (const error of errors) log.error({ ...error }, 'host finding');
        }
        problem = found === '' ? undefined : found;
      }
    },
  };
}

interface AgentParts {
  readonly enforcement: Enforcement;
  readonly watches: Watches;
  readonly metrics: Metrics;
  readonly connectionCounts: ConnectionCounts;
  readonly host: HostWatch;
}

function healthSources(
  config: AgentConfig,
  world: AgentWorld,
  parts: AgentParts,
  signal: AbortSignal,
): HealthSources {
  const { enforcement, watches, metrics, connectionCounts, host } = parts;
  const facts = {
    sync: () => enforcement.state().sync,
    now: () => world.clock.now(),
    watches: () => watches.counts(),
    nodeKnown: () => enforcement.state().nodeIsKnown,
    enforcing: () => enforcement.state().isEnforcing,
    lastError: () => enforcement.state().lastError,
    hostProblem: host.problem,
  };
  return {
    livez: livenessChecks(facts),
    readyz: readinessChecks(facts),
    status: async () => {
      await connectionCounts.refresh(signal);
      return statusOf(config, world, parts);
    },
    metrics: async () => {
      await connectionCounts.refresh(signal);
      return { contentType: metrics.contentType, text: await metrics.text() };
    },
  };
}

function statusOf(
  config: AgentConfig,
  world: AgentWorld,
  { enforcement, watches, connectionCounts }: AgentParts,
): AgentStatus {
  const { nodeName, table } = config.compiler;
  const { sync, isEnforcing, drift, lastSuccess, lastError } = enforcement.state();
  const isLocal = (pod: Pod): boolean => pod.nodeName === nodeName && pod.addresses.length > 0;
  return {
    apiVersion: 'ringfence.dev/v1alpha1',
    kind: 'AgentStatus',
    node: nodeName,
    version: world.version,
    nftVersion: formatVersion(world.nftVersion),
    table,
    phase: phaseOf(sync, isEnforcing),
    ...(lastSuccess === undefined ? {} : { lastSync: isoTime(lastSuccess) }),
    ...(lastError === undefined ? {} : { lastError }),
    watches: watches
      .counts()
      .map(({ resource, synced, resourceVersion }) => ({ resource, synced, resourceVersion })),
    pending: sync.pendingSince !== undefined,
    drift: driftStatus(drift),
    counts: enforcement.counts(),
    connections: { pods: connectionCounts.pods(), rules: connectionCounts.rules() },
    policies: policyStatuses(
      watches.policies(),
      enforcement.policies(),
      readable(watches.pods().values()).filter(isLocal),
    ),
  };
}

/** One server where both addresses are the same. */
async function listen(
  config: AgentConfig,
  sources: HealthSources,
  log: Log,
): Promise<readonly ListeningServer[]> {
  const health: readonly HealthRoute[] = ['/livez', '/readyz', '/status'];
  const metrics: readonly HealthRoute[] = ['/metrics'];
  const isShared =
    config.health !== undefined &&
    config.health.host === config.metrics?.host &&
    config.health.port === config.metrics.port;
  const wanted: readonly (readonly [ListenAddress | undefined, readonly HealthRoute[]])[] = isShared
    ? [[config.health, [...health, ...metrics]]]
    : [
        [config.health, health],
        [config.metrics, metrics],
      ];
  const servers: ListeningServer[] = [];
  try {
    for (const [address, routes] of wanted) {
      if (address === undefined) continue;
      const server = await listenForHealth({ ...address, routes }, sources);
      log.info({ host: server.host, port: server.port, routes }, 'listening');
      servers.push(server);
    }
  } catch (error) {
    await Promise.all(servers.map((server) => server.close()));
    throw error;
  }
  return servers;
}
