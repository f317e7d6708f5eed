import fc from 'fast-check';
import type { Target } from './target.ts';

export interface FuzzLimits {
  readonly seed: number;
  /** At most so many inputs. */
  readonly runs: number;
  /** And no new one after so many milliseconds. */
  readonly milliseconds: number;
  /** The one input that has this path under the seed. */
  readonly path?: string;
}

export type Outcome =
  { readonly kind: 'kept'; readonly tried: number } | (Broken & { readonly kind: 'broken' });

export interface Broken {
  readonly tried: number;
  readonly why: string;
  /** With the seed it gives the input again. */
  readonly path: string;
  readonly input: string;
}

/** Longest processor time for one input in milliseconds: samples are small. */
const patience = 3000;

/** Tries damaged samples on one reader. `begins` is told each input before it is tried. */
export async function fuzz(
  { inputs, attempt }: Target,
  { seed, runs, milliseconds, path }: FuzzLimits,
  begins: (tried: number, input: unknown) => void,
): Promise<Outcome> {
  let tried = 0;
  const property = fc.asyncProperty(inputs, async (input) => {
    tried += 1;
    begins(tried, input);
    const start = process.threadCpuUsage();
    await attempt(input);
    const { user, system } = process.threadCpuUsage(start);
    if (user + system > patience * 1000)
      throw new Error(`one input took ${String(user + system)} microseconds`);
  });
  const details = await fc.check(property, {
    seed,
    numRuns: runs,
    interruptAfterTimeLimit: milliseconds,
    markInterruptAsFailure: false,
    ...(path === undefined ? {} : { path, endOnFailure: true }),
  });
  if (!details.failed) return { kind: 'kept', tried };
  return {
    kind: 'broken',
    tried,
    why: whyOf(details.errorInstance),
    path: details.counterexamplePath ?? '',
    input: inputText(details.counterexample?.[0]),
  };
}

export function inputText(input: unknown): string {
  return input instanceof Uint8Array
    ? `base64 ${Buffer.from(input).toString('base64')}`
    : JSON.stringify(input);
}

function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${whyOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
