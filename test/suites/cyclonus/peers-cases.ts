import { directions } from '../../../src/model/network-policy.ts';
import { namespaceIs, podIs, withPeers } from './base-policy.ts';
import { podManifest } from './base-world.ts';
import { type CaseDraft, policyCase } from './case.ts';
import type { PeerManifest } from './manifests.ts';
import { pairs } from './pairs.ts';
import { type Tag, tagSet } from './tags.ts';

/** Who may connect: nobody named, each kind of peer alone, and each two of them in one rule. */
export function peersCases(): readonly CaseDraft[] {
  const peers = singlePeers();
  return directions.flatMap((direction) => [
    policyCase(tagSet(direction, 'any-peer'), [withPeers(direction, [])]),
    ...peers.map((peer) => policyCase(tagSet(direction, ...tagsOf(peer)), [withPeers(direction, [peer])])),
    ...pairs(peers).map(([first, second]) =>
      policyCase(tagSet(direction, 'multi-peer', ...tagsOf(first), ...tagsOf(second)), [
        withPeers(direction, [first, second]),
      ]),
    ),
  ]);
}

function singlePeers(): readonly PeerManifest[] {
  // With host bits, as people write them.
  const address = podManifest('z', 'c', {}).status.podIP;
  return [
    { podSelector: {} },
    { podSelector: podIs('c') },
    { namespaceSelector: {} },
    { podSelector: {}, namespaceSelector: {} },
    { podSelector: podIs('c'), namespaceSelector: {} },
    { namespaceSelector: namespaceIs('x') },
    { podSelector: {}, namespaceSelector: namespaceIs('x') },
    { podSelector: podIs('c'), namespaceSelector: namespaceIs('x') },
    { ipBlock: { cidr: `${address}/24` } },
    { ipBlock: { cidr: `${address}/24`, except: [`${address}/28`] } },
  ];
}

function tagsOf({ podSelector, namespaceSelector, ipBlock }: PeerManifest): readonly Tag[] {
  if (ipBlock !== undefined) {
    return [ipBlock.except === undefined ? 'ip-block-no-except' : 'ip-block-with-except'];
  }
  const pods = podSelector?.matchLabels === undefined ? 'all-pods' : 'pods-by-label';
  if (namespaceSelector === undefined) return [pods, 'policy-namespace'];
  return [pods, namespaceSelector.matchLabels === undefined ? 'all-namespaces' : 'namespaces-by-label'];
}
