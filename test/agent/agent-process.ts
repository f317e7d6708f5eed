import { runAgent } from '../../src/agent/agent.ts';
import { readAgentConfig } from '../../src/agent/config.ts';

// An agent as a process of its own, so that a test can kill it: agent-process.ts KUBECONFIG NODE NFT.
const [, , kubeconfig = '', nodeName = '', nftPath = ''] = process.argv;
const controller = new AbortController();
process.once('SIGTERM', () => {
  controller.abort();
});
await runAgent(
  readAgentConfig(
    { kubeconfig, nodeName, nftPath, healthAddress: 'off', metricsAddress: 'off', logLevel: 'debug' },
    {},
  ),
  { signal: controller.signal },
);
