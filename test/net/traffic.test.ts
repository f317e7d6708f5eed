import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PortRange } from '../../src/net/port-range.ts';
import { type Protocol, protocols } from '../../src/net/protocol.ts';
import {
  coversTraffic,
  everything,
  intersectTraffic,
  nothing,
  otherProtocols,
  subtractTraffic,
  type Traffic,
  trafficOf,
  trafficText,
  unionTraffic,
} from '../../src/net/traffic.ts';

const range = fc
  .record({
    protocol: fc.constantFrom(...protocols),
    first: fc.integer({ min: 0, max: 12 }),
    more: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ protocol, first, more }): PortRange => ({ protocol, first, last: first + more }));
const traffic = fc.tuple(fc.array(range, { maxLength: 6 }), fc.boolean()).map((parts) => trafficOf(...parts));

/** Everything that the generated sets can tell apart. */
const samples: readonly (readonly [Protocol | 'other', number])[] = [
  ...protocols.flatMap((protocol) =>
    Array.from({ length: 19 }, (_, index) => [protocol, index + 1] as const),
  ),
  ['other', 0],
];

function holds(set: Traffic, [protocol, port]: readonly [Protocol | 'other', number]): boolean {
  if (protocol === 'other') return set.others;
  return set.ports.some((own) => own.protocol === protocol && own.first <= port && port <= own.last);
}

describe('sets of traffic', () => {
  test('union, intersection and difference hold what they should', () => {
    fc.assert(
      fc.property(traffic, traffic, (a, b) => {
        const [union, common, rest] = [unionTraffic(a, b), intersectTraffic(a, b), subtractTraffic(a, b)];
        for (const sample of samples) {
          const [inA, inB] = [holds(a, sample), holds(b, sample)];
          expect(holds(union, sample)).toBe(inA || inB);
          expect(holds(common, sample)).toBe(inA && inB);
          expect(holds(rest, sample)).toBe(inA && !inB);
        }
        expect(coversTraffic(a, b)).toBe(rest === subtractTraffic(a, b) && subtractTraffic(b, a) === nothing);
      }),
    );
  });

  test('equal sets are the same object', () => {
    fc.assert(
      fc.property(traffic, traffic, (a, b) => {
        expect(unionTraffic(subtractTraffic(a, b), intersectTraffic(a, b))).toBe(a);
        expect(unionTraffic(a, b)).toBe(unionTraffic(b, a));
      }),
    );
  });

  test('nothing and everything', () => {
    expect(nothing).toEqual({ ports: [], others: false });
    expect(subtractTraffic(everything, otherProtocols)).not.toBe(everything);
    expect(unionTraffic(trafficOf(everything.ports), otherProtocols)).toBe(everything);
    expect(trafficOf([{ protocol: 'TCP', first: 0, last: 0 }])).toBe(nothing);
    expect(trafficOf([{ protocol: 'TCP', first: 0, last: 65535 }]).ports).toEqual([
      { protocol: 'TCP', first: 1, last: 65535 },
    ]);
  });
});

test.for<[string, Traffic]>([
  ['none', nothing],
  ['all', everything],
  ['*/other', otherProtocols],
  ['80/tcp', trafficOf([{ protocol: 'TCP', first: 80, last: 80 }])],
  [
    '80-90/tcp,*/udp,53/sctp,*/other',
    trafficOf(
      [
        { protocol: 'SCTP', first: 53, last: 53 },
        { protocol: 'UDP', first: 1, last: 65535 },
        { protocol: 'TCP', first: 80, last: 90 },
      ],
      true,
    ),
  ],
])('the text %s', ([text, set]) => {
  expect(trafficText(set)).toBe(text);
});
