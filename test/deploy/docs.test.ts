import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = `${import.meta.dirname}/../..`;
const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8');

test('troubleshooting names codes, messages and metrics that there are', () => {
  const page = read('docs/troubleshooting.md');
  const sources = ['errors.ts', 'log.ts', 'metrics.ts', 'config.ts'].map((file) => read(`src/agent/${file}`));
  const known = [...sources, read('src/nft/errors.ts'), read('src/nft/requirements.ts')].join('\n');
  const codes = [...page.matchAll(/^\| ((?:`[a-z-]+`(?:, )?)+) \|/gm)].flatMap(
    ([, cell = '']) => cell.match(/[a-z]+-[a-z-]+/g) ?? [],
  );
  expect(codes.length).toBeGreaterThan(5);
  const kinds = page.match(/\bNFT_[A-Z_]+/g) ?? [];
  expect(kinds.length).toBeGreaterThan(3);
  for (const word of [...codes, ...kinds]) expect(known, word).toContain(`'${word}'`);
});

test('links between pages lead somewhere', () => {
  for (const file of ['docs/install.md', 'docs/troubleshooting.md']) {
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)#]+\.md)/g)) {
      expect(() => read(`docs/${target}`), `${file}: ${target}`).not.toThrow();
    }
  }
});
