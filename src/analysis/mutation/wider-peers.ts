import { selectorText } from '../../model/label-selector.ts';
import type { PolicyPeer } from '../../model/network-policy.ts';
import { familyOf } from '../../net/address.ts';
import { everyAddress } from '../../net/cidr.ts';
import { withoutEach } from './without-each.ts';

/** A peer that lets in more. */
export interface WiderPeer {
  readonly kind: 'any-address' | 'any-namespace' | 'delete-except' | 'widen-peer';
  /** What of it is wider: `.podSelector`. */
  readonly path: string;
  readonly text: string;
  readonly changed: PolicyPeer;
}

/** The peer with one of its limits missing. */
export function widerPeers(peer: PolicyPeer): readonly WiderPeer[] {
  if (peer.kind === 'ipBlock') {
    const every = everyAddress(familyOf(peer.cidr));
    return [
      ...(peer.cidr === every
        ? []
        : [
            {
              kind: 'any-address' as const,
              path: '.ipBlock.cidr',
              text: `widen ${peer.cidr} to ${every}`,
              changed: { ...peer, cidr: every },
            },
          ]),
      ...withoutEach(peer.except).map(({ one: except, left, at }): WiderPeer => ({
        kind: 'delete-except',
        path: `.ipBlock.except[${String(at)}]`,
        text: `delete ${except}`,
        changed: { ...peer, except: left },
      })),
    ];
  }
  const { podSelector, namespaceSelector } = peer;
  return [
    ...(namespaceSelector === undefined
      ? [
          {
            kind: 'any-namespace' as const,
            path: '',
            text: 'add namespaceSelector: {}, so that it is of every namespace',
            changed: { ...peer, namespaceSelector: [] },
          },
        ]
      : withoutEach(namespaceSelector).map(({ one, left }): WiderPeer => ({
          kind: 'widen-peer',
          path: '.namespaceSelector',
          text: `drop ${selectorText([one])}`,
          changed: { ...peer, namespaceSelector: left },
        }))),
    ...withoutEach(podSelector).map(({ one, left }): WiderPeer => ({
      kind: 'widen-peer',
      path: '.podSelector',
      text: `drop ${selectorText([one])}`,
      changed: { ...peer, podSelector: left },
    })),
  ];
}
