import type { Manifest } from '../../src/lab/manifests.ts';
import { netnsPath } from '../../src/lab/network/host.ts';
import { run } from '../../src/lab/network/run.ts';
import {
  bindSocket,
  closeSocket,
  connectSocket,
  openSocket,
  receiveSocket,
  sendSocket,
  takeSocketError,
} from '../../src/lab/probe/sockets.ts';
import type { ProbeFlow, ProbeResult } from '../../src/lab/probe/probe.ts';
import { type Address, familyOf } from '../../src/net/address.ts';
import { families } from '../../src/net/protocol.ts';
import { address, pod, service } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { policy, startFlowLab } from './flow-lab.ts';
import { addressOf, connectTcp, openUdp, serveTcp, until } from './sockets-in-pods.ts';

// Ways of packets that no table of flows has: through a Service, errors on the way back, neighbours that are forgotten,
// and pods of the nodes' own network.

const serviceIPs = ['10.96.0.10', 'fd00:96::10'];
const targetPort = 8080;
const lab = await startFlowLab(
  [
    pod('x/server', { nodeName: 'n1', ports: [], containerPorts: [{ number: targetPort, protocol: 'TCP' }] }),
    pod('x/near', { nodeName: 'n1', labels: { app: 'client' } }),
    pod('x/far', { nodeName: 'n2', labels: { app: 'client' } }),
    pod('x/host-near', { nodeName: 'n1', hostNetwork: true, labels: { app: 'client' }, containerPorts: [] }),
    pod('x/host-far', { nodeName: 'n2', hostNetwork: true, labels: { app: 'client' }, containerPorts: [] }),
  ],
  {
    services: [
      service('web', serviceIPs, {
        selector: { app: 'server' },
        ports: [{ name: '', protocol: 'TCP', port: 80, targetPort }],
      }),
    ],
  },
);

const server = { podSelector: { matchLabels: { app: 'server' } } };
const client = { podSelector: { matchLabels: { app: 'client' } } };
const everyPod = ['x/near', 'x/far'];
const nodeBlocks = (node: string): readonly unknown[] =>
  families.map((family) => {
    const own = addressOf(lab, node, family);
    return { ipBlock: { cidr: `${own}/${family === 'IPv4' ? 32 : 128}` } };
  });

report({
  nodesToPods: await nodesToPods(),
  services: await services(),
  hostNetwork: await hostNetwork(),
  errors: await errors(),
  errorOfAnswer: await errorOfAnswer(),
  tooBig: await tooBig(),
  neighbours: await neighbours(),
});
await lab.close();
process.exit(0);

/** Nobody is isolated. The kernel chooses the nodes' source addresses: toward another node's pods, the tunnel's. */
async function nodesToPods(): Promise<Record<string, readonly string[]>> {
  const result: Record<string, readonly string[]> = {};
  for (const name of everyPod) {
    const to = families.map((family) => addressOf(lab, name, family));
    result[name] = await whoPasses(['n1', 'n2', 'x/host-near', 'x/host-far'], to, 'TCP', 80);
  }
  return result;
}

/** Who reaches the Service under each policy. Its port is 80, its target port 8080. */
async function services(): Promise<Record<string, readonly string[]>> {
  const cases = {
    open: [],
    ingressByTargetPort: [
      policy('p', { ...server, ingress: [{ from: [client], ports: [{ port: targetPort }] }] }),
    ],
    ingressByServicePort: [policy('p', { ...server, ingress: [{ from: [client], ports: [{ port: 80 }] }] })],
    egressByPod: [
      policy('p', {
        ...client,
        policyTypes: ['Egress'],
        egress: [{ to: [server], ports: [{ port: targetPort }] }],
      }),
    ],
    egressByServiceAddress: [
      policy('p', {
        ...client,
        policyTypes: ['Egress'],
        egress: [{ to: [{ ipBlock: { cidr: '10.96.0.0/12' } }, { ipBlock: { cidr: 'fd00:96::/112' } }] }],
      }),
    ],
    // The server still reaches itself, and its own node reaches it.
    closed: [policy('p', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })],
    ingressFromOtherNode: [policy('p', { ...server, ingress: [{ from: nodeBlocks('n2') }] })],
  };
  const result: Record<string, readonly string[]> = {};
  for (const [name, manifests] of Object.entries(cases)) {
    await lab.apply(...manifests);
    const from = ['x/near', 'x/far', 'x/server', 'n1', 'n2', 'x/host-far'];
    result[name] = await whoPasses(from, serviceIPs.map(address), 'TCP', 80);
    await forget(...manifests.map(({ metadata }) => metadata.name));
  }
  return result;
}

