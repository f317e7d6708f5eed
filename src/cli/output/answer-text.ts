import type { Answer, LegAnswer, Verdict } from '../../analysis/question/answer.ts';
import type { SideExplanation } from '../../analysis/explain/explanation.ts';
import { noCommonFamilyText, positionText, somebodyText } from '../../analysis/explain/text.ts';
import { printable } from '../../model/read/quote.ts';
import { nothing, trafficText } from '../../net/traffic.ts';
import { backendText, requestsText } from './explanation-text.ts';

/**
 * Why it is no, or cannot be told, in a line: `ingress of shop/db is isolated by shop/db-in (db.yaml:16)`. Where an Ingress
 * has several backends, a line for each beside, with what becomes of its paths.
 */
export function reasonLines({ legs, verdict }: Answer): readonly string[] {
  const denied = legs.find((leg) => leg.verdict === 'no' || leg.verdict === 'partly');
  const told = verdict === 'unknown' ? undefined : denied;
  const leg = told ?? legs.find((one) => one.verdict !== 'yes');
  if (leg === undefined) return [];
  const backends = legs.filter((one) => one.leg.kind === 'to-backend');
  const where = leg.leg.kind === 'to-backend' ? `${requestsText(leg.leg.routes)}: ` : '';
  const lines = backends.length < 2 ? [] : backends.map((one) => backendLine(one, one !== leg));
  return [`${where}${reasonOf(leg) ?? leg.verdict}`, ...lines].map(printable);
}

const said: Readonly<Record<Verdict, string>> = {
  yes: 'yes',
  no: 'no',
  partly: 'not all of it',
  unknown: 'no answer',
};

/** `  no   shop.example.com/api (ing/shop/shop) -> svc/shop/api:80`. */
function backendLine(answer: LegAnswer, withReason: boolean): string {
  const { leg, verdict } = answer;
  const [route] = leg.routes;
  const backend = route === undefined ? 'a backend' : backendText(route);
  const reason = withReason && verdict !== 'yes' ? reasonOf(answer) : undefined;
  return `  ${requestsText(leg.routes)} -> ${backend}: ${said[verdict]}${reason === undefined ? '' : ` - ${reason}`}`;
}

function reasonOf({ leg, unknown, explanations: [explanation] }: LegAnswer): string | undefined {
  const reason = leg.deadEnd?.message ?? unknown;
  if (reason !== undefined) return reason;
  if (explanation === undefined) return undefined;
  const { from, to, passes } = explanation;
  const [source, destination] = [somebodyText(from), somebodyText(to)];
  const part = passes === nothing ? '' : `, ${trafficText(passes)} alone`;
  const sides = [sideReason(explanation.egress, source), sideReason(explanation.ingress, destination)];
  const why = explanation.noCommonFamily === true ? [noCommonFamilyText] : sides.flatMap((one) => one ?? []);
  return `${source} -> ${destination}${part}: ${why.join('; ')}`;
}

function sideReason({ direction, denies, isolatedBy }: SideExplanation, name: string): string | undefined {
  if (denies === nothing) return undefined;
  const policies = isolatedBy.map(
    ({ policy, source }) => `${policy}${source === undefined ? '' : ` (${positionText(source)})`}`,
  );
  return `${direction} of ${name} is isolated by ${policies.join(', ')}, and no rule allows it`;
}
