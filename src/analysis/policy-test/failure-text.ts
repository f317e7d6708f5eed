import { podKey } from '../../model/pod.ts';
import { printable } from '../../model/read/quote.ts';
import { nothing, type Traffic, trafficText } from '../../net/traffic.ts';
import type { Somebody } from '../ends/place.ts';
import { explain } from '../explain/explain.ts';
import type { Explanation } from '../explain/explanation.ts';
import { explanationLines, somebodyText } from '../explain/text.ts';
import type { Reach } from '../reach/reach.ts';
import type { Failure } from './verdict.ts';

/** A failure with its cause. */
export interface ExplainedFailure extends Failure {
  readonly explanation: Explanation;
}

export function explainFailure(reach: Reach, failure: Failure): ExplainedFailure {
  const { from, to, traffic, family } = failure.example;
  return { ...failure, explanation: explain(reach, from, to, traffic, family) };
}

/** The counterexample in one line: `dev/debug may also connect to shop/db (5432/tcp)`. */
export function counterexampleText({ kind, example }: Failure): string {
  const { from, to, traffic, family } = example;
  const [source, destination] = [somebodyText(from), somebodyText(to)];
  const what = family === undefined ? portsText(traffic) : `${portsText(traffic)}, ${family}`;
  switch (kind) {
    case 'closed':
      return `${source} -> ${destination} is denied (${what})`;
    case 'open':
      return `${source} -> ${destination} is allowed (${what})`;
    case 'unlisted':
      return `${source} may also connect to ${destination} (${what})`;
    case 'unmentioned':
      return `${source} -> ${destination} is allowed (${what}), and no line mentions it`;
  }
}

/** The counterexample, and what both sides say. Nothing of it can steer a terminal. */
export function failureLines(failure: ExplainedFailure): readonly string[] {
  return [counterexampleText(failure), ...explanationLines(failure.explanation), ...noteLines(failure)].map(
    printable,
  );
}

/** What no policy says, but decides all the same. */
function noteLines({ kind, example, explanation }: ExplainedFailure): readonly string[] {
  if (kind !== 'closed' || explanation.passes === nothing) return [];
  if (
    example.from.kind === 'pod' &&
    example.to.kind === 'pod' &&
    haveNoFamilyInCommon(example.from, example.to)
  ) {
    return ['the two have no family of addresses in common'];
  }
  if (example.to.kind === 'possible') {
    return ['a pod that does not exist yet may declare no port of the name that the rule allows'];
  }
  return [];
}

function haveNoFamilyInCommon(
  from: Extract<Somebody, { kind: 'pod' }>,
  to: Extract<Somebody, { kind: 'pod' }>,
): boolean {
  const isIPv6 = (address: string): boolean => address.includes(':');
  const [own, others] = [from.pod.addresses.map(isIPv6), to.pod.addresses.map(isIPv6)];
  return own.length > 0 && others.length > 0 && !own.some((one) => others.includes(one));
}

function portsText(traffic: Traffic): string {
  const text = trafficText(traffic);
  return text === 'all' ? 'every port and protocol' : text;
}

/** The connection as a line that a test file takes, where both ends are pods: `shop/web -> shop/api:8080/tcp`. */
export function connectionText({ from, to, traffic }: Failure['example']): string {
  const ports = trafficText(traffic);
  return `${endText(from)} -> ${endText(to)}${ports === 'all' ? '' : `:${ports}`}`;
}

function endText(end: Somebody): string {
  return end.kind === 'pod' ? podKey(end.pod) : somebodyText(end);
}
