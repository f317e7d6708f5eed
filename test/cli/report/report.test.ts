import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { dataElementId, type ReportData } from '../../../src/page/data.ts';
import { run } from '../../golden/command-line.ts';
import { fileSystemIo } from '../../../src/cli/input/input-io.ts';
import { hostile, hostileTest, largeInput, store } from './inputs.ts';

const io = fileSystemIo(() => Promise.reject(new Error('no standard input')));

describe('the page', () => {
  test('allows itself its own script and style, and nothing else', async () => {
    const { out, code } = await run(['report', ...store, '-o', '-'], { io });
    expect(code).toBe(0);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(out)?.[1] ?? '';
    const script = /<script>(.*?)<\/script>/s.exec(out)?.[1] ?? '';
    const style = /<style>(.*?)<\/style>/s.exec(out)?.[1] ?? '';
    expect(script.length).toBeGreaterThan(10_000);
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hashOf(script)}`,
      `style-src ${hashOf(style)}`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(out).not.toMatch(/ (src|style|on\w+)=/);
    expect(out.match(/<\/?script/g)).toHaveLength(4);
  });

  test('is the same for the same input', async () => {
    const [one, two] = [
      await run(['report', ...store, '-o', '-'], { io }),
      await run(['report', ...store, '-o', '-'], { io }),
    ];
    expect(one.out === two.out).toBe(true);
  });

  test('what others wrote stands in the data alone, where nothing of it is markup', async () => {
    const { out, code, err } = await run(
      ['report', '-f', 'x', '-R', '--tests', 'h.policy-test.yaml', '-o', '-'],
      {
        files: { ...hostile, 'h.policy-test.yaml': hostileTest },
      },
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.match(/<\/?script/g)).toHaveLength(4);
    expect(out).not.toContain('<img');
    expect(out).not.toContain('<!--');
    const data = dataOf(out);
    expect(data.tests?.[0]?.results[0]).toMatchObject({ status: 'failed', pair: ['shop/web', 'shop/db'] });
    expect(JSON.stringify(data)).toContain('<img src=x');
  });

  test('holds both inputs, the lines of policies with their rules, and the rules of the kernel', async () => {
    const { out, code } = await run(['report', 'rules/examples/shop', 'rules/examples/store', '-o', '-'], {
      io,
    });
    expect(code).toBe(0);
    const { before, after } = dataOf(out);
    expect([before?.label, after.label]).toEqual(['rules/examples/shop', 'rules/examples/store']);
    const at = after.cluster.policies.findIndex(({ name }) => name === 'db');
    expect(after.texts[at]).toMatchObject({ first: 47, ruleEnds: { ingress: { 0: 54 } } });
    const pod = after.cluster.pods.findIndex(([namespace, name]) => namespace === 'shop' && name === 'db');
    const body = after.kernel.bodies[after.kernel.ofPod[pod]![0]]!;
    expect(body.join('\n')).toMatch(
      /tcp dport 5432 counter name "rule-ingress-0-shop\/db" return comment "shop\/db ingress\[0\]"/,
    );
    expect(after.kernel.assigned).toBe(true);
    expect(before?.kernel.assigned).toBe(false);
  });

  test('of 1,000 workloads has some megabytes at most', async () => {
    const started = performance.now();
    const { out, code } = await run(['report', '-f', 'k.yaml', '-o', '-'], {
      files: { 'k.yaml': largeInput(1000) },
    });
    console.log(
      `1,000 workloads: ${(out.length / 1e6).toFixed(1)} MB in ${Math.round(performance.now() - started)} ms`,
    );
    expect(code).toBe(0);
    expect(out.length).toBeLessThan(5e6);
  });
});

describe('the command', () => {
  test('writes the file and says so', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-report-'));
    const file = path.join(folder, 'r.html');
    try {
      const { out, err, code } = await run(['report', ...store, '-o', file], { io });
      expect({ out, code }).toEqual({ out: '', code: 0 });
      expect(err).toMatch(/^wrote .*r\.html \(\d+ KiB\)\n$/);
      expect(await readFile(file, 'utf8')).toMatch(/^<!doctype html>/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.for([
    [['report'], 'nothing to read'],
    [['report', 'only-one'], 'a comparison needs two inputs'],
    [['report', 'a', 'b', '--base', 'main'], '--base compares the files of -f'],
    [['report', ...store, '-o', 'no/such/folder/r.html'], 'cannot write "no/such/folder/r.html": ENOENT'],
  ] as const)('%j', async ([args, message]) => {
    const { code, err } = await run([...args], { io });
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test('tests that cannot be answered are in the page, and exit code 2', async () => {
    const { code, out } = await run(['report', '-f', 'x.yaml', '--tests', 't.policy-test.yaml', '-o', '-'], {
      files: { 'x.yaml': largeInput(2), 't.policy-test.yaml': 'allow:\n- nobody/x -> team-00/svc-00\n' },
    });
    expect(code).toBe(2);
    expect(dataOf(out).tests).toHaveLength(1);
  });

  test('input with an error makes no page', async () => {
    const { code, out } = await run(['report', '-f', 'x.yaml', '-o', '-'], {
      files: { 'x.yaml': 'kind: NetworkPolicy\n' },
    });
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });
});

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function dataOf(page: string): ReportData {
  const json = new RegExp(`id="${dataElementId}">(.*?)</script>`, 's').exec(page)?.[1] ?? '';
  return JSON.parse(json) as ReportData;
}
