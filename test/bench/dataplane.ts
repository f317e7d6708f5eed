import { setTimeout as delay } from 'node:timers/promises';
import { enterLab } from '../../src/lab/network/enter.ts';
import { run } from '../../src/lab/network/run.ts';
import { bindSocket, connectSocket, openSocket, sendSocket } from '../../src/lab/probe/sockets.ts';
import type { NetworkPolicy } from '../../src/model/network-policy.ts';
import { compile, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { renderRuleset } from '../../src/ruleset/render-ruleset.ts';
import { address, cidr, clusterOf, nodeOf, podOf, policyOf } from '../cases/builders.ts';

// What the ruleset costs a packet on its way from a client over a router to a pod, in namespaces of the bench's own: the
// time of the system call that sends it, which carries it to the receiver. Wanted: an established packet at most 1.02
// times what a bare `ct state established accept` costs, a new flow with 1,000 policies on the pod at most 1.2 times what
// it costs with one. Run: npm run bench:dataplane

const rounds = 60;
const packets = 3000;
const pod = address('10.244.1.6');
const port = 80;

await enterLab();
await buildNetwork();

const bare =
  'table inet ringfence\ndelete table inet ringfence\ntable inet ringfence { chain forward { type filter hook forward priority filter; ct state established,related accept; }; }';
const nothing = 'table inet ringfence\ndelete table inet ringfence\n';
const [one, thousand] = [rulesetWith(1), rulesetWith(1000)];

const established = await compare({ nothing, bare, one, thousand }, establishedPackets());
const fresh = await compare({ nothing, one, thousand }, newFlows());
print('established packet', established, [
  ['one', 'bare'],
  ['thousand', 'bare'],
]);
print('new flow', fresh, [
  ['one', 'nothing'],
  ['thousand', 'one'],
]);

/** client - router - pod */
async function buildNetwork(): Promise<void> {
  const commands = `
    for n in client router pod; do ip netns add $n; ip -n $n link set lo up; done
    ip link add veth0 netns client mtu 1500 type veth peer name client netns router
    ip link add veth0 netns pod mtu 1500 type veth peer name pod netns router
    ip -n client addr add 10.1.0.2/16 dev veth0; ip -n router addr add 10.1.0.1/16 dev client
    ip -n pod addr add ${pod}/24 dev veth0; ip -n router addr add 10.244.1.1/24 dev pod
    for end in 'client veth0' 'router client' 'router pod' 'pod veth0'; do ip -n \${end% *} link set \${end#* } up; done
    ip -n client route add default via 10.1.0.1; ip -n pod route add default via 10.244.1.1
    ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; cd /proc/sys/net/netfilter; echo 1 | tee nf_conntrack_udp_timeout; echo 2000000 > nf_conntrack_max || true'`;
  await run(['sh', '-ec', commands]);
}

/** Policies on the pod, each with ports and peers of its own; the last one allows what is sent. */
function rulesetWith(count: number): string {
  const policies = Array.from({ length: count }, (_, index): NetworkPolicy => {
    const last = index === count - 1;
    const first = last ? port : 10_000 + index;
    return policyOf(`x/p${String(index).padStart(4, '0')}`, {
      policyTypes: ['ingress'],
      ingress: [
        {
          index: 0,
          peers: [
            {
              kind: 'ipBlock',
              cidr: cidr(last ? '10.1.0.0/16' : `10.${String(2 + (index % 200))}.0.0/16`),
              except: [],
            },
          ],
          ports: [{ kind: 'range', protocol: 'UDP', first, last: first }],
        },
      ],
    });
  });
  const cluster = clusterOf({
    nodes: [nodeOf('n1', { podCIDRs: [cidr('10.244.1.0/24')] })],
    pods: [podOf('x/a', { nodeName: 'n1', addresses: [pod] })],
    policies,
  });
  return renderRuleset(compile(cluster, { ...defaultCompilerOptions, nodeName: 'n1' }));
}

type Send = () => void;

/** One flow that has had its answer. */
function establishedPackets(): () => Send {
  const server = openSocket('/run/netns/pod', 'IPv4', 'udp');
  bindSocket(server, { address: pod, port });
  connectSocket(server, { address: address('10.1.0.2'), port: 4000 });
  const client = openSocket('/run/netns/client', 'IPv4', 'udp');
  bindSocket(client, { address: address('10.1.0.2'), port: 4000 });
  connectSocket(client, { address: pod, port });
  const bytes = Buffer.alloc(16);
  return () => {
    sendSocket(client, bytes);
    sendSocket(server, bytes);
    sendSocket(client, bytes);
    return () => {
      sendSocket(client, bytes);
    };
  };
}

/** Each packet the first of a flow: UDP headers by hand, from ports that come round after conntrack has forgotten them. */
function newFlows(): () => Send {
  const server = openSocket('/run/netns/pod', 'IPv4', 'udp');
  bindSocket(server, { address: pod, port });
  const client = openSocket('/run/netns/client', 'IPv4', { raw: 17 });
  connectSocket(client, { address: pod, port: 0 });
  const header = Buffer.alloc(8);
  header.writeUInt16BE(port, 2);
  header.writeUInt16BE(header.length, 4);
  let next = 1024;
  return () => () => {
    next = next >= 65_000 ? 1024 : next + 1;
    header.writeUInt16BE(next, 0);
    sendSocket(client, header);
  };
}

/** Microseconds a packet under each ruleset: the fastest of many rounds, one ruleset after the other. */
async function compare<Name extends string>(
  rulesets: Readonly<Record<Name, string>>,
  prepare: () => Send,
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(rulesets) as Name[];
  const best = Object.fromEntries(names.map((name) => [name, Infinity])) as Record<Name, number>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      await run(['ip', 'netns', 'exec', 'router', 'nft', '-f', '-'], rulesets[name]);
      const send = prepare();
      for (let index = 0; index < 100; index += 1) send();
      const start = process.hrtime.bigint();
      for (let index = 0; index < packets; index += 1) send();
      best[name] = Math.min(best[name], Number(process.hrtime.bigint() - start) / 1000 / packets);
      // Flows are forgotten after a second; their ports come round after twenty rulesets.
      await delay(50);
    }
  }
  return best;
}

function print<Name extends string>(
  what: string,
  best: Readonly<Record<Name, number>>,
  ratios: readonly (readonly [Name, Name])[],
): void {
  for (const [name, time] of Object.entries<number>(best))
    console.log(`${what}, ${name}: ${time.toFixed(3)} us`);
  for (const [a, b] of ratios) console.log(`${what}, ${a} / ${b}: ${(best[a] / best[b]).toFixed(3)}`);
}
