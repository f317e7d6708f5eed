import type { Lab } from '../../src/lab/lab.ts';
import { run } from '../../src/lab/network/run.ts';

// A foreign program that uses other bits of the conntrack mark, as service meshes and VPNs do: it marks each new
// connection, and counts on every later packet whether its bits are as it left them.

const own = '0x00005a5a';
const ownBits = '0x0000ffff';
const agentsBits = '0xffff0000';

/** Starts to mark and to count the connections to these ports, on all nodes. */
export async function setForeignMarks(lab: Lab, ports: readonly number[]): Promise<void> {
  const ours = `meta l4proto { tcp, udp, sctp } th dport { ${ports.join(', ')} }`;
  const count = [
    `${ours} ct mark & ${ownBits} == ${own} counter comment "kept"`,
    `${ours} ct mark & ${ownBits} != ${own} counter comment "lost"`,
    `${ours} ct mark & ${agentsBits} != 0 counter comment "judged"`,
  ].join('; ');
  const ruleset = `table inet foreign {
    chain first { type filter hook prerouting priority -150; ${ours} ct state new ct mark set ct mark | ${own}; ${count}; }
    chain last { type filter hook postrouting priority 300; ${count}; }
  }`;
  for (const { name } of lab.network.cluster.nodes)
    await run(lab.network.execIn(name, ['nft', '-f', '-']), ruleset);
}

/** Packets of all nodes whose foreign bits were kept, or lost, and those that the agent's rules had marked as well. */
export async function countForeignMarks(
  lab: Lab,
): Promise<Readonly<Record<'kept' | 'lost' | 'judged', number>>> {
  const counts = { kept: 0, lost: 0, judged: 0 };
  for (const { name } of lab.network.cluster.nodes) {
    const listed = await run(lab.network.execIn(name, ['nft', 'list', 'table', 'inet', 'foreign']));
    for (const [, packets, what] of listed.matchAll(/counter packets (\d+) bytes \d+ comment "(\w+)"/g)) {
      counts[what as keyof typeof counts] += Number(packets);
    }
  }
  return counts;
}
