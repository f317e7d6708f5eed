import { readlinkSync } from 'node:fs';
import { enterLab } from '../../../src/lab/network/enter.ts';
import { startNetwork } from '../../../src/lab/network/network.ts';
import { startProber } from '../../../src/lab/probe/probe.ts';
import { cluster, pod } from './cluster.ts';

// A lab as a command makes it: it enters by itself, stands, says so, and waits for its end.
await enterLab();
const network = await startNetwork(cluster([pod('x/a'), pod('x/b')]), { topology: 'bridge' });
const prober = startProber(network.hosts);
prober.listenAsDeclared();
const results = await prober.probe([
  { from: 'x/a', to: network.hosts.get('x/b')?.addresses[0] ?? ('' as never), protocol: 'TCP', port: 80 },
]);
process.on('SIGTERM', () => process.exit(7));
process.stdout.write(
  `${JSON.stringify({ netns: readlinkSync('/proc/self/ns/net'), verdict: results[0]?.verdict })}\n`,
);
setInterval(() => undefined, 1000);
