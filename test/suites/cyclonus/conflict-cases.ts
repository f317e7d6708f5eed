import { allowDns, podIs } from './base-policy.ts';
import { type CaseDraft, policyCase } from './case.ts';
import type { Direction } from '../../../src/model/network-policy.ts';
import { type PeerManifest, policyManifest, type PolicyManifest } from './manifests.ts';

// NetworkPolicy has no rule that denies. To deny is to isolate and to allow something else, so wherever another policy
// allows the same traffic on the same pod, it wins; and wherever it allows it on the other end alone, it does not help.

/** Policies of one or two pods, x/b and y/c, that disagree. */
export function conflictCases(): readonly CaseDraft[] {
  return [
    [on(source, 'egress', 'deny'), on(destination, 'ingress', 'allow')],
    [on(source, 'egress', 'allow'), on(destination, 'ingress', 'deny')],
    [on(source, 'egress', 'deny'), on(source, 'egress', 'allow')],
    [on(destination, 'ingress', 'deny'), on(destination, 'ingress', 'allow')],
    ...(['egress', 'ingress'] as const).flatMap((direction) => [
      [on(source, direction, 'deny'), on(source, direction, 'allow-by-pod')],
      [on(source, direction, 'deny'), on(source, direction, 'allow-by-ip')],
      [on(source, direction, 'deny-by-ip'), on(source, direction, 'allow-by-pod')],
      [on(source, direction, 'deny-by-pod'), on(source, direction, 'allow-by-ip')],
    ]),
    ...(['egress', 'ingress'] as const).flatMap((direction) => [
      [on(source, direction, 'deny-by-ip')],
      [on(source, direction, 'deny-by-pod')],
    ]),
  ].map((stances) => policyCase(['conflict'], policiesOf(stances), descriptionOf(stances)));
}

type Subject = readonly [namespace: string, pod: string];
const source: Subject = ['x', 'b'];
const destination: Subject = ['y', 'c'];

const rules = {
  deny: [],
  allow: [{}],
  'allow-by-pod': peerRule({ namespaceSelector: {} }),
  'allow-by-ip': peerRule({ ipBlock: { cidr: '0.0.0.0/0' } }),
  'deny-by-ip': peerRule({ ipBlock: { cidr: '0.0.0.0/31' } }),
  'deny-by-pod': peerRule({ namespaceSelector: { matchLabels: { 'nobody-has': 'this' } } }),
} as const;

type Attitude = keyof typeof rules;

interface Stance {
  readonly subject: Subject;
  readonly direction: Direction;
  readonly attitude: Attitude;
}

function on(subject: Subject, direction: Direction, attitude: Attitude): Stance {
  return { subject, direction, attitude };
}

/** The policies, and one that allows DNS where egress is isolated. */
function policiesOf(stances: readonly Stance[]): readonly PolicyManifest[] {
  const isolated = stances.find(({ direction }) => direction === 'egress');
  return [...stances.map(policyOf), ...(isolated === undefined ? [] : [dnsPolicy(isolated.subject)])];
}

function policyOf({ subject: [namespace, pod], direction, attitude }: Stance): PolicyManifest {
  const name = `${namespace}/${attitude}-${direction}`;
  const podSelector = podIs(pod);
  if (direction === 'egress') {
    const egress = rules[attitude].map((peers) => ('peers' in peers ? { to: peers.peers } : {}));
    return policyManifest(name, { podSelector, policyTypes: ['Egress'], egress });
  }
  const ingress = rules[attitude].map((peers) => ('peers' in peers ? { from: peers.peers } : {}));
  return policyManifest(name, { podSelector, policyTypes: ['Ingress'], ingress });
}

function dnsPolicy([namespace, pod]: Subject): PolicyManifest {
  return policyManifest(`${namespace}/allow-dns`, {
    podSelector: podIs(pod),
    policyTypes: ['Egress'],
    egress: [allowDns],
  });
}

function descriptionOf(stances: readonly Stance[]): string {
  return stances
    .map(({ subject, direction, attitude }) => `${subject.join('/')} ${direction}: ${attitude}`)
    .join(', ');
}

function peerRule(peer: PeerManifest): readonly [{ readonly peers: readonly PeerManifest[] }] {
  return [{ peers: [peer] }];
}
