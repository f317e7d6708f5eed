import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Connectivity, connectivityOf } from '../../src/analysis/connectivity/connectivity.ts';
import { type Change, type Difference, differenceOf } from '../../src/analysis/difference/difference.ts';
import type { Piece } from '../../src/analysis/difference/pieces.ts';
import { becauseOf } from '../../src/analysis/difference/report.ts';
import { byFamilyOf, noPassage, type Passage } from '../../src/analysis/reach/passage.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { podKey } from '../../src/model/pod.ts';
import { blockContains } from '../../src/net/address-block.ts';
import { familyOf } from '../../src/net/address.ts';
import { nothing, subtractTraffic, type Traffic, unionTraffic } from '../../src/net/traffic.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import { type Endpoint as FlowEnd, endpointAt, type Flow } from '../../src/policy/flow.ts';
import { cluster, flowIn, namespace, pod, policy } from './arbitraries.ts';
import { runs } from './runs.ts';

// A cluster and what a change makes of it. The difference leaves out whom the change cannot touch; the oracles look at all.

/** What a change does: each part of the cluster may be another. */
const change = fc.record({
  dropPolicy: fc.option(fc.nat()),
  addPolicy: fc.option(policy(3)),
  changePolicy: fc.option(fc.tuple(fc.nat(), policy(3))),
  dropPod: fc.option(fc.nat()),
  changePod: fc.option(fc.tuple(fc.nat(), pod)),
  addPod: fc.option(pod),
  namespace: fc.option(namespace),
});

const before = cluster;
const both = fc.tuple(before, change).map(([was, what]) => [was, changed(was, what)] as const);

test.for(['pod', 'workload', 'namespace'] as const)('by %s: all that changed, and nothing else', (by) => {
  const seen = { opened: 0, closed: 0 };
  fc.assert(
    fc.property(both, ([was, is]) => {
      const difference = differenceOf(was, is, by);
      const [old, now] = [connectivityOf(was, by), connectivityOf(is, by)];
      for (const what of ['opened', 'closed'] as const) {
        const expected = difference.pieces.flatMap((from) =>
          difference.pieces.flatMap((to) => {
            if (from === to && isOnePod(from)) return [];
            const [less, more] = [cell(old, from.before, to.before), cell(now, from.after, to.after)];
            const traffic = what === 'opened' ? gained(less, more) : gained(more, less);
            return traffic === nothing ? [] : [{ from: from.id, to: to.id, traffic }];
          }),
        );
        const found = difference[what].map(({ from, to, traffic }) => ({
          from: from.id,
          to: to.id,
          traffic,
        }));
        expect(found).toEqual(expected);
        seen[what] += found.length;
        if (by !== 'pod') continue;
        for (const one of difference[what]) {
          // Something is to blame: an end that came or went, a policy, a label, a port name, an address.
          expect(becauseOf(difference, one, what), `${one.from.id} -> ${one.to.id}`).not.toEqual([]);
        }
      }
    }),
    runs(250),
  );
  expect(Math.min(seen.opened, seen.closed)).toBeGreaterThan(100);
});

test('every flow that evaluate judges otherwise is in the difference', () => {
  const seen = { opened: 0, closed: 0, same: 0 };
  fc.assert(
    fc.property(both, fc.gen(), ([was, is], gen) => {
      const difference = differenceOf(was, is, 'pod');
      for (let count = 0; count < 24; count += 1) {
        const now = gen(flowIn, is);
        if (now === undefined) continue;
        const old: Flow = {
          ...now,
          source: endpointAt(was, now.source.address),
          destination: endpointAt(was, now.destination.address),
        };
        // An address that changed hands is not one connection.
        if (nameOf(old.source) !== nameOf(now.source) || nameOf(old.destination) !== nameOf(now.destination))
          continue;
        if (now.source.kind === 'node' || now.destination.kind === 'node') continue;
        if (nameOf(now.source) === nameOf(now.destination)) continue;
        const [allowed, wasAllowed] = [evaluate(is, now).allowed, evaluate(was, old).allowed];
        const [opened, closed] = [
          listed(difference, difference.opened, now),
          listed(difference, difference.closed, now),
        ];
        const where = JSON.stringify({ flow: now });
        if (allowed && !wasAllowed) expect(opened, where).toBe(true);
        if (!allowed && wasAllowed) expect(closed, where).toBe(true);
        if (allowed === wasAllowed) seen.same += 1;
        else seen[allowed ? 'opened' : 'closed'] += 1;
      }
    }),
    runs(400),
  );
  expect(Math.min(seen.opened, seen.closed, seen.same)).toBeGreaterThan(100);
});

