import type { Command } from 'commander';
import {
  type AgentConfig,
  type AgentConfigValues,
  agentConfigDefaults,
  readAgentConfig,
} from '../agent/config.ts';
import type { Terminal } from './terminal.ts';

/** How the agent of this node was told to enforce; `verify` must be told the same. */
export type EnforcementOptions = Omit<AgentConfigValues, 'nftPath' | 'ulogdPath'> & {
  readonly nft?: string;
  readonly ulogd?: string;
};

/** The node, and what the ruleset depends on besides the cluster. */
export function withEnforcementOptions(command: Command): Command {
  return command
    .option('--node-name <name>', 'the node to enforce on (default: $NODE_NAME)')
    .option('--table <name>', `name of the nftables table (default: ${agentConfigDefaults.table})`)
    .option(
      '--ct-mark-mask <mask>',
      `bits of the conntrack mark to use (default: ${agentConfigDefaults.ctMarkMask})`,
    )
    .option('--deny <how>', `drop or reject denied connections (default: ${agentConfigDefaults.deny})`)
    .option(
      '--node-egress <how>',
      `allow, or enforce egress rules toward the pod's own node (default: ${agentConfigDefaults.nodeEgress})`,
    )
    .option(
      '--pod-interfaces <patterns>',
      'interfaces that lead to pods, such as cni0 or cali*,veth*: whoever is behind them is closed until it is known',
    )
    .option('--nft <path>', `the nft binary (default: ${agentConfigDefaults.nftPath})`)
    .option('--log-denials', 'log denied connections by name, with the reason; needs ulogd2 with JSON')
    .option(
      '--log-group <number>',
      `group of nfnetlink_log for it (default: ${agentConfigDefaults.logGroup})`,
    );
}

/** @throws {AgentError} naming everything that is wrong */
export function readEnforcement(
  { nft, ulogd, ...values }: EnforcementOptions,
  { env }: Terminal,
): AgentConfig {
  const programs = {
    ...(nft === undefined ? {} : { nftPath: nft }),
    ...(ulogd === undefined ? {} : { ulogdPath: ulogd }),
  };
  return readAgentConfig({ ...values, ...programs }, env);
}

/** For commands about the table and the agent, whatever the node is called. */
export interface NodeOptions {
  readonly table?: string;
  readonly nft?: string;
  readonly healthAddress?: string;
  readonly ctMarkMask?: string;
}

export function withNodeOptions(command: Command): Command {
  return command
    .option('--table <name>', `name of the nftables table (default: ${agentConfigDefaults.table})`)
    .option(
      '--health-address <host:port>',
      `where the agent serves /status (default: ${agentConfigDefaults.healthAddress})`,
    )
    .option('--nft <path>', `the nft binary (default: ${agentConfigDefaults.nftPath})`);
}

export interface NodeSettings {
  readonly table: string;
  readonly nftPath: string;
  readonly ctMarkMask: number;
  /** Where the agent answers; absent with `--health-address=off`. */
  readonly agentUrl?: string;
}

/** @throws {AgentError} naming everything that is wrong */
export function readNodeSettings({ nft, ...values }: NodeOptions): NodeSettings {
  // The agent's own reader; which node it is plays no part.
  const { compiler, nftPath, health } = readAgentConfig(
    { ...values, nodeName: 'node', ...(nft === undefined ? {} : { nftPath: nft }) },
    {},
  );
  const settings = { table: compiler.table, nftPath, ctMarkMask: compiler.ctMarkMask };
  if (health === undefined) return settings;
  const host = health.host === '::' ? '127.0.0.1' : health.host;
  return {
    ...settings,
    agentUrl: `http://${host.includes(':') ? `[${host}]` : host}:${String(health.port)}`,
  };
}
