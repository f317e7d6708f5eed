import process from 'node:process';
import { Command } from 'commander';
import { sessionRoot } from '../../lab/session/session-folder.ts';
import { startSession } from '../../lab/session/start-session.ts';
import { exitCode } from '../exit-code.ts';
import { type InputOptions, readInput, withInputOptions } from '../input-options.ts';
import { type LabFlags, labOptions, withLabOptions } from '../lab-options.ts';
import { type SessionFlags, withSessionName } from '../lab-session.ts';
import { labStatusText } from '../output/lab-status.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';

interface LabUpOptions extends InputOptions, LabFlags, SessionFlags {
  readonly agents: boolean;
}

/** `ringfence lab up`: a lab that stays. */
export function labUpCommand(terminal: Terminal, finish: Finish): Command {
  return withSessionName(withLabOptions(withInputOptions(new Command('up'))))
    .summary('start a lab in the background')
    .description(
      `Builds the cluster of the manifests in network namespaces of its own, starts an agent on every
node, waits until all enforce, and leaves it running: for kubectl (the printed KUBECONFIG works on
this host), "lab probe", "lab exec" and "lab status", until "lab down". Pods, Services, labels and
policies that kubectl creates, changes and deletes take effect on real packets.
What is told goes to stderr; stdout has the one line that a shell can evaluate.`,
    )
    .option('--no-agents', 'start none: nothing is enforced')
    .addHelpText(
      'after',
      `
Examples:
  ringfence lab up -f manifests/
  eval "$(ringfence lab up -f manifests/ --topology routed --family dual)"
  kubectl get pods -A -o wide && ringfence lab probe && ringfence lab down`,
    )
    .action(async (options: LabUpOptions) => {
      const cluster = await readInput(options, terminal);
      if (cluster === undefined) {
        finish(exitCode.cannotAnswer);
        return;
      }
      const { onLog: _, ...lab } = labOptions(options, cluster, () => undefined);
      const { deny, nodeEgress } = options;
      const { paths, status } = await startSession(
        sessionRoot(terminal.env),
        {
          name: options.name,
          cluster,
          options: { ...lab, enforce: options.agents },
          compiler: { deny, nodeEgress },
          holder: [...lab.command, 'lab', 'hold'],
        },
        terminal.signal,
      );
      terminal.err(`${labStatusText(status, new Map())}\n`);
      terminal.out(`export KUBECONFIG=${quoted(paths.kubeconfig)}\n`);
    });
}

/** `ringfence lab hold`: the process in which a lab stays up. Not for people. */
export function labHoldCommand(terminal: Terminal): Command {
  return new Command('hold').description('holds a lab that "lab up" has started').action(async () => {
    const { holdLab } = await import('../../lab/session/hold.ts');
    await holdLab(terminal.signal);
    // Servers and sockets of the lab would keep the process; with it all of them are gone.
    process.exit(exitCode.yes);
  });
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w/.:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
