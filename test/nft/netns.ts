import { onTestFinished } from 'vitest';
import { type Netns, openNetns } from '../support/netns.ts';

export type { Netns } from '../support/netns.ts';

/** A network namespace of the test's own. Goes with the test, and with the test process if that is killed. */
export async function createNetns(): Promise<Netns> {
  const netns = await openNetns();
  onTestFinished(() => {
    netns.close();
  });
  return netns;
}
