import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { lintRules } from '../../../src/analysis/lint/registry.ts';
import { expectMarked, lintText } from './lint-text.ts';

// One page for each rule. Its bad example fires this rule and no other, on the lines marked with "# <-"; its good example
// fires nothing of the rule.

const root = path.resolve(import.meta.dirname, '../../..');
const pageOf = (id: string): string => readFileSync(path.join(root, 'rules/lint', `${id}.md`), 'utf8');

/** The YAML blocks below a heading. */
function blocksOf(page: string, heading: string): readonly string[] {
  const part = page.split(/^## /m).find((section) => section.startsWith(`${heading}\n`)) ?? '';
  return [...part.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

test('every rule has a page, and every page a rule', () => {
  const pages = globSync('rules/lint/*.md', { cwd: root }).map((file) => path.basename(file, '.md'));
  expect(pages.filter((id) => id !== 'README').sort()).toEqual(lintRules.map(({ id }) => id).sort());
});

describe.for(lintRules.map(({ id }) => id))('%s', (id) => {
  test('the page has its parts, in order', () => {
    const headings = [...pageOf(id).matchAll(/^#+ .*$/gm)].map(([heading]) => heading);
    const mandatory = headings.filter((heading) =>
      [`# ${id}`, '## Why', '## Bad', '## Good'].includes(heading),
    );
    expect(mandatory).toEqual([`# ${id}`, '## Why', '## Bad', '## Good']);
    expect(pageOf(id)).toMatch(/^# .*\n\n\S.*\n\n/);
    expect(blocksOf(pageOf(id), 'Bad').length).toBeGreaterThan(0);
    expect(blocksOf(pageOf(id), 'Good').length).toBeGreaterThan(0);
  });

  test('bad fires it, where it is marked, and nothing else', async () => {
    for (const block of blocksOf(pageOf(id), 'Bad')) {
      expect(block).toContain('# <-');
      await expectMarked(id, block);
      const others = (await lintText(block)).filter(
        ({ rule, severity }) => rule !== id && severity !== 'info',
      );
      expect(others).toEqual([]);
    }
  });

  test('good does not', async () => {
    for (const block of blocksOf(pageOf(id), 'Good')) await expectMarked(id, block);
  });
});
