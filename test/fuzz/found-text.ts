import type { Ending } from './run-targets.ts';

/** As much of an input as is printed. */
const mostShown = 4000;

/** What breaks a promise, and how to see it again. */
export function foundText(name: string, ending: Exclude<Ending, { kind: 'kept' }>, seed: number): string {
  const { kind, why, input, path } = ending;
  const cut = input.length > mostShown ? `... (${String(input.length)} characters)` : '';
  return `  ${kind}: ${why}
  input: ${input.slice(0, mostShown)}${cut}
  repeat with: npm run fuzz -- --seed ${String(seed)} --path ${path} '${name}'
`;
}
