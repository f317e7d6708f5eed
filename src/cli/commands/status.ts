import { Command, Option } from 'commander';
import { isAgentAway, readAgentStatus } from '../../agent/read-status.ts';
import { createNft } from '../../nft/nft.ts';
import { type NodeOptions, readNodeSettings, withNodeOptions } from '../enforcement-options.ts';
import { exitCode } from '../exit-code.ts';
import { jsonText } from '../output/json-text.ts';
import { type NodeReport, nodeStatusText } from '../output/node-status.ts';
import { apiVersion } from '../output/traffic-json.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';

interface StatusOptions extends NodeOptions {
  readonly output: 'text' | 'json';
}

/** `ringfence status`: what is enforced on this node. */
export function statusCommand(terminal: Terminal, finish: Finish): Command {
  return withNodeOptions(new Command('status'))
    .summary('show what is enforced on this node')
    .description(
      `Asks the agent of this node, and the kernel where permitted: phase, each policy with the generation that is in the
kernel, counts, repairs. Exit code 0 where the agent enforces, 1 where not or where there is none.`,
    )
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  ringfence status
  ringfence status -o json | jq '.agent.policies[] | select(.generation != .appliedGeneration)'`,
    )
    .action(async ({ output, ...options }: StatusOptions) => {
      const settings = readNodeSettings(options);
      const report: NodeReport = {
        agent:
          settings.agentUrl === undefined ? undefined : await agentAt(settings.agentUrl, terminal.signal),
        kernel: await kernelReport(settings, terminal),
        table: settings.table,
      };
      terminal.out(
        output === 'json' ? jsonText({ apiVersion, kind: 'NodeReport', ...report }) : nodeStatusText(report),
      );
      const isEnforcing = report.agent?.phase === 'enforcing' && report.kernel.table !== 'missing';
      finish(isEnforcing ? exitCode.yes : exitCode.no);
    });
}

async function agentAt(url: string, signal: AbortSignal): Promise<NodeReport['agent']> {
  try {
    return await readAgentStatus(url, signal);
  } catch (error) {
    if (isAgentAway(error)) return undefined;
    throw error;
  }
}

async function kernelReport(
  { table, nftPath }: { readonly table: string; readonly nftPath: string },
  { signal }: Terminal,
): Promise<NodeReport['kernel']> {
  try {
    const objects = await createNft({ command: [nftPath] }).list(table, { signal, terse: true });
    if (objects === undefined) return { table: 'missing' };
    const count = (...kinds: readonly string[]): number =>
      objects.filter(({ kind }) => kinds.includes(kind)).length;
    return { table: 'present', chains: count('chain'), rules: count('rule'), sets: count('set', 'map') };
  } catch (error) {
    // Status needs no rights; without them the agent's word is all there is.
    signal.throwIfAborted();
    return { table: 'unknown', reason: error instanceof Error ? error.message : String(error) };
  }
}
