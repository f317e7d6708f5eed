import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Place, Somebody } from '../../src/analysis/ends/place.ts';
import { readEnd } from '../../src/analysis/ends/expression.ts';
import { findClosed, findOpen } from '../../src/analysis/ends/pairs.ts';
import { resolveEnd } from '../../src/analysis/ends/resolve.ts';
import { addressesOf } from '../../src/analysis/explain/admission.ts';
import { explain } from '../../src/analysis/explain/explain.ts';
import type { SideExplanation } from '../../src/analysis/explain/explanation.ts';
import { byFamilyOf } from '../../src/analysis/reach/passage.ts';
import type { Party } from '../../src/analysis/reach/parties.ts';
import { createReach, type Reach } from '../../src/analysis/reach/reach.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import type { Pod } from '../../src/model/pod.ts';
import { familyOf, parseAddress } from '../../src/net/address.ts';
import { blockContains } from '../../src/net/address-block.ts';
import { families, type Family } from '../../src/net/protocol.ts';
import { everything, nothing, otherProtocols, type Traffic, trafficOf } from '../../src/net/traffic.ts';
import { type DirectionVerdict, evaluate } from '../../src/policy/evaluate.ts';
import { type Endpoint, endpointAt, type Flow } from '../../src/policy/flow.ts';
import { cluster, flowIn } from './arbitraries.ts';
import { runs } from './runs.ts';

// Explanations are made from isolations and rules as written; `evaluate` reads the policies flow by flow. Verdict, basis, and
// every policy and rule that is named must be the same.

test('explain names what evaluate names, side by side', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(cluster, fc.gen(), (world, gen) => {
      const reach = createReach(world);
      for (let count = 0; count < 24; count += 1) {
        const flow = gen(flowIn, world);
        if (flow === undefined) continue;
        const asked = trafficOfFlow(flow);
        const ends = [somebodyAt(flow.source), somebodyAt(flow.destination)] as const;
        const explanation = explain(reach, ...ends, asked, familyOf(flow.source.address));
        const expected = evaluate(world, flow);
        expect(explanation.passes, JSON.stringify(flow)).toBe(expected.allowed ? asked : nothing);
        for (const direction of ['egress', 'ingress'] as const) {
          const verdict = expected[direction];
          seen.set(verdict.kind, (seen.get(verdict.kind) ?? 0) + 1);
          expect(sideOf(explanation[direction]), JSON.stringify(flow)).toEqual(verdictOf(verdict));
        }
        const { egress, ingress } = explanation;
        const audits = [egress, ingress].flatMap(({ audit }) =>
          audit === undefined || audit.denies === nothing ? [] : audit.by.map(({ policy }) => policy),
        );
        expect([...new Set(audits)].sort(), JSON.stringify(flow)).toEqual(expected.audit ?? []);
        if (audits.length > 0) seen.set('audited', (seen.get('audited') ?? 0) + 1);
      }
    }),
    runs(400),
  );
  expect([...seen.keys()].sort()).toEqual([
    'allowed',
    'audited',
    'denied',
    'itself',
    'not-a-pod',
    'not-isolated',
    'own-node',
  ]);
});

test('near misses: no rule that allows, three at most, each with a reason', () => {
  let missed = 0;
  fc.assert(
    fc.property(cluster, fc.gen(), (world, gen) => {
      const reach = createReach(world);
      const flow = gen(flowIn, world);
      if (flow === undefined) return;
      const { egress, ingress } = explain(
        reach,
        somebodyAt(flow.source),
        somebodyAt(flow.destination),
        trafficOfFlow(flow),
      );
      for (const side of [egress, ingress]) {
        const allowing = side.allowedBy.map(({ policy, rule }) => `${policy} ${rule}`);
        expect(side.nearMisses.length).toBeLessThanOrEqual(3);
        expect(side.nearMisses.length > 0 && side.denies === nothing).toBe(false);
        for (const { policy, rule, reasons } of side.nearMisses) {
          missed += 1;
          expect(reasons.length).toBeGreaterThan(0);
          expect(allowing).not.toContain(`${policy} ${rule}`);
        }
      }
    }),
    runs(400),
  );
  expect(missed).toBeGreaterThan(0);
});

