import { intersectTraffic, nothing, type Traffic } from '../../net/traffic.ts';
import { type Example, findClosed, type Finding, findOpen, isPair } from '../ends/pairs.ts';
import type { Place, Somebody, Target } from '../ends/place.ts';
import { explain } from '../explain/explain.ts';
import type { Explanation } from '../explain/explanation.ts';
import type { Reach } from '../reach/reach.ts';
import type { Leg, Question } from './question.ts';

/**
 * What is true of every connection that a question is about:
 * - `yes`: all work, with everything that was asked for;
 * - `no`: none works at all;
 * - `partly`: some do, or a part of what was asked for; of others it may not be known;
 * - `unknown`: it cannot be told.
 */
export type Verdict = 'yes' | 'no' | 'partly' | 'unknown';

export interface Answer {
  readonly verdict: Verdict;
  readonly legs: readonly LegAnswer[];
}

export interface LegAnswer {
  readonly leg: Leg;
  readonly verdict: Verdict;
  /** Pairs that differ for the policies, those first that are denied something. */
  readonly explanations: readonly Explanation[];
  /** Whether there are pairs beyond the limit. */
  readonly more: boolean;
  /** Why it cannot be told. */
  readonly unknown?: string;
}

/**
 * Answers a question.
 * @param limit explanations for each leg; a `no` needs one
 */
export function answer(reach: Reach, { legs }: Question, limit: number): Answer {
  const answers = legs.map((leg) => answerLeg(reach, leg, limit));
  return { verdict: together(answers), legs: answers };
}

/** A request goes by a controller and to a backend, each of them one of several. What is denied is so whatever is unknown. */
function together(answers: readonly LegAnswer[]): Verdict {
  if (answers.every(({ verdict }) => verdict === 'yes')) return 'yes';
  const stages = Map.groupBy(answers, ({ leg }) => leg.kind === 'to-backend');
  if ([...stages.values()].some((stage) => stage.every(({ verdict }) => verdict === 'no'))) return 'no';
  return answers.some(({ verdict }) => verdict === 'no' || verdict === 'partly') ? 'partly' : 'unknown';
}

function answerLeg(reach: Reach, leg: Leg, limit: number): LegAnswer {
  const { deadEnd } = leg;
  if (deadEnd !== undefined) {
    const verdict = deadEnd.kind === 'nobody' ? 'no' : 'unknown';
    const unknown = verdict === 'unknown' ? { unknown: deadEnd.message } : {};
    return { leg, verdict, explanations: [], more: false, ...unknown };
  }
  const itself = onePodAndItself(leg);
  if (itself !== undefined) {
    const { pod, traffic } = itself;
    return { leg, verdict: 'yes', explanations: [explain(reach, pod, pod, traffic)], more: false };
  }
  if (!leg.from.some((from) => leg.to.some(({ place }) => isPair(from, place)))) {
    return { leg, verdict: 'unknown', explanations: [], more: false, unknown: noPair };
  }
  return judged(reach, leg, limit);
}

const noPair =
  'policies have no say here: one end has to be a pod, the other neither the same pod nor its own node, and both have to have a family of addresses in common';

const entangled =
  'the label selectors of the policies are too entangled to decide this for pods that do not exist yet';

function judged(reach: Reach, leg: Leg, limit: number): LegAnswer {
  const denied: Explanation[] = [];
  const allowed: Explanation[] = [];
  let isOpen = false;
  let isUndecided = false;
  let more = false;
  for (const { from, target } of pairsOf(leg)) {
    if (denied.length >= limit && isOpen) {
      more = true;
      break;
    }
    const closed = findClosed(reach, from, target);
    const open: Finding = closed.kind === 'none' || !isOpen ? findOpen(reach, from, target) : closed;
    isUndecided ||= closed.kind === 'undecided' || open.kind === 'undecided';
    isOpen ||= open.kind === 'example' && open !== closed;
    const told = exampleOf(closed) ?? exampleOf(open);
    if (told === undefined) continue;
    const list = closed.kind === 'example' ? denied : allowed;
    if (list.length < limit)
      list.push(explain(reach, told.from, told.to, askedOf(told, target), told.family));
    else more = true;
  }
  const explanations = [...denied, ...allowed];
  const verdict = denied.length > 0 ? (isOpen ? 'partly' : 'no') : isUndecided ? 'unknown' : 'yes';
  return {
    leg,
    verdict,
    explanations: explanations.slice(0, limit),
    more: more || explanations.length > limit,
    ...(verdict === 'unknown' ? { unknown: entangled } : {}),
  };
}

function* pairsOf({ from: sources, to }: Leg): Generator<{ readonly from: Place; readonly target: Target }> {
  for (const target of to) for (const from of sources) yield { from, target };
}

function exampleOf(finding: Finding): Example | undefined {
  return finding.kind === 'example' ? finding.example : undefined;
}

/** All that was asked for, so that what is allowed and what is not stand side by side. */
function askedOf({ traffic }: Example, target: Target): Traffic {
  return intersectTraffic(traffic, target.traffic) === nothing ? traffic : target.traffic;
}

/** A pod that is named at both ends: policies have no say, and the answer is plain all the same. */
function onePodAndItself({
  from: [source, ...others],
  to: [target, ...targets],
}: Leg): { readonly pod: Somebody; readonly traffic: Traffic } | undefined {
  if (source?.kind !== 'pods' || target?.place.kind !== 'pods' || others.length + targets.length > 0)
    return undefined;
  const [pod, ...more] = source.pods;
  const { place, traffic } = target;
  const isOne =
    source.onePod === true && place.onePod === true && more.length === 0 && place.pods.length === 1;
  return isOne && place.pods[0] === pod ? { pod: { kind: 'pod', pod }, traffic } : undefined;
}
