import type fc from 'fast-check';

/** One reader of what comes from outside. `attempt` throws where a promise is broken. */
export interface Target {
  readonly name: string;
  readonly inputs: fc.Arbitrary<unknown>;
  readonly attempt: (input: unknown) => void | Promise<void>;
}

export function target<T>(
  name: string,
  inputs: fc.Arbitrary<T>,
  attempt: (input: T) => void | Promise<void>,
): Target {
  return { name, inputs, attempt: (input) => attempt(input as T) };
}
