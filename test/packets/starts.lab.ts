import { setTimeout as delay } from 'node:timers/promises';
import { podManifest } from '../../src/lab/manifests.ts';
import { run } from '../../src/lab/network/run.ts';
import { type Pod, podKey } from '../../src/model/pod.ts';
import { type Family } from '../../src/net/protocol.ts';
import { address, pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { policy, startFlowLab } from './flow-lab.ts';
import { addressOf, openUdp, until } from './sockets-in-pods.ts';

// Pods start, one batch after the other, and send and are sent to before the API server knows of them. Addresses come
// round, as they do on a node. Every second pod is isolated: to and from it nothing may pass, early or late.

const starts = Number(process.argv[4]);
const batchSize = 10;
/** Milliseconds from the first packet of a batch to the API server's knowledge of it. */
const early = 60;

const lab = await startFlowLab([pod('x/server', { nodeName: 'n1' }), pod('x/near', { nodeName: 'n1' })]);
await lab.apply(
  policy('isolate', {
    podSelector: { matchLabels: { app: 'isolated' } },
    policyTypes: ['Ingress', 'Egress'],
  }),
);
const node = lab.network.cluster.nodes.find(({ name }) => name === 'n1')!;
let lastPort = 20_000;
const totals = {
  starts: 0,
  sentEarly: 0,
  leakedEarly: 0,
  sentIsolated: 0,
  leakedIsolated: 0,
  neverPassed: 0,
  onTheirWay: 0,
};
const latencies: number[] = [];

while (totals.starts < starts) await batch(Math.min(batchSize, starts - totals.starts));
latencies.sort((a, b) => a - b);
report({ ...totals, latency: { p50: at(0.5), p99: at(0.99), max: at(1) } });
await lab.close();
process.exit(0);

async function batch(size: number): Promise<void> {
  const pods = Array.from({ length: size }, (_, index) => starting(totals.starts + index));
  for (const each of pods) await lab.network.addPod(each);
  const streams = pods.flatMap((each, index) => {
    const family = index % 4 < 2 ? 'IPv4' : 'IPv6';
    const isolated = each.labels['app'] === 'isolated';
    return [
      { ...stream(podKey(each), 'x/server', family), isolated },
      { ...stream('x/near', podKey(each), family), isolated },
    ];
  });
  await delay(early);
  const before = streams.map(({ sent }) => sent());
  const known = performance.now();
  for (const each of pods) lab.api.apply(podManifest(each));
  const open = streams.filter(({ isolated }) => !isolated);
  await until(() => open.every(({ arrived }) => arrived().length > 0), 10_000);
  await lab.settled();
  await delay(20);
  for (const [index, { isolated, sent, arrived, firstAt }] of streams.entries()) {
    const lastEarly = before[index] ?? 0;
    totals.sentEarly += lastEarly;
    totals.leakedEarly += arrived().filter((number) => number <= lastEarly).length;
    if (isolated) {
      totals.sentIsolated += sent();
      totals.leakedIsolated += arrived().length;
    } else if (arrived().length === 0) totals.neverPassed += 1;
    else latencies.push(firstAt() - known);
  }
  totals.onTheirWay += await droppedOnTheirWay();
  for (const { close } of streams) close();
  for (const each of pods) {
    await lab.network.removePod(podKey(each));
    lab.api.delete('Pod', each.namespace, each.name);
  }
  await lab.settled();
  totals.starts += size;
}

/** Packets that met a transaction in its moment. A new epoch, which comes when the batch goes, starts the count anew. */
async function droppedOnTheirWay(): Promise<number> {
  const listed = await run(
    lab.network.execIn('n1', ['nft', 'list', 'chain', 'inet', 'ringfence', 'forward']),
  );
  return Number(/counter packets (\d+) .*rules are on their way/.exec(listed)?.[1] ?? 0);
}

/** Its address is one that a pod had some batches ago. */
function starting(index: number): Pod {
  const host = 100 + (index % 50);
  const addresses = node.podCIDRs.map((block) =>
    address(
      block.includes(':') ? block.replace(/::\/.*$/, `::${host}`) : block.replace(/0\/24$/, String(host)),
    ),
  );
  const app = index % 2 === 0 ? 'open' : 'isolated';
  return pod(`x/start-${index}`, { nodeName: 'n1', addresses, labels: { app } });
}

interface Stream {
  readonly sent: () => number;
  /** The numbers of the datagrams that came. */
  readonly arrived: () => readonly number[];
  readonly firstAt: () => number;
  readonly close: () => void;
}

function stream(from: string, to: string, family: Family): Stream {
  const [own, target] = [++lastPort, ++lastPort];
  if (lastPort > 60_000) lastPort = 20_000;
  const numbers: number[] = [];
  let [sent, first] = [0, Infinity];
  const server = openUdp(lab, to, family, target, (text) => {
    first = Math.min(first, performance.now());
    numbers.push(Number(text));
    return text;
  });
  const client = openUdp(lab, from, family, own);
  const toAddress = addressOf(lab, to, family);
  const timer = setInterval(() => {
    client.send(String(++sent), toAddress, target);
  }, 2);
  return {
    sent: () => sent,
    arrived: () => numbers,
    firstAt: () => first,
    close() {
      clearInterval(timer);
      client.close();
      server.close();
    },
  };
}

function at(share: number): number {
  return latencies[Math.max(0, Math.ceil(share * latencies.length) - 1)] ?? Infinity;
}
