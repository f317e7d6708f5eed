import { Command, Option } from 'commander';
import { pidNamespaceOf, processesInLab } from '../../lab/session/lab-processes.ts';
import type { SessionStatus } from '../../lab/session/control-calls.ts';
import type { Session } from '../../lab/session/session-folder.ts';
import { exitCode } from '../exit-code.ts';
import { askSession, runningSession, type SessionFlags, withSessionName } from '../lab-session.ts';
import { jsonText } from '../output/json-text.ts';
import { labStatusText } from '../output/lab-status.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';

interface LabStatusOptions extends SessionFlags {
  readonly output: 'text' | 'json';
}

/** `ringfence lab status`: what stands in a lab. */
export function labStatusCommand(terminal: Terminal, finish: Finish): Command {
  return withSessionName(new Command('status'))
    .summary('show nodes, agents, pods and policies of a lab')
    .description(
      `Shows what stands in a lab: nodes with their agents, pods, outside hosts, and each policy with the
nodes that have its newest generation in their kernel. Exit code 0 where every agent enforces, 1 where not.`,
    )
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  ringfence lab status
  ringfence lab status --name demo -o json`,
    )
    .action(async ({ name, output }: LabStatusOptions) => {
      const session = await runningSession(terminal, name);
      const status = await askSession(terminal, session, 'status', {});
      const processes = await processesOf(session);
      const access = `\nKUBECONFIG=${session.paths.kubeconfig}   ${status.apiServer}\nlog: ${session.paths.log}\n`;
      terminal.out(
        output === 'json'
          ? jsonText(jsonOf(session, status, processes))
          : labStatusText(status, processes) + access,
      );
      const enforcing = status.nodes.every(({ agent }) => agent === undefined || agent.phase === 'enforcing');
      finish(enforcing ? exitCode.yes : exitCode.no);
    });
}

/** With the numbers that processes have on this machine. */
function jsonOf(
  { paths, owner }: Session,
  status: SessionStatus,
  processes: ReadonlyMap<number, number>,
): object {
  return {
    ...status,
    kubeconfig: paths.kubeconfig,
    log: paths.log,
    pid: owner?.pid,
    nodes: status.nodes.map(({ agent, ...node }) => {
      if (agent === undefined) return node;
      const { pid, ...rest } = agent;
      const here = pid === undefined ? undefined : processes.get(pid);
      return { ...node, agent: { ...rest, ...(here === undefined ? {} : { pid: here }) } };
    }),
  };
}

async function processesOf({ owner }: Session): Promise<ReadonlyMap<number, number>> {
  const namespace = owner === undefined ? undefined : await pidNamespaceOf(owner.pid);
  return namespace === undefined ? new Map<number, number>() : processesInLab(namespace);
}
