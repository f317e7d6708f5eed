import { expect, test } from 'vitest';
import { nodeStatusText } from '../../src/cli/output/node-status.ts';
import { agentStatus } from '../agent/status-sample.ts';

const kernel = { table: 'missing' } as const;

test('what answers as the agent adds no line of its own and steers no terminal', () => {
  const [policy] = agentStatus.policies;
  const text = nodeStatusText({
    agent: {
      ...agentStatus,
      node: 'n\nkernel: table inet ringfence has 9 chains',
      lastError: 'one\u001b[2K\ntwo',
      policies: [{ ...policy!, name: 'a\nshop/b' }],
    },
    table: 'ringfence',
    kernel,
  });
  const lines = text.split('\n');
  expect(lines.filter((line) => line.startsWith('kernel:'))).toEqual([
    'kernel: table inet ringfence is not there: nothing is enforced',
  ]);
  expect(lines.slice(3, 5)).toEqual(['error: one\\u001b[2K', '  two']);
  expect(lines.filter((line) => line.startsWith('shop/'))).toHaveLength(1);
});

test('as many policies as an agent may have', () => {
  const [policy] = agentStatus.policies;
  const policies = Array.from({ length: 200_000 }, () => policy!);
  const text = nodeStatusText({ agent: { ...agentStatus, policies }, table: 'ringfence', kernel });
  expect(text.split('\n').length).toBeGreaterThan(200_000);
});
