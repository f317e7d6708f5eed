import { Command } from 'commander';
import { endSession } from '../../lab/session/end-session.ts';
import { readSessions, sessionRoot } from '../../lab/session/session-folder.ts';
import { exitCode } from '../exit-code.ts';
import { type SessionFlags, withSessionName } from '../lab-session.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface LabDownOptions extends SessionFlags {
  readonly all?: true;
}

/** `ringfence lab down`: the end of a lab. */
export function labDownCommand(terminal: Terminal, finish: Finish): Command {
  return withSessionName(new Command('down'))
    .summary('end a lab')
    .description(
      `Ends a lab with everything in it, and waits until nothing is left: no process, no namespace, no file.
Also clears away what a lab that was killed has left.`,
    )
    .option('--all', 'end every lab of this user')
    .addHelpText(
      'after',
      `
Examples:
  ringfence lab down
  ringfence lab down --all`,
    )
    .action(async ({ name, all }: LabDownOptions) => {
      const root = sessionRoot(terminal.env);
      const sessions = await readSessions(root);
      const meant = all ? sessions : sessions.filter((session) => session.name === name);
      if (meant.length === 0 && !all) {
        const names = sessions.map((session) => session.name);
        throw new UsageError(
          `there is no lab called "${name}"`,
          names.length === 0 ? undefined : `name one with --name, or --all: ${names.join(', ')}`,
        );
      }
      for (const session of meant) {
        await endSession(root, session);
        terminal.err(
          session.running
            ? `lab "${session.name}" has ended\n`
            : `lab "${session.name}" had ended; cleared away\n`,
        );
      }
      finish(exitCode.yes);
    });
}