test('a cluster does not differ from itself', () => {
  fc.assert(
    fc.property(cluster, (world) => {
      const { opened, closed, added, removed } = differenceOf(world, structuredClone(world), 'pod');
      expect({ opened, closed, added, removed }).toEqual({ opened: [], closed: [], added: [], removed: [] });
    }),
    runs(100),
  );
});

function changed(was: Cluster, what: typeof change extends fc.Arbitrary<infer T> ? T : never): Cluster {
  const policies = was.policies
    .filter((_, index) => what.dropPolicy === null || index !== what.dropPolicy % was.policies.length)
    .map((own, index, all) => {
      if (what.changePolicy === null || index !== what.changePolicy[0] % all.length) return own;
      return { ...what.changePolicy[1], namespace: own.namespace, name: own.name };
    });
  const pods = was.pods
    .filter((_, index) => what.dropPod === null || index !== what.dropPod % was.pods.length)
    .map((own, index, all) => {
      if (what.changePod === null || index !== what.changePod[0] % all.length) return own;
      return { ...what.changePod[1], namespace: own.namespace, name: own.name };
    });
  const isNew = (key: string, keys: readonly string[]): boolean => !keys.includes(key);
  const { addPod, addPolicy } = what;
  return {
    ...was,
    policies: [
      ...policies,
      ...(addPolicy !== null && isNew(named(addPolicy), policies.map(named)) ? [addPolicy] : []),
    ],
    pods: [...pods, ...(addPod !== null && isNew(podKey(addPod), pods.map(podKey)) ? [addPod] : [])],
    namespaces:
      what.namespace === null
        ? was.namespaces
        : [...was.namespaces.filter(({ name }) => name !== what.namespace?.name), what.namespace],
  };
}

function named({ namespace: own, name }: { readonly namespace: string; readonly name: string }): string {
  return `${own}/${name}`;
}

function isOnePod({ endpoint }: Piece): boolean {
  return endpoint.kind === 'pods' && endpoint.objectKind === 'Pod' && endpoint.pods.length === 1;
}

function cell(connectivity: Connectivity, from: number | undefined, to: number | undefined): Passage {
  return from === undefined || to === undefined ? noPassage : connectivity.cell(from, to);
}

function gained(less: Passage, more: Passage): Traffic {
  const [was, is] = [byFamilyOf(less), byFamilyOf(more)];
  return unionTraffic(subtractTraffic(is.IPv4, was.IPv4), subtractTraffic(is.IPv6, was.IPv6));
}

function nameOf(end: FlowEnd): string {
  return end.kind === 'pod' ? podKey(end.pod) : end.kind === 'node' ? end.node : 'external';
}

function listed({ pieces }: Difference, changes: readonly Change[], flow: Flow): boolean {
  const [from, to] = [flow.source, flow.destination].map((end) =>
    pieces.find(({ endpoint }) =>
      endpoint.kind === 'external'
        ? end.kind === 'external' && endpoint.blocks.some((block) => blockContains(block, end.address))
        : end.kind === 'pod' && endpoint.pods.some((own) => podKey(own) === podKey(end.pod)),
    ),
  );
  expect(from && to, `${familyOf(flow.source.address)} ends`).toBeTruthy();
  return changes.some((one) => one.from === from && one.to === to && passes(one.traffic, flow));
}

function passes({ ports, others }: Traffic, { protocol, port }: Flow): boolean {
  if (protocol === 'ICMP' || protocol === 'other') return others;
  return ports.some((range) => range.protocol === protocol && range.first <= port! && port! <= range.last);
}
