/** Why text is no expression. */
export interface ExpressionProblem {
  readonly message: string;
  readonly hint?: string;
}

export type Expressed<T> =
  { readonly ok: true; readonly value: T } | ({ readonly ok: false } & ExpressionProblem);

export function expressed<T>(value: T): Expressed<T> {
  return { ok: true, value };
}

export function notExpressed(message: string, hint?: string): { readonly ok: false } & ExpressionProblem {
  return { ok: false, message, ...(hint === undefined ? {} : { hint }) };
}
