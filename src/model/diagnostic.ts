/** A place in a file that a person wrote. Lines and columns count from 1; columns count UTF-16 units. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An object as `kubectl` names it. `namespace` is absent for cluster-scoped kinds. */
export interface ObjectReference {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/**
 * A mistake or an oddity in what a user wrote. Collected, never thrown. `error` means that the input cannot be
 * understood as written; whoever enforces it then closes what it touches.
 */
export interface Diagnostic {
  /** Stable, kebab-case: `unknown-field`, `invalid-cidr`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** One sentence without a final period, in the wording of the API server where it has one. */
  readonly message: string;
  /** The field path as the API server writes it: `spec.ingress[0].from[1].ipBlock.cidr`. */
  readonly path?: string;
  readonly hint?: string;
  readonly object?: ObjectReference;
  readonly source?: SourcePosition;
}
