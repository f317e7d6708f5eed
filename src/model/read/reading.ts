import type { Diagnostic, ObjectReference, SourcePosition } from '../diagnostic.ts';

/** How an object is read, and by which rules. */
export interface ReadContext {
  /**
   * `strict`: what a person wrote; an unknown field of a NetworkPolicy or of metadata is an error. `tolerant`: what the
   * API server stored; it may be newer than this reader, so unknown fields are ignored, except inside the rules of a
   * NetworkPolicy, where they may restrict what the rule allows.
   */
  readonly mode: 'strict' | 'tolerant';
  /** Spellings of a CIDR that only older API servers accepted are errors, not warnings. */
  readonly strictCidrs?: boolean;
  /** Where a namespaced object without a namespace belongs. Absent: such an object is an error. */
  readonly defaultNamespace?: string;
  /** Where the value at a path of this object was written. Absent: nobody wrote it in a file. */
  readonly locate?: Locate;
}

/**
 * The place of a value, or of the key that holds it, in the file. Where nothing is written there, the nearest value
 * above it.
 */
export type Locate = (
  path: readonly (string | number)[],
  what: 'key' | 'value',
) => SourcePosition | undefined;

/**
 * What came of reading one object. No `object`: it cannot be understood so far that not even what it closes is known,
 * for example for want of a name; then `diagnostics` has an error that says why.
 */
export interface Reading<T> {
  readonly object?: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** Collects what is said of one object while it is read. */
export interface Report {
  readonly context: ReadContext;
  readonly unknownFields: 'refused' | 'ignored';
  readonly diagnostics: Diagnostic[];
}

export function newReport(context: ReadContext): Report {
  return { context, unknownFields: context.mode === 'strict' ? 'refused' : 'ignored', diagnostics: [] };
}

/** What was understood, if anything, with every diagnostic naming the object. */
export function finishReading<T>(
  report: Report,
  reference: ObjectReference,
  object: T | undefined,
): Reading<T> {
  const diagnostics = report.diagnostics.map((diagnostic) => ({ ...diagnostic, object: reference }));
  return object === undefined ? { diagnostics } : { object, diagnostics };
}

/** Nothing was understood; `reference` where it is known what this was. */
export function unreadable(report: Report, reference?: ObjectReference): Reading<never> {
  return reference === undefined
    ? { diagnostics: report.diagnostics }
    : finishReading<never>(report, reference, undefined);
}
