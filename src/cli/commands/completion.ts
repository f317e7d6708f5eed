import { Argument, Command } from 'commander';
import { complete } from '../completion/complete.ts';
import { createLookup } from '../completion/look-up.ts';
import { completionScript, type Shell, shells } from '../completion/scripts.ts';
import type { Terminal } from '../terminal.ts';

/** `ringfence completion`: a script for the user's shell. */
export function completionCommand(terminal: Terminal): Command {
  return new Command('completion')
    .summary('print a script that completes commands, options and names in a shell')
    .description(
      `Prints a script for bash, fish or zsh. It completes commands, options and their values, and names of
workloads, Services and namespaces from the manifests that -f names.`,
    )
    .addArgument(new Argument('<shell>', 'the shell').choices([...shells]))
    .addHelpText(
      'after',
      `
Examples:
  source <(ringfence completion bash)          # now; put it in ~/.bashrc for good
  source <(ringfence completion zsh)           # after compinit in ~/.zshrc
  ringfence completion fish > ~/.config/fish/completions/ringfence.fish`,
    )
    .action((shell: Shell) => {
      terminal.out(completionScript(shell));
    });
}

/** What the scripts ask: how the last word can go on. */
export function completeCommand(terminal: Terminal): Command {
  const command = new Command('__complete')
    .argument('[words...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: readonly string[]) => {
      const program = command.parent;
      if (program === null) throw new Error('__complete stands alone');
      const lookUp = createLookup(terminal, lintRuleNames);
      const { candidates, files } = await complete(program, words, lookUp);
      const lines = candidates.map(({ value, description }) => `${value}\t${description}\n`);
      terminal.out(`${lines.join('')}${files ? ':0' : ':4'}\n`);
    });
  return command;
}

/** Loaded only where a rule is asked for: the rules need all of the analysis. */
async function lintRuleNames(): Promise<readonly string[]> {
  return (await import('../../analysis/lint/registry.ts')).lintRuleIds;
}
