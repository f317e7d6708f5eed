import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

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

describe('monitoring.md lists all there is and nothing else:', () => {
  const sectionOf = (title: string): string =>
    new RegExp(`^## ${title}$(.*?)(?=^## |(?![^]))`, 'ms').exec(read('docs/monitoring.md'))?.[1] ?? '';
  const firstCells = (section: string): readonly string[] =>
    [...section.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    );
  const sourcesIn = (folder: string): readonly string[] =>
    readdirSync(`${root}/${folder}`)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => read(`${folder}/${file}`));

  test('messages of the log', () => {
    const [, union = ''] = /type LogMessage =([^;]+);/.exec(read('src/agent/log.ts')) ?? [];
    const own = [...union.matchAll(/'([^']+)'/g)].map(([, message = '']) => message);
    const ofWatches = sourcesIn('src/kube').flatMap((source) =>
      [...source.matchAll(/log\.(?:debug|info|warn|error)\([^;]*?'([^']+)',?\s*\);/g)].map(
        ([, message = '']) => message,
      ),
    );
    expect(ofWatches.length).toBeGreaterThan(6);
    expect([...firstCells(sectionOf('Log'))].sort()).toEqual([...new Set([...own, ...ofWatches])].sort());
  });

  test('reasons of Events', () => {
    const reasons = sourcesIn('src/agent').flatMap((source) =>
      [...source.matchAll(/^ +reason: '([A-Z]\w+)',$/gm)].map(([, reason = '']) => reason),
    );
    expect([...firstCells(sectionOf('Events'))].sort()).toEqual(reasons.sort());
  });

  test('metrics', () => {
    // Metrics whose names are put together are held to the page by the exposition of a real agent: monitoring.test.ts.
    const inPage = new Set(firstCells(sectionOf('Metrics')));
    const named = sourcesIn('src/agent').flatMap((source) => source.match(/'ringfence_\w+'/g) ?? []);
    for (const name of named) expect(inPage).toContain(name.slice(1, -1));
  });
});

test('the overlay of the install guide, beside a clone, names folders that there are', () => {
  const page = read('docs/install.md');
  const [, first = '', others = ''] = /^ {2}- \.\.\/ringfence\/(\S+) +# or (.+)$/m.exec(page) ?? [];
  const folders = [first, ...others.split(', ').map((folder) => `deploy/kustomize/${folder}`)];
  expect(folders).toHaveLength(3);
  for (const folder of folders) expect(read(`${folder}/kustomization.yaml`)).toContain('kind: Kustomization');
});

test('links between pages lead somewhere', () => {
  for (const file of [
    'docs/install.md',
    'docs/monitoring.md',
    'docs/security.md',
    'docs/troubleshooting.md',
  ]) {
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)#]+\.md)/g)) {
      expect(() => read(`docs/${target}`), `${file}: ${target}`).not.toThrow();
    }
  }
});
