import type { Command } from 'commander';
import { type Answer, answer } from '../analysis/question/answer.ts';
import { questionOf } from '../analysis/question/question.ts';
import { type Expressed } from '../analysis/ends/expressed.ts';
import { readDestination, readEnd } from '../analysis/ends/expression.ts';
import { createReach } from '../analysis/reach/reach.ts';
import { type ClusterOptions, readCluster, withClusterOptions } from './input-options.ts';
import type { Asked } from './output/explanation-json.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Options of the commands that answer a question about two ends. */
export interface QuestionOptions extends ClusterOptions {
  readonly ingressController?: string;
}

/** For `can` and `explain`. */
export function withQuestionOptions(command: Command): Command {
  return withClusterOptions(
    command
      .argument('<source>', 'NAMESPACE/NAME, app=web, ns:NAMESPACE, an address, a CIDR, internet, node, any')
      .argument(
        '<destination>',
        'the same, svc/NAMESPACE/NAME, ing/NAMESPACE/NAME, or the host of an Ingress; with :PORT[/PROTOCOL]',
      ),
  ).option('--ingress-controller <pods>', 'whose pods take the requests to an Ingress');
}

/** Reads the cluster and answers. `undefined` where the input is invalid; ends that are nobody are a wrong usage. */
export async function answerFor(
  from: string,
  to: string,
  options: QuestionOptions,
  limit: number,
  terminal: Terminal,
): Promise<{ readonly asked: Asked; readonly answer: Answer } | undefined> {
  const source = valueOf(readEnd(from));
  const destination = valueOf(readDestination(to));
  const { ingressController: controller } = options;
  const through = controller === undefined ? {} : { ingressController: valueOf(readEnd(controller)) };
  const read = await readCluster(options, terminal);
  if (read === undefined) return undefined;
  const reach = createReach(read.cluster);
  const within = { reach, names: new Map(), defaultNamespace: options.namespace ?? 'default' };
  const question = valueOf(questionOf(source, destination, within, through));
  return { asked: { from, to, notes: question.notes }, answer: answer(reach, question, limit) };
}

function valueOf<T>(read: Expressed<T>): T {
  if (read.ok) return read.value;
  throw new UsageError(read.message, read.hint);
}
