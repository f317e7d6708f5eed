import type { Cluster, Namespace } from '../../model/cluster.ts';
import { type Pod, podKey } from '../../model/pod.ts';
import { schedule } from '../../model/schedule.ts';
import { withoutBlocks } from '../../net/address-block.ts';
import type { Family } from '../../net/protocol.ts';
import { everything, nothing, subtractTraffic } from '../../net/traffic.ts';
import type { Place, PodsPlace, Target } from '../ends/place.ts';
import { type Mentions } from '../policy-test/mentions.ts';
import { type ResolvedLine, unnamedTargets } from '../policy-test/resolved-line.ts';
import { type Check, checkedLines, type PreparedSuite, runSuite } from '../policy-test/run-suite.ts';
import type { TestWorld } from '../policy-test/world.ts';
import { type Actor, actorFor, actorsOf, replicaActor, type Stage } from './actors.ts';
import { claimedOf } from './claimed.ts';
import { type PortCuts, portCutsOf, spread, trialPorts } from './ports.ts';
import { serviceTrials } from './service-trials.ts';
import { standInsFor } from './stand-ins.ts';
import { type CheckTrials, type Trial, trialKey, type TrialPlan } from './trial.ts';

export interface TrialOptions {
  /** Families of addresses that the lab gives. */
  readonly families: readonly Family[];
  /** Connections that are tried for one statement, counterexamples aside. */
  readonly most: number;
}

/**
 * Chooses connections that stand for the statements of a suite, and whom a lab has to hold to try them.
 * @param prepared a suite in a cluster that is complete, see `schedule`
 */
export function planTrials(prepared: PreparedSuite, { families, most }: TrialOptions): TrialPlan {
  const { world, resolved, suite } = prepared;
  const checks = runSuite(prepared);
  const examples = checks.flatMap(({ verdict }) =>
    verdict.kind === 'failed' ? verdict.failures.map(({ example }) => example) : [],
  );
  const aboutToCome = suite.otherwise !== undefined || resolved.some(isAboutToCome) || examples.length > 0;
  const { standIns, left } = aboutToCome ? standInsFor(world.reach, examples) : { standIns: [], left: 0 };
  const replicas = replicasFor(resolved);
  const added = [...world.namedPods.values(), ...standIns.map(({ pod }) => pod), ...replicas.values()];
  const namespaces = standIns.flatMap(({ possible }): readonly Namespace[] =>
    possible.exists ? [] : [{ name: possible.namespace, labels: possible.namespaceLabels }],
  );
  const cluster = schedule(withPods(world.reach.cluster, added, namespaces), families);
  const stage: Stage = { cluster, families, standIns, replicas };
  const cuts = portCutsOf(cluster.policies, cluster.pods);
  const lines = checkedLines(prepared);
  const planned = checks.map((check, at): CheckTrials => {
    const resolution = lines[at];
    const found =
      resolution?.kind === 'resolved'
        ? lineTrials(resolution.resolved, prepared, stage, cuts)
        : check.verb === 'otherwise' && check.verdict.kind !== 'skipped'
          ? otherwiseTrials(world, prepared.mentioned(), stage, cuts)
          : { trials: [], untried: [] };
    const shown = counterexamples(check, stage, cuts);
    const all = unique(found.trials);
    const classes =
      left > 0 && found.trials.length > 0 ? [`${String(left)} kinds of pods to come are left out`] : [];
    return {
      check,
      trials: unique([...shown, ...spread(all, most)]),
      known: unique([...shown, ...all]).length,
      untried: [...new Set([...found.untried, ...classes])],
    };
  });
  const addedKeys = new Set(added.map(podKey));
  return {
    cluster,
    added: cluster.pods.filter((pod) => addedKeys.has(podKey(pod))),
    externals: externalsOf(planned.flatMap(({ trials }) => trials)),
    checks: planned,
  };
}

interface Found {
  readonly trials: readonly Trial[];
  readonly untried: readonly string[];
}

function isAboutToCome({ line, sources, targets }: ResolvedLine): boolean {
  return (
    line.verb === 'only' ||
    [...sources, ...targets.map(({ place }) => place)].some(({ kind }) => kind === 'possible')
  );
}

