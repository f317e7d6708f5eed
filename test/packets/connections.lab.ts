import { setTimeout as delay } from 'node:timers/promises';
import type { Lab } from '../../src/lab/lab.ts';
import { families, type Family } from '../../src/net/protocol.ts';
import { pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { policy, startFlowLab } from './flow-lab.ts';
import { openStream } from './datagram-stream.ts';
import { countForeignMarks, setForeignMarks } from './foreign-marks.ts';
import {
  addressOf,
  connectTcp,
  openSctp,
  openUdp,
  serveTcp,
  type TcpEnd,
  type UdpEnd,
  until,
} from './sockets-in-pods.ts';

// What a new policy does to connections that stand. All kinds of connections, in both families, from the server's node
// and from the other one, meet the same policy at once.

const lab = await startFlowLab([
  pod('x/server', { nodeName: 'n1' }),
  pod('x/near', { nodeName: 'n1', labels: { app: 'client' } }),
  pod('x/far', { nodeName: 'n2', labels: { app: 'client' } }),
  pod('x/near-friend', { nodeName: 'n1', labels: { app: 'friend' } }),
  pod('x/far-friend', { nodeName: 'n2', labels: { app: 'friend' } }),
]);

/** Each forbids the clients, and not their friends, to reach the server: at the server's node, or at the client's. */
const policies = {
  ingress: {
    podSelector: { matchLabels: { app: 'server' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
  },
  egress: { podSelector: { matchLabels: { app: 'client' } }, policyTypes: ['Egress'], egress: [] },
};

const tcpPort = 7000;
const udpPort = 7001;
const sctpPort = 7002;
lab.prober.listen('x/server', 'SCTP', sctpPort);
await setForeignMarks(lab, [tcpPort, udpPort, sctpPort]);
const servers = new Map(families.map((family) => [family, serveTcp(lab, 'x/server', family, tcpPort)]));
const udpServers = new Map(
  families.map((family) => [family, openUdp(lab, 'x/server', family, udpPort, (text) => text)]),
);
// Streams have those from 20,000 on.
let lastPort = 30_000;

const result: Record<string, unknown> = {};
for (const [direction, spec] of Object.entries(policies)) {
  const victims = await Promise.all(
    pairs(['x/near', 'x/far']).map(([client, family]) => openVictim(client, family)),
  );
  const friends = await Promise.all(
    pairs(['x/near-friend', 'x/far-friend']).map(([client, family]) => openFriend(client, family)),
  );
  // Without a policy nothing is marked, and afterwards the flows are older than the isolation.
  await until(() => friends.every(({ count }) => count() > 10));
  // Its own ports: what the victims below count stays theirs.
  const streams = pairs(['x/near', 'x/far']).map(([client, family]) =>
    openStream(lab, client, 'x/server', family),
  );
  await until(() => streams.every(({ answered }) => answered() > 10));
  const asked = performance.now();
  await lab.apply(policy('forbid', spec));
  await delay(100);
  const cutAfter = streams.map(({ arrivals }) => (arrivals.at(-1) ?? Infinity) - asked);
  for (const { close } of streams) close();
  const cut = await Promise.all(victims.map((victim) => victim.forbidden()));
  await lab.delete('NetworkPolicy', 'x', 'forbid');
  const back = await Promise.all(victims.map((victim) => victim.allowedAgain()));
  result[direction] = {
    cut,
    cutAfter,
    back,
    friends: await Promise.all(friends.map((friend) => friend.finish())),
  };
}
report({ ...result, marks: await countForeignMarks(lab) });
await lab.close();
// Servers and half-open connections are nobody's to close.
process.exit(0);

function pairs(clients: readonly string[]): readonly (readonly [string, Family])[] {
  return clients.flatMap((client) => families.map((family) => [client, family] as const));
}

interface Victim {
  forbidden(): Promise<Record<string, unknown>>;
  allowedAgain(): Promise<Record<string, unknown>>;
}

async function openVictim(client: string, family: Family): Promise<Victim> {
  const [active, pushed, halfClosed, idle, idleServer] = (await Promise.all(
    Array.from({ length: 5 }, () => connect(lab, client, family)),
  )) as [Pair, Pair, Pair, Pair, Pair];
  active.client.send('before');
  const stopPushing = [push(pushed.server), push(halfClosed.server)];
  halfClosed.client.finish();
  await until(
    () =>
      active.server.received() === 'before' &&
      halfClosed.server.state() === 'half-closed' &&
      [pushed, halfClosed].every((pair) => pair.client.received() !== ''),
  );
  const udpServer = udpServers.get(family)!;
  const server = addressOf(lab, 'x/server', family);
  const clientPort = ++lastPort;
  const udp = openUdp(lab, client, family, clientPort);
  const sctp = openSctp(lab, client, ++lastPort, server, sctpPort);
  await sctp.ask();
  udp.send('before', server, udpPort);
  await until(() => udp.received().length === 1);
  return {
    async forbidden() {
      const before = { client: udp.received().length, server: countOf(udpServer, `${client} after`) };
      for (let index = 0; index < 5; index += 1) udp.send(`${client} after`, server, udpPort);
      active.client.send('after');
      idle.client.send('after');
      idleServer.server.send('late');
      const [one, two, three, four, five] = await Promise.all([
        ends(active),
        ends(pushed),
        ends(halfClosed),
        ends(idle),
        ends(idleServer),
      ]);
      for (const stop of stopPushing) stop();
      const sctpAnswered = await sctp.ask(100);
      // From the server's side, too.
      udpServer.send('reply', addressOf(lab, client, family), clientPort);
      await delay(100);
      return {
        active: one,
        pushed: two,
        halfClosed: three,
        idle: four,
        idleServer: five,
        leaked: [active, idle].map((pair) => pair.server.received().replace('before', '')).join(''),
        udp: countOf(udpServer, `${client} after`) - before.server,
        // Nothing forbids the server to begin: to it, that is no answer.
        pushedUdp: udp.received().length - before.client,
        sctp: sctpAnswered,
        newConnection: await connects(client, family, 150),
      };
    },
    async allowedAgain() {
      const before = udp.received().length;
      udp.send('again', server, udpPort);
      const answered = await until(() => udp.received().length > before);
      udp.close();
      const sctpAnswered = await sctp.ask();
      sctp.close();
      return { udp: answered, sctp: sctpAnswered, newConnection: await connects(client, family, 5000) };
    },
  };
}

interface Pair {
  readonly client: TcpEnd;
  readonly server: TcpEnd;
}

async function connect(within: Lab, client: string, family: Family): Promise<Pair> {
  const port = ++lastPort;
  const end = connectTcp(within, client, port, addressOf(within, 'x/server', family), tcpPort);
  return { client: end, server: await servers.get(family)!(addressOf(within, client, family), port) };
}

async function connects(client: string, family: Family, milliseconds: number): Promise<boolean> {
  const port = ++lastPort;
  const end = connectTcp(lab, client, port, addressOf(lab, 'x/server', family), tcpPort);
  let connected = false;
  void servers.get(family)!(addressOf(lab, client, family), port).then(
    () => (connected = true),
    () => undefined,
  );
  await until(() => connected, milliseconds);
  end.destroy();
  return connected;
}

/** Sends now and then, until it is told to stop. */
function push(end: TcpEnd): () => void {
  const timer = setInterval(() => {
    end.send('.');
  }, 10);
  return () => {
    clearInterval(timer);
  };
}

/** How both ends of a connection end, the client's first. An end that has not heard of it sends, to hear of it. */
async function ends({ client, server }: Pair): Promise<string> {
  await until(() => client.state() !== 'open' && client.state() !== 'half-closed');
  await until(() => {
    if (['open', 'half-closed'].includes(server.state())) server.send('?');
    return !['open', 'half-closed'].includes(server.state());
  });
  return `${client.state()} ${server.state()}`;
}

function countOf(end: UdpEnd, text: string): number {
  return end.received().filter((one) => one === text).length;
}

interface Friend {
  readonly count: () => number;
  /** What was lost of all that was sent. */
  finish(): Promise<Record<string, unknown>>;
}

/** Talks with the server all the time, over TCP and UDP. */
async function openFriend(client: string, family: Family): Promise<Friend> {
  const pair = await connect(lab, client, family);
  const udp = openUdp(lab, client, family, ++lastPort);
  const server = addressOf(lab, 'x/server', family);
  let count = 0;
  const sent: string[] = [];
  const timer = setInterval(() => {
    const text = `${String(++count)} `;
    sent.push(text);
    pair.client.send(text);
    udp.send(text, server, udpPort);
  }, 3);
  return {
    count: () => count,
    async finish() {
      clearInterval(timer);
      const all = sent.join('');
      await until(() => pair.server.received().length >= all.length && udp.received().length >= sent.length);
      const whole = pair.server.received() === all;
      pair.client.destroy();
      udp.close();
      return { whole, lost: sent.length - udp.received().length, state: pair.server.state() };
    },
  };
}
