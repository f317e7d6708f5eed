import process from 'node:process';
import fc, { type Parameters } from 'fast-check';

/**
 * How many inputs a property is tried on: RINGFENCE_RUNS multiplies, RINGFENCE_SEED repeats. A failure prints the seed and
 * the smallest input that fails.
 */
export function runs(base: number): Parameters<unknown> {
  const scale = Number(process.env['RINGFENCE_RUNS'] ?? 1);
  const seed = process.env['RINGFENCE_SEED'];
  return {
    numRuns: Math.ceil(base * scale),
    // Shrinking stops as well: a counterexample that is not the smallest beats none.
    plugins: [fc.interruptAfterTimeLimit(50_000 * Math.max(1, scale))],
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  };
}
