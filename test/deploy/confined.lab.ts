import { mkdtemp, readFile, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { families } from '../../src/net/protocol.ts';
import { pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { policy, startFlowLab } from '../packets/flow-lab.ts';
import { addressOf } from '../packets/sockets-in-pods.ts';

// The agent as the DaemonSet runs it in the image, enforcing.

const denied: string[] = [];
const repository = path.resolve(import.meta.dirname, '../..');
// Of its own: what is mounted there hides what lay in it, and a checkout may lie anywhere.
const root = await mkdtemp(path.join(tmpdir(), 'ringfence-image-'));
const lab = await startFlowLab(
  [
    pod('x/server', { nodeName: 'n1' }),
    pod('x/friend', { nodeName: 'n2' }),
    pod('x/stranger', { nodeName: 'n2' }),
  ],
  {
    agentFlags: ['--log-denials', '--log-level', 'info'],
    onLog: (_, line) => {
      if (line.includes('connection denied')) denied.push(line);
    },
    command: [
      ...['unshare', '--mount', '--propagation', 'private'],
      ...['sh', `${import.meta.dirname}/confined.sh`, root, repository, process.execPath],
    ],
  },
);
await lab.apply(
  policy('server', {
    podSelector: { matchLabels: { app: 'server' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
  }),
);
const flows = ['x/friend', 'x/stranger'].flatMap((from) =>
  families.map((family) => ({
    from,
    to: addressOf(lab, 'x/server', family),
    protocol: 'TCP' as const,
    port: 80,
  })),
);
lab.prober.listenFor(flows);
const answers = await lab.prober.probe(flows, { timeoutMs: 1000, tries: 2 });
const agent = lab.agents.get('n1')?.pid ?? 0;
const status = await readFile(`/proc/${String(agent)}/status`, 'utf8');
const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
report({
  verdicts: answers.map(({ flow, verdict }) => `${flow.from} ${verdict}`),
  capabilities: ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map(field),
  noNewPrivileges: field('NoNewPrivs'),
  denied: denied.length > 0,
  phase: (await lab.status('n1')).phase,
});
await lab.close();
await rmdir(root);
