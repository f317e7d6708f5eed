import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Why pages cannot be opened on this machine; `undefined` where they can. In CI that is no excuse. */
export const noChromium: string | undefined =
  existsSync(executablePath) || process.env['CI'] === 'true'
    ? undefined
    : `no ${executablePath}: install the package chromium, or say where it is with CHROMIUM`;

/** A browser that has never been used, asks nobody for anything by itself, and forgets everything. */
export async function openChromium(options: BrowserContextOptions = {}): Promise<{
  readonly context: BrowserContext;
  readonly close: () => Promise<void>;
}> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-chromium-'));
  const context = await chromium.launchPersistentContext(folder, {
    ...options,
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    context,
    close: async () => {
      await context.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
