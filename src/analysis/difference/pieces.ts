import { podKey } from '../../model/pod.ts';
import { type AddressBlock, blockBounds, blockOf, mergeBlocks } from '../../net/address-block.ts';
import { families } from '../../net/protocol.ts';
import type { Endpoint, ExternalEndpoint, PodEndpoint } from '../connectivity/endpoints.ts';

/**
 * A part of two lists of endpoints that stands in one endpoint before and in one after: what is compared with itself. A
 * position is absent where it was not there before, or is not there any more.
 */
export interface Piece {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly before?: number;
  readonly after?: number;
}

/** Cuts two lists of endpoints along each other, so that no piece lies across two endpoints of either. */
export function piecesOf(before: readonly Endpoint[], after: readonly Endpoint[]): readonly Piece[] {
  return [...podPieces(before, after), ...externalPieces(before, after)];
}

interface At {
  readonly at: number;
  readonly endpoint: PodEndpoint;
}

function podPieces(before: readonly Endpoint[], after: readonly Endpoint[]): readonly Piece[] {
  const [old, now] = [byOwner(before), byOwner(after)];
  const owners = [...new Set([...old.keys(), ...now.keys()])];
  return owners
    .flatMap((owner): readonly Piece[] => {
      const [was, is] = [old.get(owner) ?? [], now.get(owner) ?? []];
      if (was.length === 0) return is.map(({ at, endpoint }) => ({ id: endpoint.id, endpoint, after: at }));
      if (is.length === 0) return was.map(({ at, endpoint }) => ({ id: endpoint.id, endpoint, before: at }));
      const pairs = pairsOf(was, is);
      return pairs.map(([one, other]) => ({
        id: pairId(one, other, was.length, is.length),
        endpoint: other.endpoint,
        before: one.at,
        after: other.at,
      }));
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function byOwner(endpoints: readonly Endpoint[]): ReadonlyMap<string, readonly At[]> {
  const all = endpoints.flatMap((endpoint, at) => (endpoint.kind === 'pods' ? [{ at, endpoint }] : []));
  return Map.groupBy(all, ({ endpoint: { objectKind, namespace, name } }) =>
    JSON.stringify([objectKind, namespace, name]),
  );
}

/**
 * Which endpoint before goes with which after: those that have a pod in common. A rollout gives pods new names: what has none
 * in common with any goes with each, so that nothing is passed over.
 */
function pairsOf(was: readonly At[], is: readonly At[]): readonly (readonly [At, At])[] {
  const common = was.flatMap((one) => {
    const names = new Set(one.endpoint.pods.map(podKey));
    return is
      .filter((other) => other.endpoint.pods.some((pod) => names.has(podKey(pod))))
      .map((other) => [one, other] as const);
  });
  const [first, second] = [new Set(common.map(([one]) => one)), new Set(common.map(([, other]) => other))];
  const restBefore = was
    .filter((one) => !first.has(one))
    .flatMap((one) => is.map((other) => [one, other] as const));
  const restAfter = is
    .filter((one) => !second.has(one))
    .flatMap((other) => was.map((one) => [one, other] as const));
  const all = [...common, ...restBefore, ...restAfter];
  return [...new Map(all.map((pair) => [`${String(pair[0].at)} ${String(pair[1].at)}`, pair])).values()];
}

/** The id of the side that is cut finer; of both where both are cut. */
function pairId(one: At, other: At, was: number, is: number): string {
  if (is === 1) return one.endpoint.id;
  if (was === 1 || one.endpoint.id === other.endpoint.id) return other.endpoint.id;
  return `${one.endpoint.id} as ${other.endpoint.id}`;
}

interface Segment {
  readonly family: (typeof families)[number];
  readonly first: bigint;
  readonly last: bigint;
  readonly at: number;
}

function externalPieces(before: readonly Endpoint[], after: readonly Endpoint[]): readonly Piece[] {
  const found = new Map<
    string,
    { readonly before: number; readonly after: number; readonly blocks: AddressBlock[] }
  >();
  for (const family of families) {
    const [old, now] = [segmentsOf(before, family), segmentsOf(after, family)];
    let [i, j] = [0, 0];
    for (;;) {
      const [one, other] = [old[i], now[j]];
      if (one === undefined || other === undefined) break;
      const first = one.first > other.first ? one.first : other.first;
      const last = one.last < other.last ? one.last : other.last;
      if (first <= last) {
        const key = `${String(one.at)} ${String(other.at)}`;
        const piece = found.get(key) ?? { before: one.at, after: other.at, blocks: [] };
        piece.blocks.push(blockOf({ family, first, last }));
        found.set(key, piece);
      }
      if (one.last <= other.last) i += 1;
      if (other.last <= one.last) j += 1;
    }
  }
  return [...found.values()].map(({ before: was, after: is, blocks }, position): Piece => {
    const id = `external/${String(position)}`;
    const endpoint: ExternalEndpoint = { kind: 'external', id, blocks: mergeBlocks(blocks), parties: [] };
    return { id, endpoint, before: was, after: is };
  });
}

function segmentsOf(endpoints: readonly Endpoint[], family: Segment['family']): readonly Segment[] {
  return endpoints
    .flatMap((endpoint, at) =>
      endpoint.kind === 'external' ? endpoint.blocks.map((block) => ({ block, at })) : [],
    )
    .map(({ block, at }) => ({ ...blockBounds(block), at }))
    .filter((segment) => segment.family === family)
    .sort((a, b) => (a.first < b.first ? -1 : 1));
}
