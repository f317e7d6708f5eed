import { execFile } from 'node:child_process';
import { rmdirSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { families } from '../../src/net/protocol.ts';
import { pod } from '../lab/network/cluster.ts';
import { report } from '../lab/network/in-lab.ts';
import { policy, startFlowLab } from '../packets/flow-lab.ts';
import { addressOf } from '../packets/sockets-in-pods.ts';
import { asAgent, inImage, type UnpackedImage } from './in-image.ts';

// The agent as the DaemonSet runs it, enforcing: in the image that the third argument names as JSON, or in a stand-in for it.

const denied: string[] = [];
const repository = path.resolve(import.meta.dirname, '../..');
const given = process.argv[4];
// Of its own: what is mounted there hides what lay in it, and a checkout may lie anywhere.
const standIn = await mkdtemp(path.join(tmpdir(), 'ringfence-image-'));
process.once('exit', () => {
  rmdirSync(standIn);
});
const image =
  given === undefined
    ? {
        root: standIn,
        env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
        entrypoint: ['/usr/local/bin/node', '/opt/ringfence/dist/ringfence.js'],
      }
    : (JSON.parse(given) as UnpackedImage);
const layOut =
  given === undefined
    ? ['sh', `${import.meta.dirname}/image-stand-in.sh`, standIn, repository, process.execPath]
    : [];

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
      ...layOut,
      ...inImage(image, [...asAgent, ...image.entrypoint]),
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
const agent = String(lab.agents.get('n1')?.pid);
const status = await readFile(`/proc/${agent}/status`, 'utf8');
const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
report({
  verdicts: answers.map(({ flow, verdict }) => `${flow.from} ${verdict}`),
  capabilities: ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map(field),
  noNewPrivileges: field('NoNewPrivs'),
  denied: denied.length > 0,
  phase: (await lab.status('n1')).phase,
  verified: await verify(),
});
await lab.close();

/** As `kubectl exec` runs it beside the agent: found by the PATH of the image, which the stand-in has no links for. */
async function verify(): Promise<string> {
  const command = given === undefined ? image.entrypoint : ['ringfence'];
  const [file = '', ...args] = lab.network.execIn('n1', [
    ...['nsenter', `--target=${agent}`, '--mount', '--root', '--wd'],
    ...[...asAgent, ...command, 'verify', '--log-denials'],
  ]);
  const env = Object.fromEntries(
    image.env.map((entry) => entry.split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  const { stdout } = await promisify(execFile)(file, args, {
    env: { ...env, NODE_NAME: 'n1', KUBECONFIG: lab.kubeconfig },
  });
  return stdout;
}
