import { type Command, Option } from 'commander';
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

/** The node, what the ruleset depends on besides the cluster, and nft. */
export function withEnforcementOptions(command: Command): Command {
  return withRulesetOptions(
    command.option('--node-name <name>', 'the node to enforce on (default: $NODE_NAME)'),
  ).option('--nft <path>', `the nft binary (default: ${agentConfigDefaults.nftPath})`);
}

/** Flags that the ruleset of a node depends on, besides the cluster. */
export type RulesetFlags = Pick<
  AgentConfigValues,
  'table' | 'ctMarkMask' | 'deny' | 'nodeEgress' | 'podInterfaces' | 'logDenials' | 'logGroup'
>;

/** The same for every command that enforces, compares or prints it: what is printed is what is enforced. */
export function withRulesetOptions(command: Command): Command {
  return command
    .option('--table <name>', `name of the nftables table (default: ${agentConfigDefaults.table})`)
    .option(
      '--ct-mark-mask <mask>',
      `bits of the conntrack mark to use (default: ${agentConfigDefaults.ctMarkMask})`,
    )
    .addOption(
      withCompletion(
        new Option(
          '--deny <how>',
          `drop or reject denied connections (default: ${agentConfigDefaults.deny})`,
        ),
        ['drop', 'reject'],
      ),
    )
    .addOption(
      withCompletion(
        new Option(
          '--node-egress <how>',
          `allow, or enforce egress rules toward the pod's own node (default: ${agentConfigDefaults.nodeEgress})`,
        ),
        ['allow', 'enforce'],
      ),
    )
    .option(
      '--pod-interfaces <patterns>',
      'interfaces that lead to pods, such as cni0 or cali*,veth*: whoever is behind them is closed until it is known',
    )
    .option('--log-denials', 'log denied connections by name, with the reason; needs ulogd2 with JSON')
    .option(
      '--log-group <number>',
      `group of nfnetlink_log for it (default: ${agentConfigDefaults.logGroup})`,
    );
}

/** Choices for completion and help. The agent's reader is who refuses others, with everything else that is wrong. */
function withCompletion(option: Option, choices: readonly string[]): Option {
  option.argChoices = [...choices];
  return option;
}

/** @throws {AgentError} naming everything that is wrong */
export function readRulesetFlags(flags: RulesetFlags): Omit<AgentConfig['compiler'], 'nodeName'> {
  // The agent's own reader; which node it is plays no part.
  return readAgentConfig({ ...flags, nodeName: 'node' }, {}).compiler;
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
