import { Command, Option } from 'commander';
import { type AgentConfigValues, agentConfigDefaults, readAgentConfig } from '../../agent/config.ts';
import { logLevels } from '../../agent/log.ts';
import type { Terminal } from '../terminal.ts';

/** `ringfence agent`: enforces the policies of one node until it is told to stop. */
export function agentCommand(terminal: Terminal): Command {
  return new Command('agent')
    .summary('enforce the policies of this node')
    .description(
      `Watches the API server and keeps the node's nftables table as the policies have it. Needs CAP_NET_ADMIN in the node's network namespace. The rules stay when the agent ends.`,
    )
    .option('--node-name <name>', 'the node to enforce on (default: $NODE_NAME)')
    .option('--kubeconfig <file>', 'kubeconfig to use (default: $KUBECONFIG, in a pod its service account)')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--in-cluster', "use the pod's service account")
    .option(
      '--health-address <host:port>',
      `serve /livez, /readyz, /status (default: ${agentConfigDefaults.healthAddress})`,
    )
    .option(
      '--metrics-address <host:port>',
      `serve /metrics (default: ${agentConfigDefaults.metricsAddress})`,
    )
    .addOption(
      new Option('--log-level <level>', `how much to log (default: ${agentConfigDefaults.logLevel})`).choices(
        [...logLevels],
      ),
    )
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
    .option('--nft <path>', `the nft binary (default: ${agentConfigDefaults.nftPath})`)
    .addHelpText(
      'after',
      `
Examples:
  ringfence agent --node-name worker-1 --kubeconfig ~/.kube/config
  NODE_NAME=worker-1 ringfence agent --in-cluster --log-level debug`,
    )
    .action(async ({ nft, ...values }: AgentConfigValues & { readonly nft?: string }) => {
      const config = readAgentConfig(nft === undefined ? values : { ...values, nftPath: nft }, terminal.env);
      // Loaded only here: the client of the API server is most of the program, and other commands do without it.
      const { runAgent } = await import('../../agent/agent.ts');
      await runAgent(config, { signal: terminal.signal });
    });
}
