import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';
import { Command } from 'commander';
import { enterArgv } from '../../lab/session/lab-processes.ts';
import type { ExitCode } from '../exit-code.ts';
import { askSession, runningSession, type SessionFlags, withSessionName } from '../lab-session.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

// The lab has its own /run, so the folder that the user stands in may not be there.
const inFolder = 'cd "$1" 2>/dev/null || cd /; shift; exec "$@"';

/** `ringfence lab exec`: a command of this machine where a pod or a node of the lab stands. */
export function labExecCommand(terminal: Terminal, finish: Finish): Command {
  return withSessionName(new Command('exec'))
    .summary('run a command where a pod or node of a lab stands')
    .description(
      `Runs a command of this machine with the network of a pod, a node or an outside host of the lab: its
addresses, its routes, its rules. Files are those of this machine (but /run and /proc are the lab's).
Exit code: that of the command. On a node, KUBECONFIG leads to the lab's API server.`,
    )
    .argument('<host>', 'NAMESPACE/POD, a node, an outside host, or an address of one')
    .argument('<command...>', 'the command and its arguments, after --')
    .addHelpText(
      'after',
      `
Examples:
  ringfence lab exec shop/web -- ip address
  ringfence lab exec shop/web -- curl -sS --max-time 2 http://10.244.2.3:8080/
  ringfence lab exec node-1 -- nft list table inet ringfence`,
    )
    .action(async (host: string, command: readonly string[], { name }: SessionFlags) => {
      const session = await runningSession(terminal, name);
      const { argv, kubeconfig } = await askSession(terminal, session, 'place', { host });
      if (session.owner === undefined) throw new UsageError(`the lab "${name}" is on its way out`);
      const [file = '', ...args] = [
        ...(await enterArgv(session.owner.pid)),
        ...argv,
        ...['sh', '-c', inFolder, 'sh', process.cwd()],
        ...command,
      ];
      const env = { ...terminal.env, ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }) };
      // Any status is the command's own answer.
      finish((await statusOf(spawn(file, args, { stdio: 'inherit', env }))) as ExitCode);
    });
}

/** The exit status, as a shell gives it. Meanwhile the terminal's signals are the command's, which gets them itself. */
async function statusOf(child: ChildProcess): Promise<number> {
  const leaveAlone = (): void => undefined;
  const pass = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  const own = { SIGINT: leaveAlone, SIGQUIT: leaveAlone, SIGTERM: pass, SIGHUP: pass } as const;
  for (const [signal, listener] of Object.entries(own)) process.on(signal, listener);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (cause) => {
        reject(new Error('cannot start nsenter (util-linux)', { cause }));
      });
      child.once('exit', (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    for (const [signal, listener] of Object.entries(own)) process.off(signal, listener);
  }
}
