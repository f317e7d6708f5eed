import { Command, Option } from 'commander';
import { agentConfigDefaults } from '../../agent/config.ts';
import { logLevels } from '../../agent/log-level.ts';
import { type EnforcementOptions, readEnforcement, withEnforcementOptions } from '../enforcement-options.ts';
import type { Terminal } from '../terminal.ts';

/** `ringfence agent`: enforces the policies of one node until it is told to stop. */
export function agentCommand(terminal: Terminal): Command {
  return withEnforcementOptions(new Command('agent'))
    .summary('enforce the policies of this node')
    .description(
      `Watches the API server and keeps the node's nftables table as the policies have it. Needs CAP_NET_ADMIN in the node's network namespace. The rules stay when the agent ends.`,
    )
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
    .option('--ulogd <path>', `the ulogd binary (default: ${agentConfigDefaults.ulogdPath})`)
    .addHelpText(
      'after',
      `
Examples:
  ringfence agent --node-name worker-1 --kubeconfig ~/.kube/config --log-denials
  NODE_NAME=worker-1 ringfence agent --in-cluster --log-level debug`,
    )
    .action(async (options: EnforcementOptions) => {
      const config = readEnforcement(options, terminal);
      // Loaded only here: the client of the API server is most of the program, and other commands do without it.
      const { runAgent } = await import('../../agent/agent.ts');
      await runAgent(config, { signal: terminal.signal });
    });
}
