import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readAgentStatus } from '../../src/agent/read-status.ts';
import { agentStatus } from './status-sample.ts';

async function read(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return readAgentStatus(`http://127.0.0.1:${String(port)}`, new AbortController().signal);
}

const readJson = (body: unknown) => read((_, response) => response.end(JSON.stringify(body)));

test('what an agent says, and what a newer one says beside', async () => {
  expect(await readJson(agentStatus)).toEqual(agentStatus);
  const newer = { ...agentStatus, counts: { ...agentStatus.counts, more: 1 }, more: [] };
  expect(await readJson(newer)).toEqual(newer);
});

const [policy] = agentStatus.policies;

test.each<[string, object, string]>([
  ['another kind', { ...agentStatus, kind: 'PodList' }, 'kind: '],
  ['no watches', { ...agentStatus, watches: undefined }, 'watches: '],
  ['an unknown phase', { ...agentStatus, phase: 'happy' }, 'phase: '],
  ['counts that are text', { ...agentStatus, counts: { ...agentStatus.counts, pods: '2' } }, 'counts.pods: '],
  [
    'a diagnostic without code',
    { ...agentStatus, policies: [{ ...policy, diagnostics: [{}] }] },
    '[0].code: ',
  ],
])('%s is not the status of an agent', async (_what, body, where) => {
  await expect(readJson(body)).rejects.toMatchObject({
    message: expect.stringMatching(/\/status is not that of a Ringfence agent$/) as string,
    cause: { message: expect.stringContaining(where) as string },
  });
});

test.each<[string, RequestListener]>([
  ['text', (_, response) => response.end('hello')],
  ['an error', (_, response) => response.writeHead(500).end(JSON.stringify(agentStatus))],
])('%s is not the status of an agent', async (_what, listener) => {
  await expect(read(listener)).rejects.toThrow(/is not that of a Ringfence agent$/);
});

test('an answer without end is given up', async () => {
  let isGone = false;
  const answer = read((_, response) => {
    const piece = Buffer.alloc(1024 * 1024, ' ');
    const write = (): void => {
      if (!response.destroyed) response.write(piece, write);
    };
    response.on('close', () => (isGone = true));
    write();
  });
  await expect(answer).rejects.toThrow(/\/status answers more than 32 MiB$/);
  await expect.poll(() => isGone).toBe(true);
});
