import type { Place, PodsPlace, Target } from '../ends/place.ts';
import { type ResolvedLine, unnamedTargets } from '../policy-test/resolved-line.ts';
import type { PreparedSuite } from '../policy-test/run-suite.ts';
import { type Actor, castOf, replicaActor } from './actors.ts';
import { type Found, joined, nothingFound } from './found.ts';
import { pairTrials } from './pair-trials.ts';
import { spread, trialPorts } from './ports.ts';
import type { Choice } from './sample.ts';
import { serviceTrials } from './service-trials.ts';
import type { Stage } from './stage.ts';
import type { Trial } from './trial.ts';
import { unlistedTrials } from './unclaimed-trials.ts';

/** Connections for a line of a suite. */
export function lineTrials(resolved: ResolvedLine, prepared: PreparedSuite, stage: Stage): Found {
  const { line, sources, targets } = resolved;
  const expected = line.verb === 'deny' ? 'denied' : 'allowed';
  const { means } = line.to.end;
  const stated = (): Found =>
    (means.kind === 'service'
      ? serviceTrials(means, line.to.ports, prepared.world, castOf(sources, stage), stage, expected)
      : undefined) ?? between(sources, targets, stage, expected);
  switch (line.verb) {
    case 'allow':
    case 'deny':
      return stated();
    case 'any':
      return nothingFound;
    case 'exactly':
      return joined(stated(), between(sources, unnamedTargets(resolved), stage, 'denied'));
    case 'only':
      return joined(stated(), ...targets.map((target) => unlistedTrials(target, prepared, stage)));
  }
}

/** Senders that are met by one receiver; more of them would be tried in vain. */
const mostSenders = 60;

function between(
  sources: readonly Place[],
  targets: readonly Target[],
  stage: Stage,
  expected: Trial['expected'],
): Found {
  const { actors: all, untried, choices } = castOf(sources, stage);
  const senders = spread(all, mostSenders);
  const left: Choice = { what: 'senders', at: '', tried: senders.length, of: all.length };
  const found = targets.map(({ place, traffic }): Found => {
    const receivers = castOf([place], stage);
    const each = receivers.actors.map((receiver): Found => {
      const ports = trialPorts(traffic, stage.cuts, receiver);
      const trials = senders.flatMap((sender) => {
        const other = sender.host === receiver.host ? replicaOf(receiver, place, sources, stage) : receiver;
        return other === undefined ? [] : pairTrials(sender, other, ports.chosen, expected);
      });
      return { trials, untried: [], choices: ports.choices };
    });
    return joined({ ...receivers, trials: [] }, ...each);
  });
  return joined({ trials: [], untried, choices: [...choices, left] }, ...found);
}

/** A pod and itself are no pair; two pods of a workload are, unless both ends mean just this one. */
function replicaOf(actor: Actor, place: Place, sources: readonly Place[], stage: Stage): Actor | undefined {
  const { somebody } = actor;
  if (somebody.kind !== 'pod' || somebody.replica === true || place.kind !== 'pods') return undefined;
  const isAlone = (one: PodsPlace): boolean => one.onePod === true;
  const own = sources.find((one): one is PodsPlace => one.kind === 'pods' && one.pods.includes(somebody.pod));
  return isAlone(place) && own !== undefined && isAlone(own) ? undefined : replicaActor(somebody.pod, stage);
}
