import type { FuzzLimits, Outcome } from './fuzz.ts';

// What the parent and its thread agree on.

export interface Errand {
  /** URL of the module whose function `targets` gives the targets. */
  readonly module: string;
  /** Targets whose name holds one of these; all where there is none. */
  readonly parts: readonly string[];
  /** What an earlier thread has done already. */
  readonly done: readonly string[];
  /** Its milliseconds are for all targets together. */
  readonly limits: FuzzLimits;
  /** Two numbers, then the input that is being tried, as far as it has room. */
  readonly shared: SharedArrayBuffer;
}

export const sharedBytes = 1024 * 1024;
export const [triedAt, lengthAt] = [0, 1];
export const inputBytes = 8;

export type Report =
  | { readonly kind: 'ready'; readonly names: readonly string[] }
  | { readonly kind: 'begins'; readonly name: string }
  | { readonly kind: 'ends'; readonly name: string; readonly outcome: Outcome };
