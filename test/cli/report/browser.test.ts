import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectivityOf } from '../../../src/analysis/connectivity/connectivity.ts';
import { fileSystemIo } from '../../../src/cli/input/input-io.ts';
import { loadInput } from '../../../src/cli/input/load-input.ts';
import { run } from '../../golden/command-line.ts';
import { noChromium, openChromium } from '../../support/chromium.ts';
import { audited, hostile, hostileTest, largeInput, store } from './inputs.ts';

// The page in a browser. Whatever a test does, afterwards the page must have asked nobody for anything, broken no rule of its
// own policy, and thrown nothing.

const io = fileSystemIo(() => Promise.reject(new Error('no standard input')));

describe.skipIf(noChromium !== undefined)(
  `in Chromium${noChromium === undefined ? '' : `: ${noChromium}`}`,
  () => {
    let folder: string;
    let context: BrowserContext;
    let close: () => Promise<void>;
    let page: Page;
    const complaints: string[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'ringfence-report-'));
      ({ context, close } = await openChromium({ viewport: { width: 1500, height: 1000 } }));
    });
    afterAll(async () => {
      await close();
      await rm(folder, { recursive: true });
    });
    afterEach(async () => {
      expect(complaints.splice(0)).toEqual([]);
      await page.close();
    });

    /** Makes a report and opens it. */
    const open = async (
      args: readonly string[],
      files?: Readonly<Record<string, string>>,
      prepare?: (made: Page) => Promise<void>,
    ): Promise<void> => {
      const { out, err, code } = await run(
        ['report', ...args, '-o', '-'],
        files === undefined ? { io } : { files },
      );
      expect({ err, code }).toEqual({ err: '', code: 0 });
      const url = pathToFileURL(path.join(folder, 'report.html')).href;
      await writeFile(path.join(folder, 'report.html'), out);
      page = await context.newPage();
      page.on('request', (request) => {
        if (request.url().split('#')[0] !== url) complaints.push(`request: ${request.url()}`);
      });
      page.on('console', (message) => complaints.push(`console: ${message.text()}`));
      page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
      page.on('dialog', (dialog) => {
        complaints.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      await prepare?.(page);
      await page.goto(url);
      await page.locator('.panel h2').waitFor();
    };

    const cell = (): Promise<string> => page.locator('#grid-cell').textContent().then(String);
    const isDrawn = (selector: string): Promise<boolean> =>
      page.evaluate(
        `(() => { const c = document.querySelector(${JSON.stringify(selector)}); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; const seen = new Set(); for (let at = 0; at < d.length; at += 4) seen.add(d[at] << 16 | d[at + 1] << 8 | d[at + 2]); return seen.size > 3; })()`,
      );

    test('keys lead to every cell, to its reason and back', async () => {
      await open(store);
      await page.locator('#filter').focus();
      for (let steps = 0; steps < 20 && (await page.locator('[role=grid]:focus').count()) === 0; steps += 1)
        await page.keyboard.press('Tab');
      expect(await cell()).toMatch(/^kube-system\/coredns → kube-system\/coredns\. open/);
      for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
      for (let at = 0; at < 5; at += 1) await page.keyboard.press('ArrowRight');
      expect(await cell()).toBe(
        'shop/api → shop/mailer. denied: egress rules allow 9000/tcp, ingress does not',
      );
      expect(await page.locator('[aria-live]').textContent()).toBe(await cell());
      await page.keyboard.press('Enter');
      expect(await page.locator('#detail-heading:focus').textContent()).toBe('shop/api → shop/mailer');
      const marked = await page.locator('.panel .line.marked').allTextContents();
      expect(
        marked.some((line) => line.includes('44  - to: [{ podSelector: { matchLabels: { app: mailer } } }]')),
      ).toBe(true);
      expect(
        marked.some((line) =>
          line.includes(
            'tcp dport 9000 counter name "rule-egress-1-shop/api" return comment "shop/api egress[1]"',
          ),
        ),
      ).toBe(true);
      await page.keyboard.press('Escape');
      expect(await page.locator('[role=grid]:focus').count()).toBe(1);
      await page.keyboard.press('Control+End');
      expect(await cell()).toMatch(/^203\.0\.113\.25\/32 → 203\.0\.113\.25\/32\. policies have no say/);
      // Out again: no key is held back.
      await page.keyboard.press('Tab');
      expect(await page.locator('[role=grid]:focus').count()).toBe(0);
    });

    test('what audit policies would deny stands beside what passes', async () => {
      await open(['-f', 'x.yaml'], { 'x.yaml': audited });
      await page.locator('[role=grid]').focus();
      await page.keyboard.press('ArrowDown');
      expect(await cell()).toBe('shop/web → shop/db. open: no policy isolates either end');
      await page.keyboard.press('Enter');
      const card = page.locator('.panel .card').nth(1);
      expect(await card.locator('p, li').allTextContents()).toEqual([
        'No enforced policy selects it for ingress: everything passes.',
        'Audit: shop/db (x.yaml:64) would deny 1-5431/tcp,5433-65535/tcp,*/udp,*/sctp,*/other',
      ]);
      const [written, enforced] = await card.locator('.listing').allTextContents();
      expect(written).toContain('"kind": "NetworkPolicy"');
      expect(enforced).toContain('goto audited');
    });

    test('every cell says what the command says', async () => {
      await open(store);
      await page.getByText('fold what is alike').click();
      await page.getByText('The same as a table').click();
      const rows = await page.evaluate<readonly (readonly [string, string, string])[]>(
        `[...document.querySelectorAll('tbody tr')].map((row) => [...row.children].map((one) => one.textContent))`,
      );
      const shown = rows
        .filter(([, , said]) => /^(allowed|open)/.test(said))
        .map(([from, to]) => `${from} ${to}`);
      const { cluster } = await loadInput({ files: ['rules/examples/store'] }, io);
      const connectivity = connectivityOf(cluster, 'workload');
      const { endpoints } = connectivity;
      const labels = new Map([
        ['external/0', 'other addresses (external/0)'],
        ['external/1', '203.0.113.25/32'],
      ]);
      const nameOf = (id: string): string => labels.get(id) ?? id;
      const expected = endpoints.flatMap((from, source) =>
        endpoints.flatMap((to, destination) =>
          connectivity.cell(source, destination).traffic.ports.length === 0
            ? []
            : [`${nameOf(from.id)} ${nameOf(to.id)}`],
        ),
      );
      expect(shown.sort()).toEqual(expected.sort());
    });

    test('filters by name, namespace, label and port', async () => {
      await open(store);
      const count = async (text: string): Promise<number> => {
        await page.locator('#filter').fill(text);
        return Number(await page.locator('[role=grid]').getAttribute('aria-rowcount'));
      };
      expect(await count('')).toBe(9);
      expect(await count('app=mailer')).toBe(5);
      expect(await count('ns:shop :8080')).toBe(4);
      expect(await count('nobody')).toBe(0);
      expect(await page.locator('.none').textContent()).toBe('Nobody is like that.');
      expect(await count('shop/db')).toBe(4);
    });

    test('before, after and difference; a change leads to its cell, a failed test to its reason', async () => {
      const files = {
        'before.yaml': largeInput(10),
        'after.yaml': largeInput(10).replaceAll('"port": 8080', '"port": 8081'),
        't.policy-test.yaml': 'allow:\n- team-00/svc-00 -> team-00/svc-01\n',
      };
      await open(['before.yaml', 'after.yaml', '--tests', 't.policy-test.yaml'], files);
      expect(await page.locator('#changes h2').textContent()).toMatch(
        /^Changes [1-9]\d* opened, [1-9]\d* closed$/,
      );
      const chips = (): Promise<readonly string[]> => page.locator('.chip:visible').allTextContents();
      expect((await chips()).join()).toMatch(/\d+opened,\d+closed/);
      await page.locator('#changes button').first().click();
      expect(await page.locator('.panel .because').textContent()).toMatch(/allowed by|nothing isolates/);
      expect(await page.locator('.side-title').allTextContents()).toEqual(['After', 'Before']);
      await page.getByText('before', { exact: true }).click();
      expect((await chips()).join()).not.toContain('opened');
      await page.locator('#tests button').first().click();
      expect(await page.locator('#detail-heading').textContent()).toMatch(/^team-00\/svc-00 → /);
    });

    test('hostile names and texts are text', async () => {
      await open(['-f', 'x', '-R', '--tests', 'h.policy-test.yaml'], {
        ...hostile,
        'h.policy-test.yaml': hostileTest,
      });
      expect(await page.evaluate('window.hacked')).toBeUndefined();
      expect(await page.locator('img, iframe, script[src]').count()).toBe(0);
      expect(await page.locator('#tests').textContent()).toContain('<img src=x onerror=');
      const text = String(await page.evaluate('document.body.innerText'));
      expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
      // A name as long as names get pushes nothing out of the window.
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
      await page.waitForTimeout(50);
      expect(await page.evaluate('window.hacked')).toBeUndefined();
    });

    test('on paper everything is there, and what was folded is folded again', async () => {
      await open(store);
      await page.evaluate('dispatchEvent(new Event("beforeprint"))');
      await page.emulateMedia({ media: 'print' });
      expect(await isDrawn('.printed canvas')).toBe(true);
      const paper = String(await page.evaluate('document.body.innerText'));
      for (const said of [
        'what passes',
        'counter name "rule-ingress-0-shop/db" return comment "shop/db ingress[0]"',
        'podSelector: { matchLabels: { app: db } }',
      ])
        expect(paper).toContain(said);
      await page.evaluate('dispatchEvent(new Event("afterprint"))');
      await page.emulateMedia({ media: 'screen' });
      expect(await page.locator('details[open]').count()).toBe(0);
      const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
      expect(pdf.length).toBeGreaterThan(40_000);
      expect(pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length).toBeGreaterThan(2);
    });

    test.for(['dark', 'forced', 'narrow'] as const)('is drawn in %s surroundings', async (where) => {
      await open(store, undefined, async (made) => {
        if (where === 'dark') await made.emulateMedia({ colorScheme: 'dark' });
        if (where === 'forced') await made.emulateMedia({ forcedColors: 'active' });
        if (where === 'narrow') await made.setViewportSize({ width: 420, height: 800 });
      });
      await page.waitForTimeout(100);
      expect(await isDrawn('.spacer canvas')).toBe(true);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    });

    test('the kinds of cells are told apart without colour', async () => {
      await open(store);
      const shapes = await page.evaluate<readonly string[]>(
        `[...document.querySelectorAll('.legend canvas')].map((c) => { const d = c.getContext('2d').getImageData(0, 0, 44, 44).data; return Array.from({ length: 44 * 44 }, (_, at) => Math.round((d[at * 4] * 0.3 + d[at * 4 + 1] * 0.6 + d[at * 4 + 2] * 0.1) * d[at * 4 + 3] / 255 / 64)).join(''); })`,
      );
      expect(shapes).toHaveLength(6);
      expect(new Set(shapes).size).toBe(6);
    });

    test('1,000 workloads', async () => {
      await open(['-f', 'k.yaml'], { 'k.yaml': largeInput(1000) });
      const ready = await page.evaluate('performance.now()');
      await page.getByText('fold namespaces').click();
      expect(Number(await page.locator('[role=grid]').getAttribute('aria-rowcount'))).toBeGreaterThan(900);
      await page.locator('[role=grid]').focus();
      const started = performance.now();
      for (let at = 0; at < 50; at += 1) await page.keyboard.press(at % 2 === 0 ? 'PageDown' : 'ArrowRight');
      const perKey = (performance.now() - started) / 50;
      expect(await cell()).toMatch(/^team-\d\d\/svc-\d\d → /);
      await page.keyboard.press('Enter');
      expect(await page.locator('.panel .card').count()).toBe(2);
      const heap = await page.evaluate('performance.memory.usedJSHeapSize');
      console.log(
        `1,000 workloads: usable after ${Math.round(Number(ready))} ms, ${perKey.toFixed(1)} ms a key, ${(Number(heap) / 1e6).toFixed(0)} MB of heap`,
      );
    });
  },
);
