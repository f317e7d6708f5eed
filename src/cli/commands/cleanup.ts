import { Command } from 'commander';
import { isAgentAway, readAgentStatus } from '../../agent/read-status.ts';
import { agentConfigDefaults } from '../../agent/config.ts';
import { countMarkedConnections } from '../../nft/connection-marks.ts';
import { createNft } from '../../nft/nft.ts';
import { leftMarksText } from '../output/left-marks.ts';
import { type NodeOptions, readNodeSettings, withNodeOptions } from '../enforcement-options.ts';
import { exitCode } from '../exit-code.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface CleanupOptions extends NodeOptions {
  readonly dryRun?: true;
  readonly ctMarkMask?: string;
}

/** `ringfence cleanup`: removes everything of ours from this node. */
export function cleanupCommand(terminal: Terminal, finish: Finish): Command {
  return withNodeOptions(new Command('cleanup'))
    .summary('remove the rules from this node')
    .description(
      `Deletes the table of the agent, and nothing else. From then on no policy is enforced on this node. Needs CAP_NET_ADMIN in
the node's network namespace. Refuses while the agent runs: it would put the table back. Says how many connections keep
a mark of ours: they do until they end, and nothing reads it.`,
    )
    .option('--ct-mark-mask <mask>', `what the agent was given (default: ${agentConfigDefaults.ctMarkMask})`)
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .addHelpText(
      'after',
      `
Examples:
  ringfence cleanup --dry-run
  ringfence cleanup`,
    )
    .action(async ({ dryRun, ...options }: CleanupOptions) => {
      const { table, nftPath, agentUrl, ctMarkMask } = readNodeSettings(options);
      const { signal } = terminal;
      const nft = createNft({ command: [nftPath] });
      const objects = await nft.list(table, { signal, terse: true });
      if (objects === undefined) {
        terminal.out(`table inet ${table} is not there: nothing to remove\n`);
        finish(exitCode.yes);
        return;
      }
      const count = (...kinds: readonly string[]): string =>
        String(objects.filter(({ kind }) => kinds.includes(kind)).length);
      const what = `${count('chain')} chains, ${count('rule')} rules, ${count('set', 'map')} sets and maps`;
      if (dryRun !== true) {
        if (agentUrl !== undefined) await requireNoAgent(agentUrl, signal);
        await nft.apply({ table, operations: [{ op: 'delete-table' }] }, { signal });
      }
      terminal.out(`table inet ${table} deleted${dryRun === true ? ' (dry run)' : ''}: ${what}\n`);
      terminal.err(
        leftMarksText({
          mask: ctMarkMask,
          connections: await countMarkedConnections(ctMarkMask, { signal }),
        }),
      );
      finish(exitCode.yes);
    });
}

async function requireNoAgent(url: string, signal: AbortSignal): Promise<void> {
  try {
    await readAgentStatus(url, signal);
  } catch (error) {
    if (isAgentAway(error)) return;
    throw error;
  }
  throw new UsageError(
    `an agent runs on this node (${url}) and would put the table back`,
    'stop it first: delete its DaemonSet, or end the process',
  );
}
