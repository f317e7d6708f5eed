import { Command } from 'commander';
import { exitCode } from '../exit-code.ts';
import { reasonLines } from '../output/answer-text.ts';
import type { Finish } from '../program.ts';
import { answerFor, type QuestionOptions, withQuestionOptions } from '../question-options.ts';
import type { Terminal } from '../terminal.ts';

interface CanOptions extends QuestionOptions {
  readonly quiet?: true;
}

/** `ringfence can`: yes or no. */
export function canCommand(terminal: Terminal, finish: Finish): Command {
  return withQuestionOptions(new Command('can'))
    .summary('whether one end reaches another: yes or no')
    .description(
      'Says whether every connection from the source to the destination is allowed, with the port or ' +
        'without one all ports and protocols: yes (exit code 0), or no with the first reason (exit code 1). ' +
        'For the host of an Ingress it is no where the controller or any backend is denied, and each backend ' +
        'is told; a backend that the input does not have is no answer (exit code 2), unless another one is ' +
        'denied.',
    )
    .option('-q, --quiet', 'the exit code alone')
    .addHelpText(
      'after',
      `
Examples:
  ringfence can shop/web shop/db:5432 -f deploy/
  ringfence can internet svc/shop/web:80 -f deploy/
  ringfence can any shop/db:5432 -f deploy/                # pods that do not exist yet included
  ringfence can internet shop.example.com/api -f deploy/   # through the Ingress controller
  ringfence can shop/web 8.8.8.8:53/udp --context prod`,
    )
    .action(async (from: string, to: string, options: CanOptions) => {
      const answered = await answerFor(from, to, options, 1, terminal);
      if (answered === undefined) {
        finish(exitCode.cannotAnswer);
        return;
      }
      const { answer } = answered;
      const lines = reasonLines(answer)
        .map((line) => `${line}\n`)
        .join('');
      if (answer.verdict === 'unknown') {
        terminal.err(`error: ${lines}`);
        finish(exitCode.cannotAnswer);
        return;
      }
      const isYes = answer.verdict === 'yes';
      if (options.quiet !== true) terminal.out(isYes ? 'yes\n' : `no - ${lines}`);
      finish(isYes ? exitCode.yes : exitCode.no);
    });
}