/** A workload that is at both ends of a line needs a second pod, for none is a pair with itself. */
function replicasFor(resolved: readonly ResolvedLine[]): ReadonlyMap<string, Pod> {
  const wanted = new Map<string, Pod>();
  for (const { sources, targets, universe } of resolved) {
    const own = new Set(sources.flatMap(podsOf));
    for (const pod of [...targets, ...universe].flatMap(({ place }) => podsOf(place))) {
      if (!own.has(pod) || pod.workload === undefined || pod.hostNetwork) continue;
      wanted.set(podKey(pod), { ...pod, name: `${pod.name}-replica`, nodeName: '', addresses: [] });
    }
  }
  return wanted;
}

function podsOf(place: Place): readonly Pod[] {
  return place.kind === 'pods' ? place.pods : [];
}

function withPods(cluster: Cluster, pods: readonly Pod[], namespaces: readonly Namespace[]): Cluster {
  const fresh = new Map(namespaces.map((namespace) => [namespace.name, namespace]));
  return {
    ...cluster,
    namespaces: [...cluster.namespaces, ...fresh.values()],
    pods: [...cluster.pods, ...pods],
  };
}

function lineTrials(resolved: ResolvedLine, prepared: PreparedSuite, stage: Stage, cuts: PortCuts): Found {
  const { line, sources, targets } = resolved;
  const expected = line.verb === 'deny' ? 'denied' : 'allowed';
  const { means } = line.to.end;
  const service =
    means.kind === 'service'
      ? serviceTrials(means, line.to.ports, prepared.world, actors(sources, stage).actors, stage, expected)
      : undefined;
  const stated = service ?? between(sources, targets, stage, cuts, expected);
  switch (line.verb) {
    case 'allow':
    case 'deny':
      return stated;
    case 'any':
      return { trials: [], untried: [] };
    case 'exactly':
      return joined(stated, between(sources, unnamedTargets(resolved), stage, cuts, 'denied'));
    case 'only':
      return joined(stated, ...targets.map((target) => unlisted(target, prepared, stage, cuts)));
  }
}

function joined(...found: readonly Found[]): Found {
  return {
    trials: found.flatMap(({ trials }) => trials),
    untried: found.flatMap(({ untried }) => untried),
  };
}

function actors(
  places: readonly Place[],
  stage: Stage,
): { readonly actors: readonly Actor[]; readonly untried: readonly string[] } {
  const each = places.map((place) => actorsOf(place, stage));
  return {
    actors: each.flatMap((found) => (typeof found === 'string' ? [] : found)),
    untried: each.flatMap((found) => (typeof found === 'string' ? [found] : [])),
  };
}

/** Ends of one kind that are met by all others; more of them would be tried in vain. */
const mostActors = 60;

function between(
  sources: readonly Place[],
  targets: readonly Target[],
  stage: Stage,
  cuts: PortCuts,
  expected: Trial['expected'],
): Found {
  const from = actors(sources, stage);
  const untried = [...from.untried];
  const trials = targets.flatMap(({ place, traffic }) => {
    const to = actors([place], stage);
    untried.push(...to.untried);
    return to.actors.flatMap((receiver) =>
      spread(from.actors, mostActors).flatMap((sender) => {
        const other = sender.host === receiver.host ? replicaOf(receiver, place, sources, stage) : receiver;
        return other === undefined
          ? []
          : pairTrials(sender, other, trialPorts(traffic, cuts, receiver.ports), expected);
      }),
    );
  });
  return { trials, untried };
}

/** A pod and itself are no pair; two pods of a workload are, unless both ends mean just this one. */
function replicaOf(actor: Actor, place: Place, sources: readonly Place[], stage: Stage): Actor | undefined {
  const { somebody } = actor;
  if (somebody.kind !== 'pod' || somebody.replica === true || place.kind !== 'pods') return undefined;
  const isAlone = (one: PodsPlace): boolean => one.onePod === true;
  const own = sources.find((one): one is PodsPlace => one.kind === 'pods' && one.pods.includes(somebody.pod));
  return isAlone(place) && own !== undefined && isAlone(own) ? undefined : replicaActor(somebody.pod, stage);
}

