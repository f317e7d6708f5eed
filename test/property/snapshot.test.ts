import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDestination, readEnd } from '../../src/analysis/ends/expression.ts';
import type { EndMeaning } from '../../src/analysis/ends/expression.ts';
import { trafficAt } from '../../src/analysis/ends/resolve.ts';
import { createReach } from '../../src/analysis/reach/reach.ts';
import { snapshotLines } from '../../src/analysis/snapshot/lines.ts';
import { podKey } from '../../src/model/pod.ts';
import { blockContains, subtractBlocks } from '../../src/net/address-block.ts';
import { familyOf } from '../../src/net/address.ts';
import { everything, type Traffic } from '../../src/net/traffic.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import type { Endpoint, Flow } from '../../src/policy/flow.ts';
import { cluster, flowIn } from './arbitraries.ts';
import { runs } from './runs.ts';

// Whoever has the lines of a lock file, and nothing else, knows of every connection whether it works.

test('the lines decide as evaluate(flow) does', () => {
  let allowed = 0;
  let denied = 0;
  fc.assert(
    fc.property(cluster, fc.gen(), (world, gen) => {
      const lines = snapshotLines(createReach(world), new Set(world.pods.map(({ namespace }) => namespace)));
      expect(lines).toEqual([...new Set(lines)].sort());
      const read = lines.map(readLine);
      for (let count = 0; count < 24; count += 1) {
        const flow = gen(flowIn, world);
        if (flow === undefined || isInside(flow)) continue;
        const expected = evaluate(world, flow).allowed;
        if (expected) allowed += 1;
        else denied += 1;
        expect(allows(read, flow), JSON.stringify({ flow, lines })).toBe(expected);
      }
    }),
    runs(400),
  );
  expect(Math.min(allowed, denied)).toBeGreaterThan((allowed + denied) / 10);
});

interface Line {
  readonly from: EndMeaning;
  readonly to: EndMeaning;
  readonly traffic: Traffic;
  readonly family?: string;
}

function readLine(text: string): Line {
  const [line = '', note] = text.split('  # ');
  const [fromText = '', toText = ''] = line.split(' -> ');
  const [from, to] = [readEnd(fromText), readDestination(toText)];
  if (!from.ok || !to.ok) throw new Error(`not readable: ${text}`);
  const { end, ports } = to.value;
  const traffic = ports.length === 0 ? everything : trafficAt(undefined, ports);
  const family = note?.startsWith('IPv') === true ? { family: note } : {};
  return { from: from.value.means, to: end.means, traffic, ...family };
}

function allows(lines: readonly Line[], flow: Flow): boolean {
  const { source, destination } = flow;
  const sends = lines.some((line) => isNamed(line.from, source) && isOpen(line.to, line.traffic));
  const receives = lines.some((line) => isNamed(line.to, destination) && isOpen(line.from, line.traffic));
  const own = source.kind !== 'pod' || sends;
  const other = destination.kind !== 'pod' || receives;
  if (own && other) return true;
  return lines.some(
    ({ from, to, traffic, family }) =>
      passes(traffic, flow) &&
      (family ?? familyOf(source.address)) === familyOf(source.address) &&
      ((isNamed(from, source) && isNamed(to, destination)) ||
        (own && isNamed(to, destination) && isWithin(from, source)) ||
        (other && isNamed(from, source) && isWithin(to, destination))),
  );
}

function isOpen(other: EndMeaning, traffic: Traffic): boolean {
  return other.kind === 'any' && traffic === everything;
}

function isNamed(means: EndMeaning, end: Endpoint): boolean {
  return (
    means.kind === 'workload' && end.kind === 'pod' && `${means.namespace}/${means.name}` === podKey(end.pod)
  );
}

/** Whether a wide word means somebody. */
function isWithin(means: EndMeaning, end: Endpoint): boolean {
  if (means.kind === 'any') return true;
  if (means.kind === 'pods') return end.kind === 'pod';
  if (means.kind === 'namespace') return end.kind === 'pod' && end.pod.namespace === means.namespace;
  if (means.kind !== 'addresses') return false;
  return subtractBlocks(means.cidr, means.except ?? []).some((block) => blockContains(block, end.address));
}

/** A pod and itself, and nodes, of which no line speaks. */
function isInside({ source, destination }: Flow): boolean {
  if (source.kind === 'node' || destination.kind === 'node') return true;
  return (
    source.kind === 'pod' && destination.kind === 'pod' && podKey(source.pod) === podKey(destination.pod)
  );
}

function passes({ ports, others }: Traffic, { protocol, port }: Flow): boolean {
  if (protocol === 'ICMP' || protocol === 'other') return others;
  return ports.some((range) => range.protocol === protocol && range.first <= port! && port! <= range.last);
}
