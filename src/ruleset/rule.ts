import type { ChainName, Match, Rule, Statement } from './objects.ts';

// The rules of the static chains, in few words.

export function rule(matches: readonly Match[], statements: readonly Statement[], comment?: string): Rule {
  return comment === undefined ? { matches, statements } : { matches, statements, comment };
}

export function marked(mask: number, value: number): Match {
  return { kind: 'ct-mark', mask, value };
}

export function verdict(kind: 'accept' | 'drop' | 'return'): Statement {
  return { kind: 'verdict', verdict: { kind } };
}

export function jump(chain: string): Statement {
  return { kind: 'verdict', verdict: { kind: 'jump', chain: chain as ChainName } };
}

export function goto(chain: string): Statement {
  return { kind: 'verdict', verdict: { kind: 'goto', chain: chain as ChainName } };
}
