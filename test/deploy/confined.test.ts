import { expect, test } from 'vitest';
import { runInLab } from '../lab/network/in-lab.ts';

test('as the DaemonSet runs it, the agent enforces with NET_ADMIN alone, read-only, without a shell', async () => {
  const seen = await runInLab<Seen>(`${import.meta.dirname}/confined.lab.ts`, 'routed', 'routes');
  const netAdmin = (1 << 12).toString(16).padStart(16, '0');
  const none = '0'.padStart(16, '0');
  expect(seen).toEqual({
    verdicts: ['x/friend allowed', 'x/friend allowed', 'x/stranger dropped', 'x/stranger dropped'],
    capabilities: [none, netAdmin, netAdmin, netAdmin, none],
    noNewPrivileges: '1',
    denied: true,
    phase: 'enforcing',
  });
});

interface Seen {
  readonly verdicts: readonly string[];
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: string;
  readonly denied: boolean;
  readonly phase: string;
}