test('explain lets pass what connectivity lets pass, for all traffic at once', () => {
  let differing = 0;
  fc.assert(
    fc.property(cluster, (world) => {
      const reach = createReach(world);
      const { all } = reach.parties;
      for (const [from, source] of all.entries()) {
        for (const [to, destination] of all.entries()) {
          if (source.kind === 'addresses' && destination.kind === 'addresses') continue;
          const passage = reach.passage(from, to);
          if (passage.byFamily !== undefined) differing += 1;
          for (const family of familiesOfPair(source, destination)) {
            const a = memberOf(reach, source, family);
            const b = memberOf(reach, destination, family);
            if (a === undefined || b === undefined || shareNode(a, b)) continue;
            const other = from === to && b.kind === 'pod' ? ({ ...b, replica: true } as const) : b;
            const { passes } = explain(reach, a, other, everything, family);
            expect(passes).toBe(family === undefined ? passage.traffic : byFamilyOf(passage)[family]);
          }
        }
      }
    }),
    runs(150),
  );
  expect(differing).toBeGreaterThan(0);
});

/** The families in which two can speak; where neither has an address yet, none in particular. */
function familiesOfPair(a: Party, b: Party): readonly (Family | undefined)[] {
  const [own, others] = [a, b].map((party) => (party.kind === 'pods' ? party.families : families));
  if (own === undefined || others === undefined) return [];
  if (own.length === 0) return others.length === 0 ? [undefined] : others;
  return others.length === 0 ? own : own.filter((family) => others.includes(family));
}

test('pods without a common family: nothing passes, and that is said', () => {
  let seen = 0;
  fc.assert(
    fc.property(cluster, (world) => {
      const reach = createReach(world);
      const pods = reach.parties.all.flatMap((party) => (party.kind === 'pods' ? [party] : []));
      for (const source of pods) {
        for (const destination of pods) {
          const explanation = explain(
            reach,
            { kind: 'pod', pod: source.pods[0] },
            { kind: 'pod', pod: destination.pods[0], ...(source === destination ? { replica: true } : {}) },
            everything,
          );
          const isApart = familiesOfPair(source, destination).length === 0;
          expect(explanation.noCommonFamily === true).toBe(isApart);
          if (!isApart) continue;
          seen += 1;
          expect(explanation.passes).toBe(nothing);
        }
      }
    }),
    runs(100),
  );
  expect(seen).toBeGreaterThan(0);
});

test('what is found of pods to come is explained as it was found', () => {
  const seen = { open: 0, closed: 0 };
  const ends = ['ns:x', 'ns:y', 'any', 'x/*', '203.0.113.0/24', 'y/p1'];
  fc.assert(
    fc.property(
      cluster,
      fc.constantFrom(...ends),
      fc.constantFrom(...ends),
      fc.constantFrom(trafficOf([{ protocol: 'TCP', first: 80, last: 81 }]), everything),
      (world, fromText, toText, traffic) => {
        const reach = createReach(world);
        for (const from of placesOf(reach, fromText)) {
          for (const place of placesOf(reach, toText)) {
            if (from.kind !== 'possible' && place.kind !== 'possible') continue;
            const [open, closed] = [findOpen, findClosed].map((find) =>
              find(reach, from, { place, traffic }),
            );
            if (open?.kind === 'example') {
              seen.open += 1;
              const { from: source, to, traffic: passing, family } = open.example;
              expect(explain(reach, source, to, passing, family).passes, 'open').toBe(passing);
            }
            if (closed?.kind === 'example') {
              seen.closed += 1;
              const { from: source, to, traffic: denied, family } = closed.example;
              expect(explain(reach, source, to, denied, family).passes, 'closed').toBe(nothing);
            }
          }
        }
      },
    ),
    runs(200),
  );
  expect(Math.min(seen.open, seen.closed)).toBeGreaterThan(20);
});

