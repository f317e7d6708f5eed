import { describe, expect, test } from 'vitest';
import { run } from '../../golden/command-line.ts';

const files = {
  'm/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: c }] } } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
};

/** Candidates, and the directive of the last line: `:0` where files come into question. */
async function completed(...words: readonly string[]): Promise<readonly string[]> {
  const { code, out, err } = await run(['__complete', ...words], { files });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0]!);
}

describe('what can follow', () => {
  test.for<[readonly string[], readonly string[]]>([
    [['compi'], ['compile', ':4']],
    [
      ['lab', 'pr'],
      ['probe', ':4'],
    ],
    [
      ['compile', '--node-'],
      ['--node-egress', ':4'],
    ],
    [
      ['compile', '-o', ''],
      ['nft', 'json', 'ir', ':4'],
    ],
    [
      ['compile', '--output='],
      ['--output=nft', '--output=json', '--output=ir', ':4'],
    ],
    [
      ['compile', '--output=j'],
      ['--output=json', ':4'],
    ],
    [['compile', '-f', ''], [':0']],
    [
      ['compile', '-f', 'm', '-n', ''],
      ['shop', ':4'],
    ],
    [['compile', '-f', 'missing', '-n', ''], [':4']],
    [['compile', '-f', '-', '-n', ''], [':4']],
    [
      ['completion', ''],
      ['bash', 'fish', 'zsh', ':4'],
    ],
    [['compile', '--node', ''], [':4']],
    [['matrix', '-f', 'm', ''], [':4']],
    [
      ['compile', '--pod'],
      ['--pod-interfaces', ':4'],
    ],
    [
      ['agent', '--deny', ''],
      ['drop', 'reject', ':4'],
    ],
    [['agent', '--nft', ''], [':0']],
    [
      ['schema', 'e'],
      ['explain', ':4'],
    ],
    [['nonsense', ''], [':4']],
    [
      ['compile', '--nonsense', '--str'],
      ['--strict', ':4'],
    ],
  ])('%j', async ([words, expected]) => {
    expect(await completed(...words)).toEqual(expected);
  });

  test('every command is offered, hidden ones are not', async () => {
    const offered = await completed('');
    expect(offered).toEqual(expect.arrayContaining(['compile', 'agent', 'lab', 'completion']));
    expect(offered).not.toContain('__complete');
    expect(await completed('lab', '')).not.toContain('hold');
  });

  test.for([
    ['--by', 'workload'],
    ['--by', 'pod'],
    ['--by', 'namespace'],
    ['-n', 'shop'],
  ])('a focus is a row that the matrix takes: %j', async (args) => {
    const line = ['matrix', '-f', 'm', ...args, '--focus'];
    const offered = (await completed(...line, '')).slice(0, -1);
    expect(offered).toEqual([args[1] === 'namespace' ? 'shop' : 'shop/web']);
    for (const row of offered) expect((await run([...line, row], { files })).code).toBe(0);
  });

  test('nothing that a shell could take for more than a name', async () => {
    for (const line of await completed('compile', '-f', 'm', '-n', '')) expect(line).toMatch(/^[\w./:*-]+$/);
  });
});

test('a shell that there is no script for', async () => {
  expect(await run(['completion', 'tcsh'])).toMatchObject({ code: 2, out: '' });
});
