/** One document of a file, as a JSON value. */
export interface ParsedDocument {
  readonly kind: 'document';
  readonly value: unknown;
  /** The offset of the value at the path, or of its key; where nothing is written there, of the nearest value above. */
  readonly offsetOf: (path: readonly (string | number)[], what: 'key' | 'value') => number;
}

/** Something in a file that is not a document, or makes one unreadable. */
export interface ParseProblem {
  readonly kind: 'problem';
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly offset: number;
}

export type ParseResult = ParsedDocument | ParseProblem;

/** Deeper than any object of the API; beyond it, reading would need a stack without end. */
export const deepest = 256;

export const tooDeep = `nested more than ${String(deepest)} levels deep`;
