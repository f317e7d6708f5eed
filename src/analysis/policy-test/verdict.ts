import type { Example } from '../ends/pairs.ts';

/** How a statement of a suite ends. */
export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly failures: readonly [Failure, ...Failure[]] }
  /** Nobody could be asked: the line allows that, or there is nothing to ask. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** There is no answer, and nobody may take that for a pass. */
  | { readonly kind: 'unanswered'; readonly message: string; readonly hint?: string };

/** A connection that is not as it should be. */
export interface Failure {
  readonly kind:
    /** It should work, and does not. */
    | 'closed'
    /** It should not work, and does. */
    | 'open'
    /** It works for somebody whom no line lets in. */
    | 'unlisted'
    /** No line mentions it, and it works. */
    | 'unmentioned';
  readonly example: Example;
}

export const passed: Verdict = { kind: 'passed' };

export const undecided: Verdict = {
  kind: 'unanswered',
  message:
    'the label selectors of the policies are too entangled to decide this for pods that do not exist yet',
  hint: 'name the pods that there are, for example with ns/* in place of any and ns:NAME',
};

/** Failures outweigh doubt: what was found is wrong, whatever else there is. */
export function verdictOf(failures: readonly Failure[], isUndecided: boolean): Verdict {
  const [first, ...others] = failures;
  if (first !== undefined) return { kind: 'failed', failures: [first, ...others] };
  return isUndecided ? undecided : passed;
}
