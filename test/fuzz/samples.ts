import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { createFakeNft } from '../../src/nft/fake.ts';
import { compile, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { replacementOf } from '../../src/ruleset/transaction.ts';
import { clusterOf, nodeOf, cidr, podOf, address, policyOf } from '../cases/builders.ts';
import { everyKind } from '../ruleset/every-kind.ts';

// What the readers meet in the world, from the checkout.

const root = path.join(import.meta.dirname, '../..');

function filesIn(folder: string, isWanted: (name: string) => boolean): readonly string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(isWanted)
    .sort()
    .map((name) => readFileSync(path.join(root, folder, name), 'utf8'))
    .filter((text) => text.length < 20_000);
}

const isTest = (name: string): boolean => name.endsWith('.policy-test.yaml');
const isManifest = (name: string): boolean => /\.ya?ml$/.test(name) && !isTest(name);

export const manifests = (): readonly string[] => [
  ...filesIn('rules', isManifest),
  ...filesIn('test/cli/input/bad', isManifest),
];

/** Every object of the manifests that parses, as an API server would give it. */
export function objects(): readonly Readonly<Record<string, unknown>>[] {
  return filesIn('rules', isManifest)
    .flatMap((text) => parseAllDocuments(text))
    .map((document): unknown => ('toJS' in document ? document.toJS() : null))
    .flatMap((value) => itemsOf(value))
    .map((value, index) => ({
      ...value,
      metadata: {
        namespace: 'default',
        resourceVersion: String(index),
        ...(typeof value['metadata'] === 'object' ? value['metadata'] : {}),
      },
    }));
}

function itemsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (typeof value !== 'object' || value === null) return [];
  const { items } = value as { readonly items?: unknown };
  return Array.isArray(items) ? items.flatMap(itemsOf) : [value as Record<string, unknown>];
}

export const policyTests = (): readonly string[] => filesIn('rules', isTest);
export const lockFiles = (): readonly string[] => filesIn('rules', (name) => name.endsWith('.lock'));

/** Listings of tables as nft writes them: every kind of object, and what the compiler makes of a small cluster. */
export async function listings(table: string): Promise<readonly object[]> {
  const cluster = clusterOf({
    nodes: [nodeOf('n1', { podCIDRs: [cidr('10.244.1.0/24')] })],
    pods: [podOf('x/a', { nodeName: 'n1', addresses: [address('10.244.1.5')] })],
    policies: [policyOf('x/deny', { policyTypes: ['ingress', 'egress'] })],
  });
  const rulesets = [compile(cluster, { ...defaultCompilerOptions, nodeName: 'n1' }), everyKind()];
  return Promise.all(
    rulesets.map(async (ruleset) => {
      const nft = createFakeNft();
      await nft.apply(replacementOf({ ...ruleset, table }));
      const listed = (await nft.list(table)) ?? [];
      return {
        nftables: [
          { metainfo: { version: '1.0.6', json_schema_version: 1 } },
          ...listed.map(({ kind, body }) => ({ [kind]: body })),
        ],
      };
    }),
  );
}

/** A transaction as `nft monitor` shows it, with what other tables do between. */
export const monitorLines: readonly string[] = [
  'add table inet ringfence\nadd chain inet ringfence forward { type filter hook forward priority 0; policy accept; }\n' +
    'add element inet ringfence known-ipv4 { 10.244.1.5 }\n# new generation 7 by process 4242 (nft)\n',
  'delete table inet ringfence\n# new generation 8 by process 1 (systemd)\n',
  'add rule ip nat POSTROUTING counter\n# new generation 9 by process 77 (iptables)\n# ERROR: Recv buffer overrun\n',
];

/** Lines of ulogd 2.0.8 with its output to JSON. */
export const packets: readonly object[] = [
  {
    timestamp: '2026-01-01T00:00:00.000000+0000',
    dvc: 'Netfilter',
    'raw.pktlen': 60,
    'oob.prefix': 'ringfence-denied',
    'ip.protocol': 6,
    src_ip: '10.244.1.5',
    dest_ip: '10.244.2.6',
    src_port: 40_000,
    dest_port: 80,
  },
  { 'oob.prefix': 'ringfence-denied', 'ip6.nexthdr': 58, src_ip: 'fd00::1', dest_ip: 'fd00::2' },
];

/** Of `can`, `explain` and the lines of policy tests. */
export const ends: readonly string[] = [
  'shop/web',
  'shop/deployment/web',
  'shop/*',
  'ns:shop',
  'ns:*',
  'shop/app=web,tier!=x?',
  'app in (a,b),!gone',
  'svc/shop/web:http',
  'ing/shop/web:80',
  '10.0.0.0/8 except 10.1.0.0/16,10.2.0.0/16',
  '[2001:db8::1]:443/tcp',
  '[2001:db8::/32 except 2001:db8:1::/48]?:1-2,dns/udp',
  'https://shop.example.com:8443/api?x=1',
  'shop.example.com:80/path',
  'internet',
  'node:*/udp',
  'any:80,443/tcp,1000-2000/sctp,*/other',
];
export const ports: readonly string[] = [
  '80',
  '443/tcp,1000-2000/sctp',
  'http,dns/udp',
  '*/other',
  '*',
  '*/udp',
];
export const selectors: readonly string[] = [
  'app=web,tier!=db',
  'env in (a,b),env notin (c)',
  '!gone,here',
  'example.com/a==b',
];

const meta = (name: string, labels: Readonly<Record<string, string>> = {}): object => ({
  name,
  namespace: 'shop',
  labels,
});
const pod = (name: string, last: number, nodeName: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta(name, { app: name }),
  spec: {
    nodeName,
    containers: [
      {
        name: 'c',
        ports: [
          { name: 'http', containerPort: 80 },
          { name: 'dns', containerPort: 53, protocol: 'UDP' },
        ],
      },
    ],
  },
  status: {
    phase: 'Running',
    podIPs: [{ ip: `10.244.1.${String(last)}` }, { ip: `fd00:1::${String(last)}` }],
  },
});
const networkPolicy = (name: string, spec: object): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: meta(name),
  spec,
});

/** Two nodes, pods with addresses, and policies of every form: verdicts can be asked for. */
export const cluster: object = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    ...['n1', 'n2'].map((name, index) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      spec: { podCIDRs: [`10.244.${String(index + 1)}.0/24`] },
      status: { addresses: [{ type: 'InternalIP', address: `192.0.2.${String(index + 1)}` }] },
    })),
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'shop' } } },
    pod('web', 5, 'n1'),
    pod('db', 6, 'n1'),
    pod('far', 7, 'n2'),
    networkPolicy('deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    networkPolicy('web', {
      podSelector: { matchLabels: { app: 'web' } },
      ingress: [
        { from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.244.1.0/24'] } }], ports: [{ port: 'http' }] },
      ],
      egress: [
        {
          to: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'x'] }] } }],
        },
        { ports: [{ protocol: 'UDP', port: 53 }] },
      ],
    }),
    networkPolicy('db', {
      podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] },
      ingress: [
        {
          from: [
            {
              namespaceSelector: { matchLabels: { team: 'shop' } },
              podSelector: { matchLabels: { app: 'web' } },
            },
          ],
          ports: [
            { port: 1, endPort: 100 },
            { protocol: 'UDP', port: 'dns' },
          ],
        },
      ],
      egress: [{}],
    }),
  ],
};
