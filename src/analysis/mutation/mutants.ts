import type { SourcePosition } from '../../model/diagnostic.ts';
import { selectorText } from '../../model/label-selector.ts';
import {
  type Direction,
  type NetworkPolicy,
  type PolicyPort,
  type PolicyRule,
} from '../../model/network-policy.ts';
import { type WiderPeer, widerPeers } from './wider-peers.ts';
import { withoutEach } from './without-each.ts';

/** A policy with one mistake in it, as people make them. */
export interface Mutant {
  readonly kind: Mistake;
  /** The policy without the mistake. */
  readonly policy: NetworkPolicy;
  /** The policy with it; absent: it is gone. */
  readonly changed?: NetworkPolicy;
  /** Where in the policy: `ingress[0].from[1]`; absent: the policy as a whole. */
  readonly path?: string;
  /** What to do to get it, in the imperative: `delete this rule`. */
  readonly text: string;
  /** Where the rule, or the policy, is written. */
  readonly source?: SourcePosition;
}

export type Mistake =
  | 'delete-policy'
  | 'delete-policy-type'
  | 'delete-rule'
  | 'delete-peer'
  | 'delete-port'
  | 'any-peer'
  | 'any-port'
  | 'widen-pod-selector'
  | WiderPeer['kind'];

/**
 * Every mistake in one place of the policy: the policy, a direction, a rule, a peer, a port or an except is missing, or a
 * selector, a peer, a port or a block is wider than it was. The same policy gives the same list. None says the same as the
 * policy does, word by word; whether it means the same is for `changesConnections`.
 */
export function mutantsOf(policy: NetworkPolicy): readonly Mutant[] {
  return [
    ...ofPolicy(policy),
    ...policy.policyTypes.flatMap((direction) =>
      policy[direction].flatMap((rule) => ofRule(policy, direction, rule)),
    ),
  ];
}

function ofPolicy(policy: NetworkPolicy): readonly Mutant[] {
  const { policyTypes, podSelector } = policy;
  const whole = { policy, ...(policy.source === undefined ? {} : { source: policy.source }) };
  return [
    { ...whole, kind: 'delete-policy', text: 'delete this policy' },
    // One that isolates in no direction is as good as gone.
    ...(policyTypes.length < 2 ? [] : policyTypes).map((direction): Mutant => ({
      ...whole,
      kind: 'delete-policy-type',
      path: 'policyTypes',
      text: `take ${typeName(direction)} and its rules out of policyTypes`,
      changed: {
        ...policy,
        policyTypes: policyTypes.filter((one) => one !== direction),
        [direction]: [],
      },
    })),
    ...withoutEach(podSelector).map(({ one, left }): Mutant => ({
      ...whole,
      kind: 'widen-pod-selector',
      path: 'podSelector',
      text: `drop ${selectorText([one])} from podSelector`,
      changed: { ...policy, podSelector: left },
    })),
  ];
}

function typeName(direction: Direction): string {
  return direction === 'ingress' ? 'Ingress' : 'Egress';
}

function ofRule(policy: NetworkPolicy, direction: Direction, rule: PolicyRule): readonly Mutant[] {
  const source = rule.source ?? policy.source;
  const place = `${direction}[${String(rule.index)}]`;
  const list = direction === 'ingress' ? 'from' : 'to';
  const withRule = (changed: PolicyRule | undefined): NetworkPolicy => ({
    ...policy,
    [direction]: policy[direction].flatMap((one) => (one === rule ? (changed ?? []) : one)),
  });
  const mutant = (kind: Mistake, path: string, text: string, changed: PolicyRule | undefined): Mutant => ({
    kind,
    policy,
    changed: withRule(changed),
    path: path === '' ? place : `${place}.${path}`,
    text,
    ...(source === undefined ? {} : { source }),
  });

  const { peers = [], ports = [] } = rule;
  return [
    mutant('delete-rule', '', 'delete this rule', undefined),
    ...(rule.peers === undefined
      ? []
      : [mutant('any-peer', list, `delete ${list} as a whole`, withoutPeers(rule))]),
    ...(peers.length < 2 ? [] : withoutEach(peers)).map(({ left, at }) =>
      mutant('delete-peer', `${list}[${String(at)}]`, 'delete this peer', {
        ...rule,
        peers: left,
      }),
    ),
    ...peers.flatMap((peer, at) =>
      widerPeers(peer).map(({ kind, text, path, changed }) =>
        mutant(kind, `${list}[${String(at)}]${path}`, text, { ...rule, peers: peers.with(at, changed) }),
      ),
    ),
    ...(ports.length < 2 ? [] : withoutEach(ports)).map(({ one, left, at }) =>
      mutant('delete-port', `ports[${String(at)}]`, `delete port ${portText(one)}`, {
        ...rule,
        ports: left,
      }),
    ),
    ...ports.flatMap((port, at) =>
      port.kind === 'all'
        ? []
        : mutant('any-port', `ports[${String(at)}]`, `widen ${portText(port)} to every port of it`, {
            ...rule,
            ports: ports.with(at, { kind: 'all', protocol: port.protocol }),
          }),
    ),
  ];
}

function withoutPeers({ index, ports, source }: PolicyRule): PolicyRule {
  return {
    index,
    ...(ports === undefined ? {} : { ports }),
    ...(source === undefined ? {} : { source }),
  };
}

function portText(port: PolicyPort): string {
  const protocol = port.protocol.toLowerCase();
  switch (port.kind) {
    case 'all':
      return `*/${protocol}`;
    case 'named':
      return `${port.name}/${protocol}`;
    case 'range':
      return `${port.first === port.last ? String(port.first) : `${String(port.first)}-${String(port.last)}`}/${protocol}`;
  }
}
