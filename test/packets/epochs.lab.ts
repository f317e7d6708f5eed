import { setTimeout as delay } from 'node:timers/promises';
import { run } from '../../src/lab/network/run.ts';
import { pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { policy, startFlowLab } from './flow-lab.ts';
import { addressOf, openUdp, until } from './sockets-in-pods.ts';

// Flows that were allowed and are idle, while policies change more often than the mark has epochs: then each of them sends
// once, one after each further change. An epoch that came round would let one pass.

const changes = 300;
const port = 7000;
const lab = await startFlowLab(
  [
    pod('x/server', { nodeName: 'n1' }),
    pod('x/client', { nodeName: 'n1' }),
    pod('x/other', { nodeName: 'n1' }),
  ],
  // 254 epochs.
  { agentFlags: ['--ct-mark-mask', '0x00ff0000'] },
);
await run(
  lab.network.execIn('n1', ['sh', '-c', 'echo 600 | tee /proc/sys/net/netfilter/nf_conntrack_udp_timeout*']),
);
const ingress = (app: string, rules: readonly unknown[]) => ({
  podSelector: { matchLabels: { app } },
  ingress: rules,
});
await lab.apply(policy('server', ingress('server', [{}])));

let arrived = 0;
const server = openUdp(lab, 'x/server', 'IPv4', port, (text) => {
  arrived += 1;
  return text;
});
const flows = Array.from({ length: changes }, (_, index) => openUdp(lab, 'x/client', 'IPv4', 20_000 + index));
const to = addressOf(lab, 'x/server', 'IPv4');
let opened = 0;
for (const flow of flows) {
  flow.send('.', to, port);
  if (await until(() => flow.received().length === 1)) opened += 1;
}

await lab.apply(policy('server', ingress('server', [])));
const before = arrived;
for (const [index, flow] of flows.entries()) {
  await lab.apply(policy('other', ingress('other', index % 2 === 0 ? [] : [{}])));
  flow.send('.', to, port);
}
await delay(200);
const leaked = arrived - before;

// And the epochs that are given out a second time mark as the first did.
await lab.apply(policy('server', ingress('server', [{}])));
const marked = openUdp(lab, 'x/client', 'IPv4', 30_000);
marked.send('.', to, port);
const passes = await until(() => marked.received().length === 1);
const table = await run(lab.network.execIn('n1', ['nft', 'list', 'chain', 'inet', 'ringfence', 'forward']));
report({ opened, changes, leaked, passes, marks: table.includes('judged in this epoch') });
server.close();
await lab.close();
process.exit(0);
