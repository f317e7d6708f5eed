import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { runInLab } from '../lab/network/in-lab.ts';
import type { TestResult } from '../../src/cli/policy-test/test-result.ts';

// `test --packets` as a user runs it, on the examples and the demo, and on files that must not pass.

const folder = path.join(import.meta.dirname, 'policy-tests');
const main = path.join(import.meta.dirname, '../../src/cli/main.ts');

interface Ran {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

async function ringfence(...args: readonly string[]): Promise<Ran> {
  const ran = await execa(process.execPath, [main, ...args], {
    cwd: folder,
    reject: false,
    env: { NO_COLOR: '1' },
  });
  return { code: ran.exitCode, out: ran.stdout, err: ran.stderr };
}

const terrains = [
  ['bridge', 'vxlan', ['demo', 'shop']],
  ['routed', 'routes', ['store']],
] as const;

// All labs at once: most of their time is waiting for packets that must not come.
const passing = new Map<string, Ran>();
let wrong: Ran;
let untried: Ran;
beforeAll(async () => {
  await Promise.all([
    ...terrains.map(async ([topology, interconnect, names]) => {
      const ran = await ringfence(
        ...['test', '--packets', '--family', 'dual', '--topology', topology, '--interconnect', interconnect],
        ...names.map((name) => `${name}.policy-test.yaml`),
      );
      passing.set(topology, ran);
    }),
    ringfence('lab', 'run', '--family', 'dual', '-t', 'wrong.policy-test.yaml').then((ran) => (wrong = ran)),
    ringfence('test', '--packets', 'untried.policy-test.yaml').then((ran) => (untried = ran)),
  ]);
}, 600_000);

test.each(terrains)('what the examples say holds for packets of both families: %s, %s', (topology) => {
  const { code, out = '', err } = passing.get(topology) ?? {};
  expect({ code, err: err?.replace(/^note: .*\n?/m, '') }, out).toEqual({ code: 0, err: '' });
  expect(out).not.toMatch(/FAIL|ERROR|SKIP|disagree/);
  // Every line says how many connections it was tried on.
  expect(out.match(/connections? tried/g)?.length).toBe(out.match(/^PASS .*yaml:\d+/gm)?.length);
  expect(out).toMatch(/only shop\/\w+ -> shop\/db:\w+\n {5}\d+ connections tried: 2 answered, \d+ denied/);
});

describe('what must not pass', () => {
  test('what the API server refuses ends the run, and says so', async () => {
    expect(await ringfence('test', '--packets', '--family', 'dual', 'refused.policy-test.yaml')).toEqual({
      code: 2,
      out: '',
      err: 'error: Service "web" is invalid: spec.ports[0].name: Required value',
    });
  });

  test('lines that are wrong fail, with what was seen and its cause', () => {
    expect(wrong.code).toBe(1);
    expect(wrong.out).toContain('FAIL wrong.policy-test.yaml:3  allow shop/web -> shop/db:22');
    expect(wrong.out).toMatch(/shop\/web -> shop\/db \(22\/tcp, IPv4\) was dropped\n {5}egress /);
    expect(wrong.out).toContain('shop/web -> shop/db (5432/tcp, IPv4) was answered');
    // Somebody who does not exist yet was there, too.
    expect(wrong.out).toContain(
      'a pod labelled app=web, created in namespace shop -> shop/db (5432/tcp, IPv4) was answered',
    );
  });

  test('what cannot be put on the wire is told', () => {
    expect(wrong.out).toContain('not tried: no host of the lab can have an address of 224.0.0.0/4');
    expect(wrong.out).toContain('no connection could be tried');
  });

  test('a run of which nothing could be put on the wire is no answer', () => {
    expect(untried.code).toBe(2);
    expect(untried.out).toContain('SKIP untried.policy-test.yaml  2 skipped');
    expect(untried.err).toContain('error: every line was skipped, so packets show nothing');
  });

  test('a deny line whose target is dead has no answer', { timeout: 120_000 }, async () => {
    const script = `${import.meta.dirname}/dead-target.lab.ts`;
    const { results, forged } = await runInLab<Record<'results' | 'forged', readonly TestResult[]>>(script);
    const ends = results.map(({ verb, status, packets }) => ({ verb, status, ...packets }));
    expect(ends).toEqual([
      { verb: 'deny', status: 'unanswered', known: 1, answered: 0, denied: 0, unproven: 1, samples: [] },
      { verb: 'deny', status: 'passed', known: 1, answered: 0, denied: 1, unproven: 0, samples: [] },
    ]);
    // Packets that do otherwise than the compiler says are a result of their own, and no answer.
    const [strange, ...others] = forged.slice(results.length);
    expect(others).toEqual([]);
    expect(strange).toMatchObject({ verb: 'packets', text: 'and compiler disagree', status: 'unanswered' });
    expect(strange?.detail[0]).toBe(
      '203.0.113.7 -> shop/db (5432/tcp, IPv4): packets dropped, compiler allowed, policies denied',
    );
    expect(results[0]?.detail.join()).toContain('without policies it is not answered either (reset)');
  });
});

test('packets and a running cluster exclude each other', async () => {
  const { code, err } = await ringfence('test', '--packets', '--live', 'shop.policy-test.yaml');
  expect({ code, said: err.includes('exclude each other') }).toEqual({ code: 2, said: true });
});

test('without what a lab needs there is a reason, and no answer', async () => {
  const ran = await execa(process.execPath, [main, 'test', '--packets', 'shop.policy-test.yaml'], {
    ...{ cwd: folder, reject: false, extendEnv: false, env: { PATH: '/nowhere' } },
  });
  expect({ code: ran.exitCode, out: ran.stdout }).toEqual({ code: 2, out: '' });
  expect(ran.stderr).toContain('error: cannot start setpriv and unshare (util-linux)');
});
