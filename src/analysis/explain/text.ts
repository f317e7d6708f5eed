import type { SourcePosition } from '../../model/diagnostic.ts';
import { selectorText } from '../../model/label-selector.ts';
import { podKey } from '../../model/pod.ts';
import { printable } from '../../model/read/quote.ts';
import { nothing, trafficText } from '../../net/traffic.ts';
import type { Somebody } from '../ends/place.ts';
import type { Audit, Explanation, PolicyReference, RuleReference, SideExplanation } from './explanation.ts';
import type { MissReason, NearMiss } from './near-miss.ts';

// An explanation in words: the same ones in a terminal, in a test report and on a page.

/** Somebody by name; of a pod to come, what is known of it. */
export function somebodyText(end: Somebody): string {
  switch (end.kind) {
    case 'pod':
      return `${podKey(end.pod)}${end.replica === true ? ' (another replica)' : ''}`;
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

/** How words are marked where the text is shown. */
export interface Paint {
  readonly allowed: (word: string) => string;
  readonly denied: (word: string) => string;
  /** Open because no policy has a say. */
  readonly open: (word: string) => string;
}

const plain: Paint = { allowed: (word) => word, denied: (word) => word, open: (word) => word };

/** One line a fact: what each side says, and what comes nearest where it says no. */
export function explanationLines({
  egress,
  ingress,
  from,
  to,
  noCommonFamily,
}: Explanation): readonly string[] {
  const lines = [...sideLines(egress, from), ...sideLines(ingress, to)];
  return noCommonFamily === true ? [...lines, noCommonFamilyText] : lines;
}

/** Said where nothing passes for want of a family that both ends have. */
export const noCommonFamilyText =
  'nothing passes: one end has IPv4 addresses alone, the other IPv6 addresses alone';

/** What one side says about traffic from or to its end. */
export function sideLines(side: SideExplanation, own: Somebody): readonly string[] {
  return sideLinesFor(side, somebodyText(own));
}

/** The same for whoever the name stands for. */
export function sideLinesFor(
  side: SideExplanation,
  name: string,
  { allowed, denied, open }: Paint = plain,
): readonly string[] {
  return [...verdictLines(side, name, { allowed, denied, open }), ...auditLines(side)];
}

/** `audit: shop/default-deny (policies.yaml:3) would deny 80/tcp`. */
function auditLines({ audit }: SideExplanation): readonly string[] {
  if (audit === undefined) return [];
  return [`        audit: ${policiesText(audit.by)} would ${auditText(audit)}`];
}

/** What audit policies would do, were they enforced: `deny 80/tcp`. */
export function auditText({ denies }: Audit): string {
  return denies === nothing ? 'allow this' : `deny ${trafficText(denies)}`;
}

function verdictLines(
  side: SideExplanation,
  name: string,
  { allowed, denied, open }: Paint,
): readonly string[] {
  const head = `${side.direction.padEnd(7)} ${name}`;
  switch (side.basis) {
    case 'open':
      return [
        `${head}: ${open('open')}, no ${side.audit === undefined ? '' : 'enforced '}policy selects it for ${side.direction}`,
      ];
    case 'not-a-pod':
      return [`${head}: ${open('open')}, policies protect pods alone`];
    case 'itself':
      return [`${head}: ${open('open')}, a pod always reaches itself`];
    case 'own-node':
      return [`${head}: ${open('open')}, a pod and its own node always reach each other`];
    case 'policy': {
      const rest = side.passes === nothing ? '' : 'the rest is ';
      return [
        ...side.allowedBy.map(
          (rule) => `${head}: ${trafficText(rule.traffic)} ${allowed('allowed')} by ${ruleText(rule)}`,
        ),
        ...(side.denies === nothing
          ? []
          : [`${head}: ${rest}${denied('denied')}, isolated by ${policiesText(side.isolatedBy)}`]),
        ...side.nearMisses.map((miss) => `        ${ruleText(miss)} ${missText(miss)}`),
      ];
    }
  }
}

function policiesText(policies: readonly PolicyReference[]): string {
  return policies.map((one) => `${one.policy}${placeText(one.source)}`).join(', ');
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

/** `would match if label app=web (it is "web2")`; `8080/tcp is allowed, not 80/tcp`. */
export function missText({ reasons }: Pick<NearMiss, 'reasons'>): string {
  const labels = reasons.flatMap((reason) => (reason.kind === 'label' ? [labelText(reason)] : []));
  const others = reasons.flatMap((reason) => (reason.kind === 'label' ? [] : [reasonText(reason)]));
  return [...(labels.length === 0 ? [] : [`would match if ${labels.join(' and ')}`]), ...others].join('; ');
}

function labelText({ of, requirement, value }: Extract<MissReason, { kind: 'label' }>): string {
  const whose = of === 'pod' ? 'label' : 'its namespace had label';
  const is = value === undefined ? 'it has none' : `it is ${JSON.stringify(value)}`;
  return `${whose} ${selectorText([requirement])} (${is})`;
}

const strangers = { address: 'an address', node: 'a node', host: 'a hostNetwork pod' } as const;

function reasonText(reason: Exclude<MissReason, { kind: 'label' }>): string {
  switch (reason.kind) {
    case 'namespace':
      return `would match in namespace ${reason.wanted}, not ${reason.is}: a podSelector without namespaceSelector means the policy's own`;
    case 'not-a-pod':
      return `names pods, and this is ${strangers[reason.is]}`;
    case 'no-address':
      return `names ${reason.cidr}, and a pod without an address is in no block`;
    case 'outside-block':
      return `names ${reason.cidr}, and ${reason.address} is outside`;
    case 'excepted':
      return `names ${reason.cidr} except ${reason.except}, which holds ${reason.address}`;
    case 'ports':
      return portsText(reason);
  }
}

/** What is asked for is named where it is short: most questions are about one port. */
function portsText({ allowed, asked, names }: Extract<MissReason, { kind: 'ports' }>): string {
  const isShort = asked.ports.length <= 3 && !asked.others;
  const plainPorts = `${trafficText(allowed)} is allowed, ${isShort ? `not ${trafficText(asked)}` : 'nothing else'}`;
  return [
    ...(allowed === nothing ? [] : [plainPorts]),
    ...names.map((name) => `port name ${name} is not declared by the receiver`),
  ].join('; ');
}
