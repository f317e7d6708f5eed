import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import type { ApiServer } from '../../src/lab/api-server/server.ts';
import { createNft, type Nft } from '../../src/nft/nft.ts';
import { createNetns, type Netns } from '../nft/netns.ts';
import { desiredRuleset } from './desired-ruleset.ts';
import { allow, namespace, nodeName, pod, policy } from './objects.ts';
import { eventually, startAgent, startTestServer, writeKubeconfig } from './run-agent.ts';
import { replacementOf } from '../../src/ruleset/transaction.ts';

// The agent with the machine's nft in a network namespace of the test's own, against the embedded API server over HTTP.

async function setUp() {
  const netns = await createNetns();
  const nft = createNft({ command: [...netns.enter, 'nft'] });
  const api = await startTestServer();
  for (const name of ['shop', 'mon']) api.apply(namespace(name));
  for (let index = 10; index < 60; index += 1) {
    api.apply(
      pod(`shop/p${String(index)}`, `10.244.1.${String(index)}`, { app: index % 2 === 0 ? 'db' : 'web' }),
    );
  }
  api.apply(policy('shop/db-from-web', allow('db', 'web')));
  return { netns, nft, api };
}

/** The table as the kernel shows it, without what packets and time change. */
async function kernelText(netns: Netns, table = 'ringfence'): Promise<string> {
  const { output } = await netns.sh(`nft list table inet ${table}`);
  return output.replace(/packets \d+ bytes \d+/g, 'packets 0 bytes 0');
}

async function tableHandle(netns: Netns): Promise<string | undefined> {
  const { output } = await netns.sh('nft -j list tables');
  const handle = /"name": "ringfence", "handle": (\d+)/.exec(output)?.[1];
  expect(handle).toBeDefined();
  return handle;
}

/** What the kernel shows after the desired ruleset was loaded in one go into another namespace. */
async function desiredText(api: ApiServer, nft: Nft): Promise<string> {
  const other = await createNetns();
  const desired = await desiredRuleset(api, nft);
  await createNft({ command: [...other.enter, 'nft'] }).apply(replacementOf(desired));
  return kernelText(other);
}

/** Chains and sets stand in the order of their making, elements of hash sets in none. */
function inOrder(text: string): string {
  const body = text.trim().split('\n').slice(1, -1).join('\n');
  return body
    .split('\n\n')
    .map((block) =>
      block.replace(/elements = \{([^}]*)\}/g, (_, inner: string) => {
        const elements = inner.split(',').map((element) => element.trim());
        return `elements = { ${elements.sort().join(', ')} }`;
      }),
    )
    .sort()
    .join('\n\n');
}

test('what the API server holds is what the kernel shows, from start to change to removal', async () => {
  const { netns, nft, api } = await setUp();
  const agent = await startAgent(api, nft);
  const asDesired = async () => {
    expect(inOrder(await kernelText(netns))).toBe(inOrder(await desiredText(api, nft)));
  };
  await eventually(() => agent.said('enforcing').length === 1);
  await asDesired();

  const applied = () => agent.said('sync applied').length;
  for (const change of [
    () => api.apply(policy('shop/db-from-web', allow('db', 'nobody'))),
    () => api.apply(pod('mon/scraper', '10.244.2.5', { app: 'nobody' }, 'node-2')),
    () => api.apply(pod('shop/new', '10.244.1.200', { app: 'db' })),
    () => api.delete('NetworkPolicy', 'shop', 'db-from-web'),
  ]) {
    const before = applied();
    change();
    await eventually(() => applied() > before);
  }
  await asDesired();
  expect(agent.said('sync failed')).toEqual([]);
});

test('single changes reach the kernel, one after the other', async () => {
  const { nft, api } = await setUp();
  const agent = await startAgent(api, nft);
  await eventually(() => agent.said('enforcing').length === 1);
  const times: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const before = agent.said('sync applied').length;
    const started = performance.now();
    api.apply(policy('shop/db-from-web', allow('db', `app-${String(round)}`)));
    await eventually(() => agent.said('sync applied').length > before);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  console.log(`policy to kernel, ms: p50 ${times[10]?.toFixed(1)}, worst ${times.at(-1)?.toFixed(1)}`);
});

test('killed, the rules stay; started again, one transaction takes over', async () => {
  const { netns, nft, api } = await setUp();
  const kubeconfig = await writeKubeconfig(api);
  const wrapper = path.join(path.dirname(kubeconfig), 'nft');
  await writeFile(wrapper, `#!/bin/sh\nexec ${netns.enter.join(' ')} nft "$@"\n`);
  await chmod(wrapper, 0o755);

  const first = startProcess(kubeconfig, wrapper);
  await first.says('enforcing');
  const before = await kernelText(netns);
  const handle = await tableHandle(netns);
  expect(before).toContain('10.244.1.10');
  first.kill('SIGKILL');
  await first.ended;
  api.apply(policy('shop/db-from-web', allow('db', 'nobody')));
  expect(await kernelText(netns)).toBe(before);

  const second = startProcess(kubeconfig, wrapper);
  await second.says('enforcing');
  expect(second.lines).toContain('kernel ruleset stays until synced');
  expect(second.lines).not.toContain('start ruleset is closed');
  const after = await kernelText(netns);
  expect(inOrder(after)).toBe(inOrder(await desiredText(api, nft)));
  expect(epochIn(after)).toBe(epochIn(before) + 1);
  // The same table all the time: between two, a packet could meet neither.
  expect(await tableHandle(netns)).toBe(handle);

  second.kill('SIGTERM');
  expect(await second.ended).toBe(0);
  expect(await kernelText(netns)).toBe(after);
});

/** The mark of the first rule of `forward`: judged in this epoch. */
function epochIn(text: string): number {
  const mark = /ct mark (0x[0-9a-f]+)\/16 accept/.exec(text)?.[1];
  return Number(mark) / 0x10000;
}

function startProcess(kubeconfig: string, nft: string) {
  const script = path.join(import.meta.dirname, 'agent-process.ts');
  const child = spawn(process.execPath, [script, kubeconfig, nodeName, nft], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    lines.push((JSON.parse(line) as { message: string }).message);
  });
  return {
    lines,
    ended: once(child, 'exit').then(([code]) => code as number | null),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    says: (message: string) => eventually(() => lines.includes(message)),
  };
}
