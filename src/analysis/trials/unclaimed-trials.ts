import { type Direction, directions } from '../../model/network-policy.ts';
import { withoutBlocks } from '../../net/address-block.ts';
import { everything, nothing, subtractTraffic } from '../../net/traffic.ts';
import type { Place, Target } from '../ends/place.ts';
import type { Part } from '../policy-test/mentions.ts';
import type { PreparedSuite } from '../policy-test/run-suite.ts';
import type { TestWorld } from '../policy-test/world.ts';
import { castOf } from './actors.ts';
import { claimedOf } from './claimed.ts';
import { type Found, joined, nothingFound } from './found.ts';
import { pairTrials } from './pair-trials.ts';
import { trialPorts } from './ports.ts';
import type { Stage } from './stage.ts';

/** Connections of everybody whom no line lets in to a target. */
export function unlistedTrials({ place, traffic }: Target, prepared: PreparedSuite, stage: Stage): Found {
  const parts = prepared.allowed().parts(place, 'ingress');
  return joined(
    ...parts.map((part) => unclaimedTrials({ ...part, traffic }, 'ingress', prepared.world, stage)),
  );
}

/** Connections of the scope that no line mentions. */
export function otherwiseTrials({ world, mentioned }: PreparedSuite, stage: Stage): Found {
  const own = world.everybody.pods.filter(
    ({ pods: [pod] }) => world.scope.has(pod.namespace) && !pod.hostNetwork,
  );
  return joined(
    ...own.flatMap((place) =>
      directions.flatMap((side) =>
        mentioned()
          .parts(place, side)
          .map((part) => unclaimedTrials({ ...part, traffic: everything }, side, world, stage)),
      ),
    ),
  );
}

function unclaimedTrials(
  fixed: Target & Part,
  side: Direction,
  { reach, everybody }: TestWorld,
  stage: Stage,
): Found {
  const blocks = fixed.claims.flatMap(({ crowd }) => crowd.blocks);
  const places: readonly Place[] = [
    ...everybody.pods,
    ...everybody.addresses
      .map((place) => ({ ...place, blocks: withoutBlocks(place.blocks, blocks) }))
      .filter((place) => place.blocks.length > 0),
    ...everybody.possible,
  ];
  const own = castOf([fixed.place], stage);
  const others = castOf(places, stage);
  const pairs = own.actors.flatMap((actor) =>
    others.actors.map((other): Found => {
      const left = subtractTraffic(fixed.traffic, claimedOf(other, fixed.claims, reach));
      if (left === nothing) return nothingFound;
      const [from, to] = side === 'ingress' ? [other, actor] : [actor, other];
      const ports = trialPorts(left, stage.cuts, to);
      return { trials: pairTrials(from, to, ports.chosen, 'denied'), untried: [], choices: ports.choices };
    }),
  );
  return joined({ ...own, trials: [] }, { ...others, trials: [] }, ...pairs);
}
