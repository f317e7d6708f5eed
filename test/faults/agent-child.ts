import { runAgent } from '../../src/agent/agent.ts';
import { type Clock, systemClock } from '../../src/agent/clock.ts';
import { readAgentConfig } from '../../src/agent/config.ts';
import { createNft } from '../../src/nft/nft.ts';
import type { AgentOrder, AgentUse } from './agent-handle.ts';

// An agent in a process of its own that can be measured, and whose clock can be turned:
// agent-child.ts KUBECONFIG NODE NFT SPEED.

const [, , kubeconfig = '', nodeName = '', nftPath = '', speed = '1'] = process.argv;

/** Milliseconds after which a hanging nft is killed. */
const nftTimeout = 1500;

const controller = new AbortController();
process.once('SIGTERM', () => {
  controller.abort();
});
process.on('message', (order: AgentOrder) => {
  if (order.kind === 'jump') jump(order.seconds);
  else process.send?.(use());
});
process.channel?.unref();

await runAgent(
  readAgentConfig(
    {
      ...{ kubeconfig, nodeName, nftPath, logLevel: 'debug' },
      ...{ healthAddress: '127.0.0.1:0', metricsAddress: '127.0.0.1:0' },
    },
    {},
  ),
  {
    signal: controller.signal,
    clock: fasterClock(Number(speed)),
    nft: createNft({ command: [nftPath], timeout: nftTimeout }),
  },
);

/** Waits that are too long for a test pass so many times faster; what the agent does itself takes as long as ever. */
function fasterClock(factor: number): Clock {
  return {
    ...systemClock,
    now: () => systemClock.now() * factor,
    after: (milliseconds, callback) => systemClock.after(milliseconds / factor, callback),
  };
}

/** What `date --set` does to a program: the wall clock jumps, the monotonic one does not. */
function jump(seconds: number): void {
  const before = Date.now;
  Date.now = () => before.call(Date) + seconds * 1000;
}

function use(): AgentUse {
  // Started with --expose-gc: what is left is what is held.
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  return { heap: process.memoryUsage().heapUsed, resources: process.getActiveResourcesInfo().length };
}
