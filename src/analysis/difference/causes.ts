import type { Direction } from '../../model/network-policy.ts';
import { families, type Family } from '../../net/protocol.ts';
import { intersectTraffic, nothing, subtractTraffic, type Traffic } from '../../net/traffic.ts';
import { explain } from '../explain/explain.ts';
import type { Explanation, PolicyReference, RuleReference, SideExplanation } from '../explain/explanation.ts';
import { byFamilyOf } from '../reach/passage.ts';
import type { Reach } from '../reach/reach.ts';
import type { Change, Difference } from './difference.ts';
import { type Pair, pairsOf, type Twice } from './representatives.ts';

const directions = ['egress', 'ingress'] as const;

/** Why a connection was opened or closed, by what one side's policies said before and say now. */
export interface Cause {
  readonly direction: Direction;
  /** The endpoint whose policies it is about. */
  readonly endpoint: string;
  readonly kind:
    /** `rules` allow it now. */
    | 'allowed'
    /** Nothing isolates the endpoint any more; `policies` did. */
    | 'not-isolated'
    /** `policies` isolate the endpoint now, and nothing did. */
    | 'isolated'
    /** `rules` allowed it, and do not any more. */
    | 'not-allowed';
  readonly policies: readonly PolicyReference[];
  readonly rules: readonly RuleReference[];
}

/** What of both sides opened (or closed) a connection. Empty where an endpoint came or went: that is the cause. */
export function causesOf(
  difference: Difference,
  change: Change,
  what: 'opened' | 'closed',
): readonly Cause[] {
  return partsOf(change, what).flatMap((part) => causesOfPart(difference, change, what, part));
}

/** What of a change happened in one family, where the families differ. */
interface Part {
  readonly family?: Family;
  readonly traffic: Traffic;
}

function partsOf({ before, after, traffic }: Change, what: 'opened' | 'closed'): readonly Part[] {
  if (before.byFamily === undefined && after.byFamily === undefined) return [{ traffic }];
  const [was, is] = [byFamilyOf(before), byFamilyOf(after)];
  const [less, more] = what === 'opened' ? [was, is] : [is, was];
  return families
    .map((family) => ({ family, traffic: subtractTraffic(more[family], less[family]) }))
    .filter((part) => part.traffic !== nothing);
}

function causesOfPart(
  difference: Difference,
  change: Change,
  what: 'opened' | 'closed',
  part: Part,
): readonly Cause[] {
  const { from, to } = change;
  const explained = pairsOf(difference, from, to, part.family)
    .map((pair) => explainBoth(difference, pair, part))
    .map((both) => ({
      both,
      traffic: what === 'opened' ? gained(both.was, both.is) : gained(both.is, both.was),
    }))
    .find(({ traffic }) => traffic !== nothing);
  if (explained === undefined) return [];
  const { was, is } = explainBoth(difference, explained.both.pair, { ...part, traffic: explained.traffic });
  return directions.flatMap((direction) => {
    const endpoint = direction === 'egress' ? from.id : to.id;
    const cause =
      what === 'opened' ? opening(was[direction], is[direction]) : closing(was[direction], is[direction]);
    return cause === undefined ? [] : [{ ...cause, direction, endpoint }];
  });
}

interface Both {
  readonly pair: Pair;
  readonly was: Explanation;
  readonly is: Explanation;
}

function explainBoth({ before, after }: Difference, pair: Pair, { traffic, family }: Part): Both {
  const explainOn = (reach: Reach, side: keyof Twice): Explanation => {
    const [from, to] = [pair.from[side], pair.to[side]];
    const isReplica = from.kind === 'pod' && to.kind === 'pod' && from.pod === to.pod;
    return explain(reach, from, isReplica ? { ...to, replica: true } : to, traffic, family);
  };
  return { pair, was: explainOn(before.reach, 'before'), is: explainOn(after.reach, 'after') };
}

function gained(less: Explanation, more: Explanation): Traffic {
  return subtractTraffic(more.passes, less.passes);
}

type Half = Omit<Cause, 'direction' | 'endpoint'>;

function opening(was: SideExplanation, is: SideExplanation): Half | undefined {
  if (was.denies === nothing) return undefined;
  if (is.basis !== 'policy') return { kind: 'not-isolated', policies: was.isolatedBy, rules: [] };
  const rules = is.allowedBy.filter((rule) => intersectTraffic(rule.traffic, was.denies) !== nothing);
  return { kind: 'allowed', policies: [], rules };
}

function closing(was: SideExplanation, is: SideExplanation): Half | undefined {
  if (is.denies === nothing) return undefined;
  if (was.basis !== 'policy') return { kind: 'isolated', policies: is.isolatedBy, rules: [] };
  const rules = was.allowedBy.filter((rule) => intersectTraffic(rule.traffic, is.denies) !== nothing);
  return { kind: 'not-allowed', policies: is.isolatedBy, rules };
}
