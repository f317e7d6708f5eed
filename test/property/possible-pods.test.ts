import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  findConnection,
  findDenial,
  type PossiblePod,
  type PossiblePods,
} from '../../src/analysis/reach/possible.ts';
import { byFamilyOf } from '../../src/analysis/reach/passage.ts';
import { createReach } from '../../src/analysis/reach/reach.ts';
import type { Cluster, Namespace } from '../../src/model/cluster.ts';
import type { Labels } from '../../src/model/label-selector.ts';
import type { NamedPort, Pod } from '../../src/model/pod.ts';
import {
  intersectTraffic,
  nothing,
  subtractTraffic,
  type Traffic,
  trafficOf,
} from '../../src/net/traffic.ts';
import { podOf } from '../cases/builders.ts';
import { cluster } from './arbitraries.ts';
import { runs } from './runs.ts';

// The search for labels against trying them all: every pod that policies over two keys and three values can tell apart.

type Wanted = 'connection' | 'denial';

const values = [undefined, 'a', 'b', '', 'any'] as const;
const everyLabels: readonly Labels[] = values.flatMap((app) =>
  values.map((tier) => ({ ...(app === undefined ? {} : { app }), ...(tier === undefined ? {} : { tier }) })),
);
const probed = trafficOf([{ protocol: 'TCP', first: 81, last: 81 }]);

test.for(['source', 'destination', 'both'] as const)(
  'possible pods as %s: found where there are some',
  (as) => {
    const seen = { found: 0, none: 0 };
    fc.assert(
      fc.property(
        cluster,
        fc.nat(),
        fc.constantFrom('x', 'y', undefined),
        fc.constantFrom<Wanted>('connection', 'denial'),
        (world, pick, namespace, wanted) => {
          const running = world.pods.filter((pod) => !pod.finished);
          const subject = running[pick % Math.max(1, running.length)];
          if (subject === undefined) return;
          const reach = createReach(world);
          const party = { kind: 'party' as const, party: reach.parties.ofPod(subject)! };
          const possible: PossiblePods = {
            kind: 'possible',
            ...(namespace === undefined ? {} : { namespace }),
          };
          const ends = [as === 'destination' ? party : possible, as === 'source' ? party : possible] as const;
          const found = (wanted === 'connection' ? findConnection : findDenial)(reach, ...ends, probed);

          const candidates = candidatesIn(reach.namespaces, namespace, wanted);
          const tried = isAmong(world, candidates, {
            sources: as === 'destination' ? [subject] : candidates.pods,
            destinations: as === 'source' ? [subject] : candidates.pods,
            wanted,
          });
          seen[tried ? 'found' : 'none'] += 1;
          expect(found.kind).toBe(tried ? 'found' : 'none');
          if (found.kind !== 'found') return;
          // What was found is one.
          const [source, destination] = [found.source, found.destination].map((of) => createdOf(of, wanted));
          const created = {
            pods: [...(source?.pods ?? []), ...(destination?.pods ?? [])],
            namespaces: [...(source?.namespaces ?? []), ...(destination?.namespaces ?? [])],
          };
          const [sources, destinations] = [source?.pods ?? [subject], destination?.pods ?? [subject]];
          expect(isAmong(world, created, { sources, destinations, wanted })).toBe(true);
        },
      ),
      runs(150),
    );
    expect(seen.found).toBeGreaterThan(0);
    expect(seen.none).toBeGreaterThan(0);
  },
);

interface Created {
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
}

/** Every pod that could be created there; each declares the port names that help most. */
function candidatesIn(existing: readonly string[], namespace: string | undefined, wanted: Wanted): Created {
  if (namespace !== undefined) {
    return {
      pods: everyLabels.map((labels, index) => podAt(namespace, index, labels, wanted)),
      namespaces: [],
    };
  }
  const free = ['x', 'y', 'z'].filter((name) => !existing.includes(name));
  const pods: Pod[] = [];
  const namespaces: Namespace[] = [];
  // One more world would be needed for each labelling of a free name: only one pod of it is tried, by its name label.
  for (const [index, own] of everyLabels.entries()) {
    const name = `new-${index}`;
    namespaces.push({ name, labels: { ...own, 'kubernetes.io/metadata.name': name } });
    pods.push(...everyLabels.map((labels, number) => podAt(name, number, labels, wanted)));
  }
  for (const name of free) {
    namespaces.push({ name, labels: { 'kubernetes.io/metadata.name': name } });
    pods.push(...everyLabels.map((labels, number) => podAt(name, number, labels, wanted)));
  }
  return { pods, namespaces };
}

function createdOf(of: PossiblePod | undefined, wanted: Wanted): Created | undefined {
  if (of === undefined) return undefined;
  const namespaces = of.exists ? [] : [{ name: of.namespace, labels: of.namespaceLabels }];
  return { pods: [podAt(of.namespace, 0, of.labels, wanted)], namespaces };
}

function podAt(namespace: string, number: number, labels: Labels, wanted: Wanted): Pod {
  return podOf(`${namespace}/created-${number}`, { labels, ports: wanted === 'connection' ? named : [] });
}

const named: readonly NamedPort[] = ['alt', 'web'].map((name) => ({ name, number: 81, protocol: 'TCP' }));

/** Whether some pair has the connection or the denial, once these pods are created. */
function isAmong(
  world: Cluster,
  created: Created,
  {
    sources,
    destinations,
    wanted,
  }: { sources: readonly Pod[]; destinations: readonly Pod[]; wanted: Wanted },
): boolean {
  const reach = createReach({
    ...world,
    namespaces: [...world.namespaces, ...created.namespaces],
    pods: [...world.pods, ...created.pods],
  });
  const partiesOf = (pods: readonly Pod[]): readonly number[] => [
    ...new Set(pods.map((pod) => reach.parties.ofPod(pod)!)),
  ];
  return partiesOf(sources).some((from) =>
    partiesOf(destinations).some((to) =>
      Object.values(byFamilyOf(reach.passage(from, to))).some((traffic) => meets(traffic, wanted)),
    ),
  );
}

function meets(passing: Traffic, wanted: Wanted): boolean {
  return wanted === 'connection'
    ? intersectTraffic(passing, probed) !== nothing
    : subtractTraffic(probed, passing) !== nothing;
}
