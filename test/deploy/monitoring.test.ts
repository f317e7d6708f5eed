import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test, type TestContext } from 'vitest';
import { parse } from 'yaml';
import { createFakeNft } from '../../src/nft/fake.ts';
import { allow, pod, policy } from '../agent/objects.ts';
import { eventually, startAgent, startTestServer } from '../agent/run-agent.ts';
import { debianProgram } from '../support/debian-packages.ts';

const run = promisify(execFile);
const monitoring = path.resolve(import.meta.dirname, '../../deploy/monitoring');

describe('promtool', () => {
  let promtool: string | undefined;
  let missing = '';
  beforeAll(async () => {
    try {
      promtool = await debianProgram({
        suite: 'bookworm',
        packages: ['prometheus', 'libc6'],
        program: 'usr/bin/promtool',
        works: (binary) =>
          run(binary, ['--version']).then(
            () => true,
            () => false,
          ),
      });
    } catch (error) {
      missing = String(error);
    }
  }, 120_000);
  const having = (context: TestContext): string => {
    if (promtool !== undefined) return promtool;
    if (process.env['CI'] === 'true') throw new Error(`promtool: ${missing}`);
    context.skip(`promtool: ${missing}`);
    throw new Error('a skipped test went on');
  };

  test('takes the alerting rules, and each fires when it should', async (context) => {
    const { stdout } = await run(having(context), ['test', 'rules', `${monitoring}/alerts.test.yaml`]);
    expect(stdout).toContain('SUCCESS');
    expect((await run(having(context), ['check', 'rules', `${monitoring}/alerts.yaml`])).stdout).toContain(
      'SUCCESS',
    );
  });

  test('would notice an alert that does not fire', async (context) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-alerts-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const rules = await readFile(`${monitoring}/alerts.yaml`, 'utf8');
    await writeFile(
      `${folder}/alerts.yaml`,
      rules.replace('_pending_seconds > 30', '_pending_seconds > 3000'),
    );
    await writeFile(`${folder}/alerts.test.yaml`, await readFile(`${monitoring}/alerts.test.yaml`));
    await expect(run(having(context), ['test', 'rules', `${folder}/alerts.test.yaml`])).rejects.toThrow(
      'Command failed',
    );
  });

  test('takes the metrics', async (context) => {
    const promtoolOrSkip = having(context);
    const child = run(promtoolOrSkip, ['check', 'metrics']);
    child.child.stdin?.end(await metrics());
    const { stdout, stderr } = await child;
    expect(stdout + stderr).toBe('');
  });
});

describe('every metric that is asked for is one that the agent has', () => {
  test('alerts', async () => {
    const rules = parse(await readFile(`${monitoring}/alerts.yaml`, 'utf8')) as Rules;
    const expressions = rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr));
    expect(unknown(expressions, await metrics())).toEqual([]);
    const tested = await readFile(`${monitoring}/alerts.test.yaml`, 'utf8');
    for (const { alert } of rules.groups.flatMap((group) => group.rules)) {
      expect(tested.split(`alertname: ${alert}`).length, alert).toBeGreaterThan(2);
    }
  });

  test('dashboard', async () => {
    const dashboard = JSON.parse(await readFile(`${monitoring}/dashboard.json`, 'utf8')) as Dashboard;
    const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(15);
    expect(unknown(expressions, await metrics())).toEqual([]);
  });

  test('monitoring.md, which names them all', async () => {
    const page = await readFile(path.resolve(monitoring, '../../docs/monitoring.md'), 'utf8');
    const inPage = page.match(/(?<=`)(?:ringfence|process)_\w+/g) ?? [];
    const exposed = [...(await metrics()).matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    expect([...new Set(inPage)].sort()).toEqual(exposed.sort());
  });

  test('links of alerts lead somewhere', async () => {
    const rules = parse(await readFile(`${monitoring}/alerts.yaml`, 'utf8')) as Rules;
    for (const { annotations } of rules.groups.flatMap((group) => group.rules)) {
      const [file = '', anchor] = annotations.runbook.split('#');
      const page = await readFile(path.resolve(monitoring, '../..', file), 'utf8');
      const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
        title.toLowerCase().replaceAll(' ', '-'),
      );
      expect(anchors).toContain(anchor);
    }
  });
});

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: { readonly runbook: string };
    }[];
  }[];
}

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

/** What a real agent shows once it enforces. */
async function metrics(): Promise<string> {
  const api = await startTestServer();
  api.apply(pod('shop/db', '10.244.1.11', { app: 'db' }));
  api.apply(policy('shop/db', allow('db', 'web')));
  const agent = await startAgent(api, createFakeNft());
  await eventually(() => agent.said('enforcing').length === 1);
  return (await agent.get('/metrics')).text;
}

function unknown(expressions: readonly string[], exposition: string): readonly string[] {
  const known = new Set(
    [...exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
  const asked = expressions.flatMap((expression) => expression.match(/\b(ringfence|process)_\w+/g) ?? []);
  return asked.filter((name) => !known.has(name));
}
