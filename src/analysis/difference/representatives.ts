import { type Pod, podKey } from '../../model/pod.ts';
import { blockBounds } from '../../net/address-block.ts';
import { addressOfNumber } from '../../net/cidr.ts';
import type { Family } from '../../net/protocol.ts';
import type { Connectivity } from '../connectivity/connectivity.ts';
import type { Somebody } from '../ends/place.ts';
import type { Difference } from './difference.ts';
import type { Piece } from './pieces.ts';

/** Somebody of each end, as they were and as they are. */
export interface Pair {
  readonly from: Twice;
  readonly to: Twice;
}

export interface Twice {
  readonly before: Somebody;
  readonly after: Somebody;
}

/** Ends of many pods change for some of them: each sort is tried, as far as there are not too many. */
export function pairsOf(difference: Difference, from: Piece, to: Piece, family?: Family): readonly Pair[] {
  const destinations = thoseOf(difference, to, family);
  return thoseOf(difference, from, family).flatMap((one) =>
    destinations.map((other) => ({ from: one, to: other })),
  );
}

const mostTried = 16;

function thoseOf(difference: Difference, piece: Piece, family?: Family): readonly Twice[] {
  const { endpoint } = piece;
  if (endpoint.kind === 'external') {
    const block = endpoint.blocks
      .map(blockBounds)
      .find((one) => family === undefined || one.family === family);
    if (block === undefined) return [];
    const somebody = { kind: 'address', address: addressOfNumber(block.family, block.first) } as const;
    return [{ before: somebody, after: somebody }];
  }
  const [was, is] = [podsOf(difference.before, piece.before), podsOf(difference.after, piece.after)];
  const old = new Map(was.map((pod) => [podKey(pod), pod]));
  const [first] = was;
  if (first === undefined) return [];
  // Names are new after a rollout; then any of before will do.
  const pairs = is.map((pod) => [old.get(podKey(pod)) ?? first, pod] as const);
  const sorts = new Map(
    pairs.map((pair) => [
      `${String(difference.before.reach.parties.ofPod(pair[0]))} ${String(difference.after.reach.parties.ofPod(pair[1]))}`,
      pair,
    ]),
  );
  return [...sorts.values()].slice(0, mostTried).map(([before, after]) => ({
    before: { kind: 'pod', pod: before },
    after: { kind: 'pod', pod: after },
  }));
}

function podsOf({ endpoints }: Connectivity, at: number | undefined): readonly Pod[] {
  const endpoint = at === undefined ? undefined : endpoints[at];
  return endpoint?.kind === 'pods' ? endpoint.pods : [];
}
