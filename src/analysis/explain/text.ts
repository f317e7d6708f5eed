import type { SourcePosition } from '../../model/diagnostic.ts';
import { selectorText } from '../../model/label-selector.ts';
import { podKey } from '../../model/pod.ts';
import { printable } from '../../model/read/quote.ts';
import { nothing, trafficText } from '../../net/traffic.ts';
import type { Somebody } from '../ends/place.ts';
import type { Explanation, PolicyReference, RuleReference, SideExplanation } from './explanation.ts';
import type { MissReason, NearMiss } from './near-miss.ts';

// An explanation in words: the same ones in a terminal, in a test report and on a page.

/** Somebody by name; of a pod to come, what is known of it. */
export function somebodyText(end: Somebody): string {
  switch (end.kind) {
    case 'pod':
      return podKey(end.pod);
    case 'node':
      return `node ${end.node} (${end.address})`;
    case 'address':
      return end.address;
    case 'possible':
      return possibleText(end.pod);
  }
}

function possibleText({
  namespace,
  exists,
  namespaceLabels,
  labels,
}: Extract<Somebody, { kind: 'possible' }>['pod']): string {
  const own = labelsText(labels);
  const pod = own === '' ? 'a pod without labels' : `a pod labelled ${own}`;
  if (exists) return `${pod}, created in namespace ${namespace}`;
  const { 'kubernetes.io/metadata.name': _, ...others } = namespaceLabels;
  const where = labelsText(others);
  return where === '' ? `${pod}, in a new namespace` : `${pod}, in a new namespace labelled ${where}`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map((label) => label.join('='))
    .join(',');
}

/** One line a fact: what each side says, and what comes nearest where it says no. */
export function explanationLines({ egress, ingress, from, to }: Explanation): readonly string[] {
  return [...sideLines(egress, from), ...sideLines(ingress, to)];
}

/** What one side says about traffic from or to its end. */
export function sideLines(side: SideExplanation, own: Somebody): readonly string[] {
  const head = `${side.direction.padEnd(7)} ${somebodyText(own)}`;
  switch (side.basis) {
    case 'open':
      return [`${head}: open, no policy selects it for ${side.direction}`];
    case 'not-a-pod':
      return [`${head}: open, policies protect pods alone`];
    case 'itself':
      return [`${head}: open, a pod always reaches itself`];
    case 'own-node':
      return [`${head}: open, a pod and its own node always reach each other`];
    case 'policy':
      return side.passes === nothing
        ? [`${head}: denied, ${isolatedText(side.isolatedBy)}`, ...side.nearMisses.map(missLine)]
        : [
            ...side.allowedBy.map(
              (rule) => `${head}: ${trafficText(rule.traffic)} allowed by ${ruleText(rule)}`,
            ),
            ...(side.nearMisses.length === 0
              ? []
              : [`${head}: the rest is denied, ${isolatedText(side.isolatedBy)}`]),
            ...side.nearMisses.map(missLine),
          ];
  }
}

function isolatedText(policies: readonly PolicyReference[]): string {
  return `isolated by ${policies.map((one) => `${one.policy}${placeText(one.source)}`).join(', ')}`;
}

/** `shop/db-in ingress[0] (policies/db.yaml:14)`. */
export function ruleText({ policy, direction, rule, source }: RuleReference): string {
  return `${policy} ${direction}[${String(rule)}]${placeText(source)}`;
}

function placeText(source: SourcePosition | undefined): string {
  return source === undefined ? '' : ` (${positionText(source)})`;
}

/** `policies/db.yaml:14`: what editors and people jump to. */
export function positionText({ file, line }: SourcePosition): string {
  return `${printable(file)}:${String(line)}`;
}

function missLine(miss: NearMiss): string {
  return `        ${ruleText(miss)} ${missText(miss)}`;
}

/** `would match if label app=web (it is web2)`. */
export function missText({ reasons }: NearMiss): string {
  return reasons.map(reasonText).join('; ');
}

function reasonText(reason: MissReason): string {
  switch (reason.kind) {
    case 'label': {
      const whose = reason.of === 'pod' ? 'label' : 'its namespace had label';
      const is = reason.value === undefined ? 'it has none' : `it is ${JSON.stringify(reason.value)}`;
      return `would match if ${whose} ${selectorText([reason.requirement])} (${is})`;
    }
    case 'namespace':
      return `would match in namespace ${reason.wanted}, not ${reason.is}: a podSelector without namespaceSelector means the policy's own`;
    case 'not-a-pod':
      return 'names pods, and this is an address';
    case 'no-address':
      return `names ${reason.cidr}, and a pod without an address is in no block`;
    case 'outside-block':
      return `names ${reason.cidr}, and ${reason.address} is outside`;
    case 'excepted':
      return `names ${reason.cidr} except ${reason.except}, which holds ${reason.address}`;
    case 'ports': {
      const named = reason.names.map((name) => `port name ${name} is not declared by the receiver`);
      const plain =
        reason.allowed === nothing ? [] : [`port ${trafficText(reason.allowed)} is allowed, not this one`];
      return [...plain, ...named].join('; ');
    }
  }
}