/** Under a default deny of everything: nodes and the pods of their network, as sources and as destinations. */
async function hostNetwork(): Promise<Record<string, readonly string[]>> {
  await lab.apply(policy('closed', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }));
  const from = [...lab.network.hosts.keys()];
  const to = (name: string): readonly Address[] => families.map((family) => addressOf(lab, name, family));
  const result = {
    server: await whoPasses(from, to('x/server'), 'TCP', targetPort),
    near: await whoPasses(from, to('x/near'), 'UDP', 80),
    far: await whoPasses(from, to('x/far'), 'ICMP', 0),
    hostNear: await whoPasses(from, to('x/host-near'), 'TCP', 9100),
    hostFar: await whoPasses(from, to('x/host-far'), 'UDP', 9100),
    outside: await whoPasses(from, to('outside'), 'TCP', 80),
  };
  await forget('closed');
  return result;
}

/** An allowed datagram to a port where nobody listens, and one to a port that is not allowed either. */
async function errors(): Promise<readonly string[]> {
  await lab.apply(
    policy('closed', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    policy('in', { ...server, ingress: [{ from: [client], ports: [{ protocol: 'UDP', port: 9999 }] }] }),
    policy('out', {
      ...client,
      policyTypes: ['Egress'],
      egress: [{ to: [server], ports: [{ protocol: 'UDP', port: 9999 }] }],
    }),
  );
  const flows = everyPod.flatMap((from) =>
    families.flatMap((family) =>
      [9999, 9998].map((port): ProbeFlow => ({
        from,
        to: addressOf(lab, 'x/server', family),
        protocol: 'UDP',
        port,
      })),
    ),
  );
  const results = await lab.prober.probe(flows, { timeoutMs: 600 });
  await forget('closed', 'in', 'out');
  return results
    .map(
      ({ flow, verdict, answeredBy }) =>
        `${flow.from} ${familyOf(flow.to)} ${flow.port}: ${verdict === 'unknown' ? 'silence' : verdict} ${answeredBy ?? ''}`,
    )
    .map((line) => line.trim());
}

/**
 * The server answers when the client is gone: the error goes the client's way. Policies change in between, so that no
 * packet of the connection was judged under the present ones.
 */
async function errorOfAnswer(): Promise<readonly string[]> {
  const port = 9999;
  const allow = (ports: readonly unknown[]): readonly Manifest[] => [
    policy('closed', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    policy('in', { ...server, ingress: [{ from: [client], ports }] }),
    policy('out', { ...client, policyTypes: ['Egress'], egress: [{ to: [server], ports }] }),
  ];
  await lab.apply(...allow([{ protocol: 'UDP' }]));
  const answers = await Promise.all(
    everyPod.flatMap((name) =>
      families.map(async (family, index) => {
        const answerer = openSocket(netnsPath(lab.network.hosts.get('x/server')!.netns), family, 'udp');
        const own = addressOf(lab, 'x/server', family);
        // One port each, for the socket of a server that is connected hears nobody else.
        const ownPort = port - 10 * everyPod.indexOf(name) - index;
        bindSocket(answerer, { address: own, port: ownPort });
        connectSocket(answerer, { address: addressOf(lab, name, family), port: 20_000 });
        const asker = openUdp(lab, name, family, 20_000);
        asker.send('?', own, ownPort);
        const asked = await until(() => receiveSocket(answerer) !== undefined);
        asker.close();
        return { what: `${name} ${family}`, answerer, asked };
      }),
    ),
  );
  await lab.apply(...allow([{ protocol: 'UDP', port: port - 20, endPort: port }]));
  const said = await Promise.all(
    answers.map(async ({ what, answerer, asked }) => {
      sendSocket(answerer, Buffer.from('!'));
      let error: string | undefined;
      await until(() => (error ??= takeSocketError(answerer)?.code) !== undefined, 1000);
      closeSocket(answerer);
      return `${what}: ${asked ? (error ?? 'silence') : 'not asked'}`;
    }),
  );
  await forget('closed', 'in', 'out');
  return said;
}

/**
 * The way to the server has a smaller MTU behind its node. What is too big gets lost there, so that much text arrives only
 * if the sender hears of it, through the policies of both nodes.
 */
async function tooBig(): Promise<Record<string, unknown>> {
  const port = 9999;
  const ports = [{ port }];
  await lab.apply(
    policy('closed', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    policy('in', { ...server, ingress: [{ from: [client], ports }] }),
    policy('out', { ...client, policyTypes: ['Egress'], egress: [{ to: [server], ports }] }),
  );
  const result: Record<string, unknown> = {};
  for (const family of families) {
    const to = addressOf(lab, 'x/server', family);
    const widen = await narrowTheWay(to);
    const accept = serveTcp(lab, 'x/server', family, port);
    const sender = connectTcp(lab, 'x/far', 20_000, to, port);
    const receiver = await accept(addressOf(lab, 'x/far', family), 20_000);
    const text = 'x'.repeat(100_000);
    sender.send(text);
    const arrived = await until(() => receiver.received().length === text.length);
    const route = await onHost('x/far', ['ip', 'route', 'get', to]);
    result[family] = { arrived, route: /mtu \d+/.exec(route)?.[0] };
    sender.destroy();
    receiver.destroy();
    await widen();
  }
  await forget('closed', 'in', 'out');
  return result;
}

/** Gives n1's route to the address an MTU of 1300, and returns what takes it away again. */
async function narrowTheWay(to: Address): Promise<() => Promise<void>> {
  const ip = familyOf(to) === 'IPv4' ? 'ip -4' : 'ip -6';
  // IPv6 takes no lock: its routers obey a route's MTU anyway.
  const lock = familyOf(to) === 'IPv4' ? 'lock' : '';
  const script = `
    dev=$(${ip} -oneline route get ${to} | sed 's/.* dev \\([^ ]*\\).*/\\1/')
    before=$(${ip} route show exact ${to})
    ${ip} route replace ${to} dev $dev mtu ${lock} 1300
    echo "\${before:-none}"`;
  const before = (await onHost('n1', ['sh', '-e', '-c', script])).trim();
  return async () => {
    await onHost('n1', ['sh', '-c', `${ip} route delete ${to}`]);
    if (before !== 'none') await onHost('n1', ['sh', '-c', `${ip} route add ${before}`]);
  };
}

/** Everything is closed but one TCP port, and nobody knows anybody's MAC address any more. */
async function neighbours(): Promise<readonly string[]> {
  await lab.apply(
    policy('one-port', {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ ports: [{ port: targetPort }] }],
      egress: [{ ports: [{ port: targetPort }] }],
    }),
  );
  for (const name of ['n1', 'n2', 'x/server', 'x/near', 'x/far']) {
    await onHost(name, [
      'ip',
      'neigh',
      'flush',
      'nud',
      'reachable',
      'nud',
      'stale',
      'nud',
      'delay',
      'nud',
      'probe',
    ]);
  }
  const to = families.map((family) => addressOf(lab, 'x/server', family));
  const open = await whoPasses(everyPod, to, 'TCP', targetPort);
  const ping = await whoPasses(everyPod, to, 'ICMP', 0);
  return [...open.map((line) => `TCP ${line}`), ...ping.map((line) => `ICMP ${line}`)];
}

/**
 * Who gets an answer: the name, alone where both families agree, and anything but an answer or silence in full. A first
 * silence is not believed, for packets may be waiting behind neighbour discovery.
 */
async function whoPasses(
  from: readonly string[],
  to: readonly Address[],
  protocol: ProbeFlow['protocol'],
  port: number,
): Promise<readonly string[]> {
  const flows = from.flatMap((name) =>
    to.map((each): ProbeFlow => ({ from: name, to: each, protocol, port })),
  );
  lab.prober.listenFor(flows);
  const results = await lab.prober.probe(flows, { timeoutMs: 400, tries: 2 });
  return Object.entries(Object.groupBy(results, ({ flow }) => flow.from)).flatMap(([name, both = []]) => {
    const said = [...new Set(both.map(word))];
    if (said.length > 1) return [`${name}: ${said.join(', ')}`];
    return said[0] === 'passes' ? [name] : said[0] === 'silence' ? [] : [`${name}: ${String(said[0])}`];
  });
}

function word({ verdict }: ProbeResult): string {
  if (verdict === 'allowed') return 'passes';
  return verdict === 'dropped' ? 'silence' : verdict;
}

async function forget(...names: readonly string[]): Promise<void> {
  for (const name of names) await lab.delete('NetworkPolicy', 'x', name);
}

function onHost(host: string, argv: readonly string[]): Promise<string> {
  return run(lab.network.execIn(host, argv));
}
