import { Command, Option } from 'commander';
import { exitCode } from '../exit-code.ts';
import { explanationJson } from '../output/explanation-json.ts';
import { explanationText } from '../output/explanation-text.ts';
import type { Finish } from '../program.ts';
import { answerFor, type QuestionOptions, withQuestionOptions } from '../question-options.ts';
import type { Terminal } from '../terminal.ts';

interface ExplainOptions extends QuestionOptions {
  readonly output: 'text' | 'json';
}

/** Explanations for each leg: of more, nobody reads on. */
const most = 10;

/** `ringfence explain`: why something passes, or does not. */
export function explainCommand(terminal: Terminal, finish: Finish): Command {
  return withQuestionOptions(new Command('explain'))
    .summary('why one end reaches another, or does not')
    .description(
      'Says for both directions which policies isolate an end, which rule allows what, at which line; for a ' +
        'denial also which rule comes nearest and what it misses. It ends with 0 whatever the answer; "can" ' +
        'tells it by the exit code.',
    )
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  ringfence explain shop/web shop/db:5432 -f deploy/
  ringfence explain internet shop.example.com -f deploy/ --ingress-controller ingress-nginx/controller
  ringfence explain web svc/db -n shop --context prod -o json`,
    )
    .action(async (from: string, to: string, options: ExplainOptions) => {
      const answered = await answerFor(from, to, options, most, terminal);
      if (answered === undefined) {
        finish(exitCode.cannotAnswer);
        return;
      }
      const { asked, answer } = answered;
      const text =
        options.output === 'json'
          ? explanationJson(asked, answer)
          : explanationText(asked, answer, terminal.colour.out);
      terminal.out(text);
      if (answer.verdict === 'unknown') finish(exitCode.cannotAnswer);
    });
}
