import { setTimeout as delay } from 'node:timers/promises';
import { podManifest } from '../../src/lab/manifests.ts';
import { netnsPath } from '../../src/lab/network/host.ts';
import { run } from '../../src/lab/network/run.ts';
import { bindSocket, connectSocket, openSocket, sendSocket } from '../../src/lab/probe/sockets.ts';
import type { Address } from '../../src/net/address.ts';
import { families, type Family } from '../../src/net/protocol.ts';
import { address, pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { startFlowLab, terrain } from './flow-lab.ts';
import { addressOf, openUdp, until } from './sockets-in-pods.ts';

// Pods whose addresses no pod CIDR of their node covers, and pods that send from addresses of others: told by the
// interface that they are behind.

const lab = await startFlowLab(
  [pod('x/server', { nodeName: 'n1' }), pod('x/near', { nodeName: 'n1' }), pod('x/far', { nodeName: 'n2' })],
  { agentFlags: ['--pod-interfaces', terrain[0] === 'bridge' ? 'cni0' : 'cali*'] },
);
let lastPort = 20_000;

report({
  strays: await newStrays(),
  forged: {
    ofThisNode: await forge(families.map((family) => addressOf(lab, 'x/near', family))),
    ofTheOtherNode: await forge(families.map((family) => addressOf(lab, 'x/far', family))),
    ofNobody: await forge([address('203.0.113.77'), address('2001:db8:77::1')]),
  },
});
await lab.close();
process.exit(0);

/** Pods with addresses of nobody's range send, and are sent to, before the API server knows of them. */
async function newStrays(): Promise<Record<string, unknown>> {
  const stray = pod('x/stray', { addresses: [address('10.99.0.7'), address('fd00:99::7')], nodeName: 'n1' });
  await lab.network.addPod(stray);
  const streams = families.flatMap((family) =>
    [
      ['x/stray', 'x/server'],
      ['x/server', 'x/stray'],
      ['x/far', 'x/stray'],
    ].map(([from = '', to = '']) => stream(from, to, family)),
  );
  await delay(300);
  const sent = Math.min(...streams.map((each) => each.sent()));
  const leaked = streams.reduce((count, each) => count + each.arrived(), 0);
  lab.api.apply(podManifest(stray));
  const passes = await until(() => streams.every((each) => each.arrived() > 0));
  for (const each of streams) each.close();
  return { sent: sent > 10, leaked, passes };
}

/** How many datagrams of a pod of n1 reach the server from addresses that are not the pod's. */
async function forge(sources: readonly Address[]): Promise<number> {
  const forger = pod('x/forger', {
    nodeName: 'n1',
    addresses: [address('10.99.0.9'), address('fd00:99::9')],
  });
  await lab.network.addPod(forger);
  lab.api.apply(podManifest(forger));
  await lab.settled();
  let arrived = 0;
  const sockets: { close(): void }[] = [];
  for (const source of sources) {
    const family: Family = source.includes(':') ? 'IPv6' : 'IPv4';
    const port = ++lastPort;
    const server = openUdp(lab, 'x/server', family, port, (text) => {
      arrived += text === 'forged' ? 1 : 0;
      return '';
    });
    sockets.push(server);
    const prefix = family === 'IPv4' ? 32 : 128;
    const device = ['dev', 'eth0'];
    await run(
      lab.network.execIn('x/forger', [
        'ip',
        'addr',
        'add',
        `${source}/${String(prefix)}`,
        ...device,
        ...(family === 'IPv6' ? ['nodad'] : []),
      ]),
    );
    const fd = openSocket(netnsPath(lab.network.hosts.get('x/forger')?.netns ?? ''), family, 'udp');
    bindSocket(fd, { address: source, port: ++lastPort });
    connectSocket(fd, { address: addressOf(lab, 'x/server', family), port });
    for (let index = 0; index < 10; index += 1) sendSocket(fd, Buffer.from('forged'));
    // Control: its own address passes.
    const own = openUdp(lab, 'x/forger', family, ++lastPort);
    let reached = false;
    const control = openUdp(lab, 'x/server', family, ++lastPort, () => {
      reached = true;
      return '';
    });
    own.send('own', addressOf(lab, 'x/server', family), lastPort);
    if (!(await until(() => reached)))
      throw new Error(`the forger cannot reach the server at all (${family})`);
    sockets.push(own, control);
  }
  await delay(200);
  for (const socket of sockets) socket.close();
  await lab.removePod('x/forger' as never);
  return arrived;
}

interface Stream {
  readonly sent: () => number;
  readonly arrived: () => number;
  readonly close: () => void;
}

function stream(from: string, to: string, family: Family): Stream {
  const counts = { sent: 0, arrived: 0 };
  const port = ++lastPort;
  const server = openUdp(lab, to, family, port, (text) => {
    counts.arrived += 1;
    return text;
  });
  const client = openUdp(lab, from, family, ++lastPort);
  const timer = setInterval(() => {
    counts.sent += 1;
    client.send('.', addressOf(lab, to, family), port);
  }, 5);
  return {
    sent: () => counts.sent,
    arrived: () => counts.arrived,
    close() {
      clearInterval(timer);
      client.close();
      server.close();
    },
  };
}
