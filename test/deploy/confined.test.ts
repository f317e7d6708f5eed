import { test } from 'vitest';
import { expectConfinedAgentEnforces } from './confined.ts';

test('as the DaemonSet runs it, the agent enforces with NET_ADMIN alone, read-only, without a shell', async () => {
  await expectConfinedAgentEnforces();
});
