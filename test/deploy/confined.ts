import { expect } from 'vitest';
import { runInLab } from '../lab/network/in-lab.ts';
import type { UnpackedImage } from './in-image.ts';

/** Runs the agent as the DaemonSet runs it, in the image or in a stand-in for it, and expects that it enforces. */
export async function expectConfinedAgentEnforces(image?: UnpackedImage): Promise<void> {
  const seen = await runInLab<unknown>(
    `${import.meta.dirname}/confined.lab.ts`,
    ...['routed', 'routes'],
    ...(image === undefined ? [] : [JSON.stringify(image)]),
  );
  const netAdmin = (1 << 12).toString(16).padStart(16, '0');
  const none = '0'.padStart(16, '0');
  expect(seen).toEqual({
    verdicts: ['x/friend allowed', 'x/friend allowed', 'x/stranger dropped', 'x/stranger dropped'],
    capabilities: [none, netAdmin, netAdmin, netAdmin, none],
    noNewPrivileges: '1',
    denied: true,
    phase: 'enforcing',
    verified: expect.stringContaining('the kernel has what the policies say') as string,
  });
}
