import { type Pod, podKey } from '../../model/pod.ts';

/** Some that were chosen out of more, so that a statement is tried in bearable time. */
export interface Sample {
  /**
   * - `pods`: those that policies do not tell apart stand for each other, one a node, two at most.
   * - `senders`: so many at each receiver.
   * - `ports`: so many of a protocol at each receiver, of the ends of the ranges that policies tell apart.
   * - `backends`: a Service leads to any of its pods.
   * - `pods to come`: kinds of pods that do not exist yet.
   */
  readonly what: 'pods' | 'senders' | 'ports' | 'backends' | 'pods to come';
  readonly tried: number;
  readonly of: number;
}

/** One choice: the same choice, made again for another part of a statement, counts once. */
export type Choice =
  | { readonly what: 'pods'; readonly chosen: readonly Pod[]; readonly among: readonly Pod[] }
  | (Sample & { readonly what: Exclude<Sample['what'], 'pods'>; readonly at: string });

const order: readonly Sample['what'][] = ['pods', 'pods to come', 'senders', 'backends', 'ports'];

/** What the choices of a statement come to, one for each kind of which something is left out. */
export function samplesOf(choices: readonly Choice[]): readonly Sample[] {
  return order.flatMap((what): readonly Sample[] => {
    const own = choices.filter((choice) => choice.what === what);
    const [tried, of] = what === 'pods' ? podCounts(own) : placeCounts(own);
    return tried < of ? [{ what, tried, of }] : [];
  });
}

/** Places overlap where lines cut them: a pod that stands for others here may be one of the others there. */
function podCounts(choices: readonly Choice[]): readonly [number, number] {
  const [tried, of] = [new Set<string>(), new Set<string>()];
  for (const choice of new Set(choices)) {
    if (choice.what !== 'pods') continue;
    for (const pod of choice.chosen) tried.add(podKey(pod));
    for (const pod of choice.among) of.add(podKey(pod));
  }
  return [tried.size, of.size];
}

/** At one place there may be more than one choice, for parts of a statement: the largest tells. */
function placeCounts(choices: readonly Choice[]): readonly [number, number] {
  const largest = new Map<string, Sample>();
  for (const choice of choices) {
    if (choice.what === 'pods') continue;
    const known = largest.get(choice.at);
    if (known === undefined || known.of < choice.of) largest.set(choice.at, choice);
  }
  const sum = (count: 'tried' | 'of'): number =>
    [...largest.values()].reduce((total, sample) => total + sample[count], 0);
  return [sum('tried'), sum('of')];
}
