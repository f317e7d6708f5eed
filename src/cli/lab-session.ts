import { type Command, InvalidArgumentError } from 'commander';
import type { ControlCall, ControlCalls } from '../lab/session/control-calls.ts';
import { callControl } from '../lab/session/control-client.ts';
import { readSessions, type Session, sessionNameError, sessionRoot } from '../lab/session/session-folder.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Commands about a lab that stays up name it; one lab at a time needs no name. */
export interface SessionFlags {
  readonly name: string;
}

export function withSessionName(command: Command): Command {
  return command.option('--name <name>', 'name of the lab', sessionName, 'lab');
}

function sessionName(text: string): string {
  const error = sessionNameError(text);
  if (error === undefined) return text;
  throw new InvalidArgumentError(`a lab's name is ${error}.`);
}

/** The lab of that name, which must run. */
export async function runningSession(terminal: Terminal, name: string): Promise<Session> {
  const running = (await readSessions(sessionRoot(terminal.env))).filter((session) => session.running);
  const session = running.find((one) => one.name === name);
  if (session !== undefined) return session;
  throw new UsageError(
    `no lab called "${name}" runs`,
    running.length === 0
      ? 'start one: ringfence lab up -f manifests/'
      : `name one with --name: ${running.map((one) => one.name).join(', ')}`,
  );
}

/** Asks a lab; its hint, where it has one, is a hint of the command line. */
export async function askSession<Call extends ControlCall>(
  terminal: Terminal,
  { paths }: Session,
  call: Call,
  ask: ControlCalls[Call]['ask'],
): Promise<ControlCalls[Call]['answer']> {
  try {
    return await callControl(paths.control, call, ask, terminal.signal);
  } catch (error) {
    const { message, hint } = error as { readonly message: string; readonly hint?: string };
    if (hint !== undefined) throw new UsageError(message, hint);
    throw error;
  }
}
