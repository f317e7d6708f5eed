import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { agentCommand } from './commands/agent.ts';
import { compileCommand } from './commands/compile.ts';
import { completeCommand, completionCommand } from './commands/completion.ts';
import { labCommand } from './commands/lab.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** A command's way to say how it ended. */
export type Finish = (code: ExitCode) => void;

/** Runs one command line (without the program's name) and returns the exit code. Never throws for what a user did. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCode.yes;
  const program = createProgram(terminal, (finished) => {
    code = finished;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.yes : exitCode.cannotAnswer;
    terminal.err(`${explain(error)}\n`);
    return exitCode.cannotAnswer;
  }
}

function createProgram(terminal: Terminal, finish: Finish): Command {
  const program = new Command('ringfence')
    .description('Kubernetes NetworkPolicy with nftables: compile, enforce, and try out with real packets.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand('help [command]', 'print help for a command')
    .showSuggestionAfterError()
    // Options behind a command's name are the command's: `lab exec POD ls -V`.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .addHelpText(
      'after',
      `
Exit codes: 0 yes, 1 no, 2 could not answer (wrong usage, invalid input).

Examples:
  ringfence compile -f policies/ -f pods.yaml --node worker-1      # the ruleset of one node, to stdout
  kubectl get ns,nodes,pods,netpol -A -o yaml | ringfence compile -f - --node worker-1
  ringfence lab run -f manifests/                                  # real packets, no cluster`,
    );
  for (const command of [
    compileCommand(terminal, finish),
    agentCommand(terminal),
    labCommand(terminal, finish),
    completionCommand(terminal),
  ]) {
    program.addCommand(inherit(command, program));
  }
  program.addCommand(completeCommand(terminal).copyInheritedSettings(program), { hidden: true });
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
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
    causes.push(`\n  because: ${cause.message}`);
  return `error: ${error.message}${causes.join('')}${hint}`;
}
