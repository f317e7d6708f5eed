import { everything, nothing, unionTraffic } from '../../net/traffic.ts';
import type { Example, Finding } from '../ends/pairs.ts';
import type { PodsPlace } from '../ends/place.ts';
import { somebodyText } from '../explain/text.ts';
import type { Mentions } from './mentions.ts';
import { unclaimed } from './unclaimed.ts';
import { type Failure, type Verdict, verdictOf } from './verdict.ts';
import type { TestWorld } from './world.ts';

/** More examples than a person reads; the rest is looked at once these are gone. */
export const mostExamples = 100;

/**
 * Whether nothing passes that no line mentions, from and to the pods of the scope. hostNetwork pods are left out, as nodes
 * are: no policy protects them.
 * @param mentioned what the lines of the suite mention
 */
export function checkOtherwise(world: TestWorld, mentioned: Mentions): Verdict {
  const examples = new Map<string, Example>();
  let undecided = false;
  for (const finding of unmentioned(world, mentioned)) {
    if (finding.kind === 'undecided') {
      undecided = true;
      continue;
    }
    const { example } = finding;
    const key = `${somebodyText(example.from)} -> ${somebodyText(example.to)}`;
    const before = examples.get(key);
    const traffic = unionTraffic(before?.traffic ?? nothing, example.traffic);
    examples.set(key, { ...example, ...before, traffic });
    if (examples.size === mostExamples) break;
  }
  const failures = [...examples.values()].map((example): Failure => ({ kind: 'unmentioned', example }));
  return verdictOf(failures, undecided);
}

function* unmentioned(
  { reach, everybody, scope }: TestWorld,
  mentioned: Mentions,
): Generator<Exclude<Finding, { readonly kind: 'none' }>> {
  const isInScope = ({ pods: [pod] }: PodsPlace): boolean => scope.has(pod.namespace) && !pod.hostNetwork;
  const own = everybody.pods.filter(isInScope);
  for (const place of own) {
    for (const part of mentioned.parts(place, 'ingress')) {
      yield* unclaimed(reach, { ...part, side: 'ingress', traffic: everything }, everybody);
    }
  }
  // What goes from one pod of the scope to another has been looked at.
  const outside = { ...everybody, pods: everybody.pods.filter((place) => !isInScope(place)) };
  for (const place of own) {
    for (const part of mentioned.parts(place, 'egress')) {
      yield* unclaimed(reach, { ...part, side: 'egress', traffic: everything }, outside);
    }
  }
}