const expressions = [
  'x/*',
  'y/*',
  'z/*',
  'app=a',
  'x/tier=b',
  '!app,tier=a',
  'x/p0',
  'y/p1',
  'node',
  '192.168.50.11',
  'fd00:50::12',
  '203.0.113.10',
  '203.0.113.0/24',
  '10.244.0.0/16',
  'fd00::/16',
  '0.0.0.0/0',
  '::/0',
] as const;

test('a closed or open connection is found exactly where there is one', () => {
  const found = { closed: 0, open: 0, none: 0 };
  fc.assert(
    fc.property(
      cluster,
      fc.constantFrom(...expressions),
      fc.constantFrom(...expressions),
      fc.constantFrom('TCP', 'UDP'),
      (world, fromText, toText, protocol) => {
        const reach = createReach(world);
        const [from, to] = [placesOf(reach, fromText), placesOf(reach, toText)];
        const asked = trafficOf([{ protocol, first: 80, last: 80 }]);
        const concrete = flowsBetween(world, from, to, protocol);
        for (const wanted of ['closed', 'open'] as const) {
          const findings = from.flatMap((source) =>
            to.map((place) =>
              (wanted === 'closed' ? findClosed : findOpen)(reach, source, { place, traffic: asked }),
            ),
          );
          const examples = findings.flatMap((finding) =>
            finding.kind === 'example' ? [finding.example] : [],
          );
          // Every one that was found is one, as far as both ends have an address to send from and to.
          for (const { from: source, to: destination, family } of examples) {
            if (isReplica(source) || isReplica(destination)) continue;
            const pairs = addressesOf(reach, source).flatMap((own) =>
              addressesOf(reach, destination)
                .filter(
                  (other) => familyOf(own) === familyOf(other) && (family ?? familyOf(own)) === familyOf(own),
                )
                .map((other) => ({ own, other })),
            );
            for (const { own, other } of pairs) {
              const flow = flowBetween(endpointAt(world, own), endpointAt(world, other), protocol);
              expect(evaluate(world, flow).allowed, `${fromText} -> ${toText}`).toBe(wanted === 'open');
            }
          }
          // And where there is one, it is found.
          const expected = concrete.some((flow) => evaluate(world, flow).allowed === (wanted === 'open'));
          if (expected) expect(examples.length, `${fromText} -> ${toText} ${wanted}`).toBeGreaterThan(0);
          found[examples.length > 0 ? wanted : 'none'] += 1;
        }
      },
    ),
    runs(600),
  );
  for (const count of Object.values(found)) expect(count).toBeGreaterThan(30);
});

function placesOf(reach: Reach, text: string): readonly Place[] {
  const end = readEnd(text);
  const places = end.ok
    ? resolveEnd(end.value, { reach, names: new Map(), defaultNamespace: 'x' })
    : { ok: false as const };
  return places.ok ? places.value : [];
}

/** Connections between the addresses that pods, nodes and strangers of two lists have. */
function flowsBetween(
  world: Cluster,
  from: readonly Place[],
  to: readonly Place[],
  protocol: 'TCP' | 'UDP',
): readonly Flow[] {
  return from.flatMap((source) =>
    to.flatMap((destination) =>
      endpointsAt(world, source).flatMap((a) =>
        endpointsAt(world, destination)
          .filter((b) => familyOf(a.address) === familyOf(b.address) && a.address !== b.address)
          .filter((b) => a.kind === 'pod' || b.kind === 'pod')
          .filter((b) => !(a.kind === 'pod' && b.kind === 'pod' && a.pod === b.pod))
          .filter((b) => !isExempt(source, destination) || !isOwnNode(a, b))
          .map((b) => flowBetween(a, b, protocol)),
      ),
    ),
  );
}