/** Connections of two, in the families that both speak. None where policies have no say, or the statement does not speak of them. */
function pairTrials(
  from: Actor,
  to: Actor,
  ports: readonly Pick<Trial, 'protocol' | 'port'>[],
  expected: Trial['expected'],
): readonly Trial[] {
  if (from.host === to.host || (isOutside(from) && isOutside(to))) return [];
  if (from.node !== undefined && from.node === to.node) {
    if (from.isNode && to.isNode) return [];
    if (from.isNode !== to.isNode && (from.exceptOwnNode || to.exceptOwnNode)) return [];
  }
  return from.families
    .filter((family) => to.families.includes(family))
    .flatMap((family) =>
      ports.map((port): Trial => ({ from, to, family, ...port, expected, isCounterexample: false })),
    );
}

function isOutside({ somebody }: Actor): boolean {
  return somebody.kind === 'node' || somebody.kind === 'address';
}

/** Everybody whom no line lets in. */
function unlisted({ place, traffic }: Target, prepared: PreparedSuite, stage: Stage, cuts: PortCuts): Found {
  const parts = prepared.allowed().parts(place, 'ingress');
  return joined(
    ...parts.map((part) => unclaimedTrials({ ...part, traffic }, 'ingress', prepared.world, stage, cuts)),
  );
}

function otherwiseTrials(world: TestWorld, mentioned: Mentions, stage: Stage, cuts: PortCuts): Found {
  const own = world.everybody.pods.filter(
    ({ pods: [pod] }) => world.scope.has(pod.namespace) && !pod.hostNetwork,
  );
  return joined(
    ...own.flatMap((place) =>
      (['ingress', 'egress'] as const).flatMap((side) =>
        mentioned
          .parts(place, side)
          .map((part) => unclaimedTrials({ ...part, traffic: everything }, side, world, stage, cuts)),
      ),
    ),
  );
}

function unclaimedTrials(
  fixed: Target & ReturnType<Mentions['parts']>[number],
  side: 'ingress' | 'egress',
  { reach, everybody }: TestWorld,
  stage: Stage,
  cuts: PortCuts,
): Found {
  const blocks = fixed.claims.flatMap(({ crowd }) => crowd.blocks);
  const places: readonly Place[] = [
    ...everybody.pods,
    ...everybody.addresses
      .map((place) => ({ ...place, blocks: withoutBlocks(place.blocks, blocks) }))
      .filter((place) => place.blocks.length > 0),
    ...everybody.possible,
  ];
  const own = actors([fixed.place], stage);
  const others = actors(places, stage);
  const trials = own.actors.flatMap((actor) =>
    others.actors.flatMap((other) => {
      const left = subtractTraffic(fixed.traffic, claimedOf(other, fixed.claims, reach));
      if (left === nothing) return [];
      const [from, to] = side === 'ingress' ? [other, actor] : [actor, other];
      return pairTrials(from, to, trialPorts(left, cuts, to.ports), 'denied');
    }),
  );
  return { trials, untried: [...own.untried, ...others.untried] };
}

/** The connections that the policies alone say are not as they should be. */
function counterexamples({ verdict }: Check, stage: Stage, cuts: PortCuts): readonly Trial[] {
  if (verdict.kind !== 'failed') return [];
  return verdict.failures.flatMap(({ kind, example }) => {
    const [from, to] = [actorFor(example.from, stage), actorFor(example.to, stage)];
    if (from === undefined || to === undefined) return [];
    const ports = trialPorts(example.traffic, cuts, to.ports).slice(0, 1);
    return pairTrials(from, to, ports, kind === 'closed' ? 'allowed' : 'denied')
      .filter(({ family }) => example.family === undefined || example.family === family)
      .map((trial): Trial => ({ ...trial, isCounterexample: true }));
  });
}

function unique(trials: readonly Trial[]): readonly Trial[] {
  const known = new Map<string, Trial>();
  for (const trial of trials) {
    const key = trialKey(trial);
    if (!known.has(key)) known.set(key, trial);
  }
  return [...known.values()];
}

function externalsOf(trials: readonly Trial[]): TrialPlan['externals'] {
  const addresses = trials.flatMap(({ from, to }) =>
    [from, to].flatMap(({ somebody }) => (somebody.kind === 'address' ? [somebody.address] : [])),
  );
  return [...new Set(addresses)].sort();
}
