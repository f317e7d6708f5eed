import pc from 'picocolors';
import type { Answer, LegAnswer, Verdict } from '../../analysis/question/answer.ts';
import type { ServiceHop } from '../../analysis/question/service-hops.ts';
import type { Explanation } from '../../analysis/explain/explanation.ts';
import { noCommonFamilyText, sideLinesFor, somebodyText } from '../../analysis/explain/text.ts';
import type { Route } from '../../analysis/ingress/routes.ts';
import { printable } from '../../model/read/quote.ts';
import { nothing, trafficText } from '../../net/traffic.ts';
import type { Asked } from './explanation-json.ts';

/** An answer for people: every leg, and of every pair what both sides say. */
export function explanationText({ from, to, notes }: Asked, answer: Answer, colour: boolean): string {
  const paint = painting(colour);
  const lines = [
    `${from} -> ${to}: ${paint.verdict(answer.verdict)}`,
    ...answer.legs.flatMap((leg) => legLines(leg, paint)),
    ...notes.map((note) => `note: ${note}`),
  ];
  return `${lines.map(lineText).join('\n')}\n`;
}

/** Colours are ours, everything else may be anybody's. */
function lineText(line: string): string {
  return line
    .split(/(\u001b\[\d+m)/)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join('');
}

interface Painting {
  readonly verdict: (verdict: Verdict) => string;
  readonly words: NonNullable<Parameters<typeof sideLinesFor>[2]>;
}

const said: Readonly<Record<Verdict, string>> = {
  yes: 'allowed',
  no: 'denied',
  partly: 'allowed in part',
  unknown: 'no answer',
};

function painting(colour: boolean): Painting {
  const { green, red, yellow } = pc.createColors(colour);
  return {
    verdict: (verdict) => (verdict === 'yes' ? green : verdict === 'no' ? red : yellow)(said[verdict]),
    words: { allowed: green, denied: red, open: yellow },
  };
}

function legLines(
  { leg, verdict, explanations, more, unknown }: LegAnswer,
  paint: Painting,
): readonly string[] {
  const title = titleOf(leg.kind, leg.routes);
  const dead = leg.deadEnd ?? (unknown === undefined ? undefined : { message: unknown });
  return [
    ...(title === undefined ? [] : ['', `${title}: ${paint.verdict(verdict)}`]),
    ...leg.hops.map((hop) => `  ${hopText(hop)}`),
    ...(dead === undefined ? [] : [`  ${dead.message}`]),
    ...(leg.deadEnd?.hint === undefined ? [] : [`  hint: ${leg.deadEnd.hint}`]),
    ...explanations.flatMap((one) => pairLines(one, explanations.length > 1 || title !== undefined, paint)),
    ...(more ? ['  and others that the policies tell apart from these; ask about fewer at a time'] : []),
  ];
}

function titleOf(kind: LegAnswer['leg']['kind'], routes: readonly Route[]): string | undefined {
  if (kind === 'direct') return undefined;
  if (kind === 'to-controller') return 'to the Ingress controller';
  const [route] = routes;
  if (route === undefined) return 'to a backend';
  return `from the Ingress controller to ${backendText(route)}, for ${requestsText(routes)}`;
}

export function backendText({ ingress, to }: Route): string {
  return to.kind === 'service'
    ? `svc/${ingress.namespace}/${to.service}:${String(to.port)}`
    : `resource ${to.resource}`;
}

/** The requests that take these routes: `shop.example.com/api (ing/shop/shop)`. */
export function requestsText(routes: readonly Route[]): string {
  const requests = routes.map(({ host, path, ingress }) => {
    const where = `${host === '' ? '*' : host}${path}`;
    return `${where} (ing/${ingress.namespace}/${ingress.name})`;
  });
  return [...new Set(requests)].join(', ');
}

function hopText({ service, port, targets }: ServiceHop): string {
  const name = `svc/${service.namespace}/${service.name}`;
  if (port === undefined) return `${name} has no ports: its clients go straight to the pods`;
  const there = targets.map(({ number, pods }) => {
    const count = pods.length === 1 ? '1 pod' : `${String(pods.length)} pods`;
    return `port ${String(number)} of ${count}`;
  });
  const where = there.length === 0 ? 'nowhere' : there.join(', ');
  return `${name} port ${String(port.port)}/${port.protocol.toLowerCase()} leads to ${where}`;
}

function pairLines(
  explanation: Explanation,
  isOneOfSeveral: boolean,
  { words }: Painting,
): readonly string[] {
  const { from, to, passes, asked, family, egress, ingress, noCommonFamily } = explanation;
  const [source, destination] = [somebodyText(from), somebodyText(to)];
  const verdict =
    passes === asked
      ? words.allowed('allowed')
      : passes === nothing
        ? words.denied('denied')
        : 'allowed in part';
  const about = [trafficText(asked) === 'all' ? 'every port and protocol' : trafficText(asked), family];
  const heading = `  ${source} -> ${destination} (${about.filter((one) => one !== undefined).join(', ')}): ${verdict}`;
  const indent = isOneOfSeveral ? '    ' : '  ';
  return [
    ...(isOneOfSeveral ? [heading] : []),
    ...[...sideLinesFor(egress, source, words), ...sideLinesFor(ingress, destination, words)].map(
      (line) => `${indent}${line}`,
    ),
    ...(noCommonFamily === true ? [`${indent}${noCommonFamilyText}`] : []),
  ];
}