const strangers = ['203.0.113.10', '203.0.113.200', '2001:db8:1::10', '198.51.100.1', 'fd00:244:9::1'];

function endpointsAt(world: Cluster, place: Place): readonly Endpoint[] {
  switch (place.kind) {
    case 'pods':
      return place.pods.flatMap((pod) =>
        pod.addresses
          .filter((address) => place.family === undefined || familyOf(address) === place.family)
          .map((address) => endpointAt(world, address))
          .filter((end) => isThe(pod, end)),
      );
    case 'node':
      return [endpointAt(world, place.address)];
    case 'addresses':
      return strangers
        .flatMap((text) => parseAddress(text) ?? [])
        .filter((address) => place.blocks.some((block) => blockContains(block, address)))
        .map((address) => endpointAt(world, address));
    case 'possible':
      return [];
  }
}

function isThe(pod: Pod, end: Endpoint): boolean {
  return pod.hostNetwork ? end.kind === 'node' : end.kind === 'pod' && end.pod === pod;
}

function isExempt(a: Place, b: Place): boolean {
  return [a, b].some((place) => (place.kind === 'node' || place.kind === 'pods') && place.exceptOwnNode);
}

function isOwnNode(a: Endpoint, b: Endpoint): boolean {
  return (
    (a.kind === 'node' && b.kind === 'pod' && b.pod.nodeName === a.node) ||
    (b.kind === 'node' && a.kind === 'pod' && a.pod.nodeName === b.node)
  );
}

function isReplica(end: Somebody): boolean {
  return end.kind === 'pod' && end.replica === true;
}

function shareNode(a: Somebody, b: Somebody): boolean {
  return (
    a.kind === 'pod' &&
    b.kind === 'pod' &&
    a.pod.nodeName === b.pod.nodeName &&
    a.pod.hostNetwork !== b.pod.hostNetwork
  );
}

/** One of a party; an address in the family, where the party has some. */
function memberOf(reach: Reach, party: Party, family: Family | undefined): Somebody | undefined {
  if (party.kind === 'pods') return { kind: 'pod', pod: party.pods[0] };
  const [block] = reach.parties.addresses
    .blocksOf(party.addressClass)
    .filter((one) => family === undefined || familyOf(one) === family);
  const address = block === undefined ? undefined : parseAddress(block.split(/[-/]/)[0] ?? '');
  return address === undefined ? undefined : { kind: 'address', address };
}

function somebodyAt(end: Endpoint): Somebody {
  switch (end.kind) {
    case 'pod':
      return { kind: 'pod', pod: end.pod };
    case 'node':
      return { kind: 'node', node: end.node, address: end.address };
    case 'external':
      return { kind: 'address', address: end.address };
  }
}

function flowBetween(source: Endpoint, destination: Endpoint, protocol: 'TCP' | 'UDP'): Flow {
  return { source, destination, protocol, port: 80 };
}

function trafficOfFlow({ protocol, port = 0 }: Flow): Traffic {
  return protocol === 'ICMP' || protocol === 'other'
    ? otherProtocols
    : trafficOf([{ protocol, first: port, last: port }]);
}

function sideOf({ basis, passes, allowedBy, isolatedBy }: SideExplanation): unknown {
  if (basis !== 'policy') return { kind: basis === 'open' ? 'not-isolated' : basis };
  return passes === nothing
    ? { kind: 'denied', by: isolatedBy.map(({ policy }) => policy).sort() }
    : { kind: 'allowed', by: allowedBy.map(({ policy, rule }) => `${policy} ${rule}`).sort() };
}

function verdictOf(verdict: DirectionVerdict): unknown {
  if (verdict.kind === 'allowed') {
    return { kind: 'allowed', by: verdict.by.map(({ policy, rule }) => `${policy} ${rule}`).sort() };
  }
  return verdict.kind === 'denied' ? { kind: 'denied', by: [...verdict.by].sort() } : { kind: verdict.kind };
}
