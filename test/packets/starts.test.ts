import { expect, test } from 'vitest';
import { runInLab } from '../lab/network/in-lab.ts';

// RINGFENCE_STARTS sets how many pods start in each topology; `npm run test:starts` takes 1000.

const starts = Number(process.env['RINGFENCE_STARTS'] ?? 50);

test.each([
  ['bridge', 'vxlan'],
  ['routed', 'routes'],
])(
  'nothing passes to or from a pod before its rules are in force: %s, %s',
  { timeout: 60_000 + starts * 500 },
  async (topology, interconnect) => {
    const script = `${import.meta.dirname}/starts.lab.ts`;
    const result = await runInLab<StartsReport>(script, topology, interconnect, String(starts));
    const { sentEarly, sentIsolated, onTheirWay, latency, ...rest } = result;
    expect(rest).toEqual({ starts, leakedEarly: 0, leakedIsolated: 0, neverPassed: 0 });
    expect(sentEarly).toBeGreaterThan(starts);
    expect(sentIsolated).toBeGreaterThan(starts);
    const [p50, p99, max] = [latency.p50, latency.p99, latency.max].map((value) => value.toFixed(0));
    process.stdout.write(
      `${topology}: ${starts} pod starts, ${sentEarly} packets before the API server knew them, none through (${onTheirWay} in the moment of a transaction); first allowed packet ${p50} ms p50, ${p99} ms p99, ${max} ms max\n`,
    );
  },
);

interface StartsReport {
  readonly starts: number;
  readonly sentEarly: number;
  readonly leakedEarly: number;
  readonly sentIsolated: number;
  readonly leakedIsolated: number;
  readonly neverPassed: number;
  /** Packets that came in the moment of a transaction and were dropped: how many is chance. */
  readonly onTheirWay: number;
  /** Milliseconds from the API server's knowledge of the pod to its first allowed packet. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly max: number };
}
