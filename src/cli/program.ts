import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { printableLines } from '../model/read/quote.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** A command's way to say how it ended. */
export type Finish = (code: ExitCode) => void;

type MakeCommand = (terminal: Terminal, finish: Finish) => Promise<Command>;

/**
 * The commands, in the order of the help. Each is loaded when it is asked for, so that no command waits for what another
 * one needs: most of the program is never loaded.
 */
const commands: ReadonlyMap<string, MakeCommand> = new Map<string, MakeCommand>([
  ['compile', async (...to) => (await import('./commands/compile.ts')).compileCommand(...to)],
  ['lint', async (...to) => (await import('./commands/lint.ts')).lintCommand(...to)],
  ['agent', async (terminal) => (await import('./commands/agent.ts')).agentCommand(terminal)],
  ['status', async (...to) => (await import('./commands/status.ts')).statusCommand(...to)],
  ['verify', async (...to) => (await import('./commands/verify.ts')).verifyCommand(...to)],
  ['cleanup', async (...to) => (await import('./commands/cleanup.ts')).cleanupCommand(...to)],
  ['lab', async (...to) => (await import('./commands/lab.ts')).labCommand(...to)],
  ['init', async (...to) => (await import('./commands/init.ts')).initCommand(...to)],
  ['test', async (...to) => (await import('./commands/test.ts')).testCommand(...to)],
  ['can', async (...to) => (await import('./commands/can.ts')).canCommand(...to)],
  ['explain', async (...to) => (await import('./commands/explain.ts')).explainCommand(...to)],
  ['matrix', async (...to) => (await import('./commands/matrix.ts')).matrixCommand(...to)],
  ['diff', async (...to) => (await import('./commands/diff.ts')).diffCommand(...to)],
  ['report', async (...to) => (await import('./commands/report.ts')).reportCommand(...to)],
  ['schema', async (terminal) => (await import('./commands/schema.ts')).schemaCommand(terminal)],
  ['completion', async (terminal) => (await import('./commands/completion.ts')).completionCommand(terminal)],
]);

/** What the completion scripts ask. It needs every other command. */
const COMPLETE = '__complete';
const complete: MakeCommand = async (terminal) =>
  (await import('./commands/completion.ts')).completeCommand(terminal);

/** Runs one command line (without the program's name) and returns the exit code. Never throws for what a user did. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCode.yes;
  try {
    const program = await createProgram(terminal, commandsFor(args), (finished) => {
      code = finished;
    });
    await program.parseAsync(knownOrAlone(args), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.yes : exitCode.cannotAnswer;
    terminal.err(`${printableLines(explain(error))}\n`);
    return exitCode.cannotAnswer;
  }
}

/** The command that is asked for; all of them where it is none of them, for help and "did you mean". */
function commandsFor([first = '']: readonly string[]): readonly MakeCommand[] {
  if (first === '-V' || first === '--version') return [];
  if (first === COMPLETE) return [...commands.values(), complete];
  const command = commands.get(first);
  return command === undefined ? [...commands.values()] : [command];
}

/** `ringfence matix --help` is about no command that there is: the slip is what to speak of, not the help of them all. */
function knownOrAlone(args: readonly string[]): readonly string[] {
  const [first = ''] = args;
  const isKnown =
    first === '' || first.startsWith('-') || first === 'help' || first === COMPLETE || commands.has(first);
  return isKnown ? args : [first];
}

async function createProgram(
  terminal: Terminal,
  makers: readonly MakeCommand[],
  finish: Finish,
): Promise<Command> {
  const program = new Command('ringfence')
    .description('Kubernetes NetworkPolicy with nftables: compile, enforce, and try out with real packets.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand('help [command]', 'print help for a command')
    // Their arguments are for their own help.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .showSuggestionAfterError()
    // Options behind a command's name are the command's: `lab exec POD ls -V`.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      // It repeats arguments as they are.
      writeErr: (text) => {
        terminal.err(printableLines(text));
      },
    })
    .addHelpText(
      'after',
      `
Exit codes: 0 yes, 1 no, 2 could not answer (wrong usage, invalid input).

Examples:
  ringfence compile -f policies/ -f pods.yaml --node worker-1      # the ruleset of one node, to stdout
  kubectl get ns,nodes,pods,netpol -A -o yaml | ringfence compile -f - --node worker-1
  ringfence lab run -f manifests/                                  # real packets, no cluster`,
    );
  for (const command of await Promise.all(makers.map((make) => make(terminal, finish)))) {
    program.addCommand(inherit(command, program), { hidden: command.name() === COMPLETE });
  }
  return program;
}

/** Commands that are built apart take over the program's way to print and to end, and so do theirs. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent).helpOption('-h, --help', 'print help');
  for (const child of command.commands) inherit(child, command);
  return command;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  const hint = error instanceof UsageError && error.hint !== undefined ? `\nhint: ${error.hint}` : '';
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    // Many messages say their cause already.
    if (!error.message.includes(cause.message)) causes.push(`\n  because: ${cause.message}`);
  }
  return `error: ${error.message}${causes.join('')}${hint}`;
}
