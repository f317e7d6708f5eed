import packageJson from '../../package.json' with { type: 'json' };
import { createKubeClient, type KubeClient } from '../kube/client.ts';
import { createEventRecorder } from '../kube/events.ts';
import { createNft, type Nft } from '../nft/nft.ts';
import { formatVersion } from '../nft/version.ts';
import { type Clock, systemClock } from './clock.ts';
import type { AgentConfig } from './config.ts';
import { AgentError } from './errors.ts';
import { enforceNode } from './enforce-node.ts';
import { createLog, type Log } from './log.ts';
import { checkStart } from './start-check.ts';

/** What the agent works with. Tests and the lab may bring their own. */
export interface RunAgentOptions {
  /** Ends the agent. The rules stay in the kernel. */
  readonly signal: AbortSignal;
  readonly log?: Log;
  readonly clock?: Clock;
  readonly nft?: Nft;
  readonly client?: KubeClient;
}

/**
 * Enforces the policies of one node until the signal aborts.
 *
 * @throws AgentError where a person must act before it can work
 */
export async function runAgent(config: AgentConfig, options: RunAgentOptions): Promise<void> {
  const { signal, log = createLog(config.logLevel) } = options;
  const node = config.compiler.nodeName;
  try {
    await enforce(config, { ...options, log });
  } catch (error) {
    // Told to stop in the middle of the start is no failure.
    if (!signal.aborted) throw error;
  }
  log.info({ node }, 'agent stopped');
}

async function enforce(
  config: AgentConfig,
  { signal, log, clock = systemClock, ...given }: RunAgentOptions & { readonly log: Log },
): Promise<void> {
  const { nodeName, table } = config.compiler;
  const { version } = packageJson;
  const nft = given.nft ?? createNft({ command: [config.nftPath] });
  const { nftVersion, warnings } = await checkStart(nft, signal);
  for (const warning of warnings) log.warn({ ...warning }, 'host finding');
  const client = given.client ?? (await openClient(config));
  try {
    const server = client.server;
    log.info(
      { node: nodeName, version, table, server, nftVersion: formatVersion(nftVersion) },
      'agent started',
    );
    const events = createEventRecorder({
      client,
      controller: 'ringfence.dev/agent',
      instance: nodeName,
      log,
      clock,
    });
    await enforceNode(config, { nft, nftVersion, client, events, version, log, clock }, signal);
  } finally {
    if (given.client === undefined) client.close();
  }
}

async function openClient(config: AgentConfig): Promise<KubeClient> {
  try {
    return await createKubeClient(config.kube);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AgentError('kubeconfig-invalid', `${why}: give --kubeconfig, or run in a pod`, { cause });
  }
}
