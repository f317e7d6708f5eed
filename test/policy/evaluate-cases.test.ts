import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allCases } from '../cases/all.ts';
import { flowsOf, readCase } from '../cases/run.ts';

// The tables themselves: readable by the strict reader, unambiguous, and the same as what docs/semantics.md promises.

const semantics = readFileSync(new URL('../../docs/semantics.md', import.meta.url), 'utf8');

describe('case tables', () => {
  it('have one name for each case, in kebab-case', () => {
    const names = allCases.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
  });

  it.each(allCases)(
    '$name is a manifest that the strict reader takes or refuses as it says',
    (policyCase) => {
      const { diagnostics } = readCase(policyCase, { mode: 'strict' });
      const errors = diagnostics.filter(({ severity }) => severity === 'error');
      const warnings = diagnostics.filter(({ severity }) => severity === 'warning');
      expect(errors.length > 0, JSON.stringify(errors)).toBe(policyCase.refused !== undefined);
      const { odd, warned } = policyCase;
      expect(warnings.length > 0, JSON.stringify(warnings)).toBe((odd ?? warned) !== undefined);
    },
  );

  it.each(allCases.filter(({ odd }) => odd !== undefined))(
    '$name is an error under strict CIDRs',
    (policyCase) => {
      const { diagnostics } = readCase(policyCase, { mode: 'strict', strictCidrs: true });
      expect(diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
    },
  );

  it('never say both yes and no to one flow', () => {
    const contradictions = allCases.flatMap((policyCase) => {
      const verdicts = new Map<string, string>();
      return flowsOf(policyCase, readCase(policyCase).cluster).flatMap(({ flow, verdict, text }) => {
        const key = `${flow.source.address} ${flow.destination.address} ${flow.protocol} ${flow.port ?? ''}`;
        const before = verdicts.get(key) ?? verdict;
        verdicts.set(key, verdict);
        return before === verdict ? [] : [`${policyCase.name}: ${text}`];
      });
    });
    expect(contradictions).toEqual([]);
  });
});

describe('docs/semantics.md', () => {
  // A line begins with its mark in bold and ends with its cases: **I1.** ... Cases: `a`, `b`.
  const lines = [...semantics.matchAll(/^- \*\*([A-Z]\d+)\.\*\*([^]*?)(?=^- |^#|^$(?!\n {2}))/gm)].map(
    ([, mark = '', text = '']) => ({
      mark,
      cases: [...(text.split(/\bCases?:/)[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    }),
  );

  it('names each case under the line that it shows', () => {
    const documented = lines.flatMap(({ mark, cases }) => cases.map((name) => `${mark} ${name}`));
    const written = allCases.map(({ source, name }) => `${source} ${name}`);
    expect([...documented].sort()).toEqual([...written].sort());
  });

  it('has a case for each line, or says why there is none', () => {
    const shown = new Set(allCases.map(({ source }) => source));
    const bare = lines.filter(({ mark }) => !shown.has(mark)).map(({ mark }) => mark);
    // Not verdicts on a connection of its own: how a denial looks, and what happens over time.
    expect(bare).toEqual(['W10', 'J2', 'J6', 'K13']);
  });
});
