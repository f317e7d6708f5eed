import type { Choice } from './sample.ts';
import type { Trial } from './trial.ts';

/** Connections for a statement, or a part of one. */
export interface Found {
  readonly trials: readonly Trial[];
  /** What cannot be tried, a reason each. */
  readonly untried: readonly string[];
  /** What is not tried because there is so much of it. */
  readonly choices: readonly Choice[];
}

export const nothingFound: Found = { trials: [], untried: [], choices: [] };

export function joined(...found: readonly Found[]): Found {
  return {
    trials: found.flatMap(({ trials }) => trials),
    untried: found.flatMap(({ untried }) => untried),
    choices: found.flatMap(({ choices }) => choices),
  };
}
