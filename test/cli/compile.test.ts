import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { fileSystemIo } from '../../src/cli/input/input-io.ts';
import { fileSystemOutput } from '../../src/cli/output-io.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { normaliseSelector } from '../../src/model/label-selector.ts';
import { parseAddress } from '../../src/net/address.ts';
import { compile as compileCluster, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { renderJson } from '../../src/ruleset/render-json.ts';
import { renderRuleset } from '../../src/ruleset/render-ruleset.ts';
import { renderText } from '../../src/ruleset/render-text.ts';
import { replacementOf } from '../../src/ruleset/transaction.ts';
import { run } from '../golden/command-line.ts';
import { objectsIn } from '../golden/listing.ts';
import { startNftShell } from '../golden/nft-shell.ts';
import { runs } from '../property/runs.ts';
import { nftOrSkip } from '../support/nft-versions.ts';

// What `ringfence compile` reads, prints and says. What the rulesets are is held by test/golden.

const node = (name: string, third = 1): string => `apiVersion: v1
kind: Node
metadata: { name: ${name} }
spec: { podCIDRs: [10.244.${third}.0/24] }
`;
const pod = (name: string, nodeName: string, address?: string): string => `apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: ${name}, labels: { app: ${name} } }
spec: { ${nodeName === '' ? '' : `nodeName: ${nodeName}, `}containers: [{ name: main, image: main }] }
${address === undefined ? '' : `status: { phase: Running, podIP: ${address}, podIPs: [{ ip: ${address} }] }\n`}`;
const policy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: db-from-web }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress:
  - from: [{ podSelector: { matchLabels: { app: web } } }]
    ports: [{ port: 5432 }]
`;
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: { namespace: shop, name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: main, image: main }] }
`;
const documents = (...all: readonly string[]): string => all.join('---\n');
const shop = documents(node('w1'), pod('db', 'w1', '10.244.1.2'), pod('web', 'w1', '10.244.1.3'), policy);

/** Runs `compile -f in.yaml` with more arguments. */
const compile = (text: string, ...args: readonly string[]) =>
  run(['compile', '-f', 'in.yaml', ...args], { files: { 'in.yaml': text } });

describe('input', () => {
  test('files, directories and standard input come to the same', async () => {
    const files = {
      'one.yaml': shop,
      'dir/nodes.yml': node('w1'),
      'dir/pods.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: 'shop', name: 'db', labels: { app: 'db' } },
        spec: { nodeName: 'w1', containers: [] },
        status: { phase: 'Running', podIP: '10.244.1.2' },
      }),
      'dir/policy.yaml': policy,
      'dir/deep/web.yaml': pod('web', 'w1', '10.244.1.3'),
      'dir/README.md': 'not a manifest',
    };
    const expected = (await run(['compile', '-f', 'one.yaml'], { files })).out;
    expect(expected).toContain('chain ingress-shop/db {');
    for (const args of [
      ['-f', '-'],
      ['-f', 'dir', '-R'],
      ['-R', '-f', './dir/'],
      ['--filename', 'dir', '--filename', 'dir/deep/web.yaml'],
      ['-f', 'dir/deep', '-f', 'dir/nodes.yml', '-f', 'dir/pods.json', '-f', 'dir/policy.yaml'],
    ]) {
      const { code, out } = await run(['compile', ...args], { files, stdin: shop });
      expect({ code, out }, args.join(' ')).toEqual({ code: 0, out: expected });
    }
  });

  test('a directory without -R says what it left out', async () => {
    const files = { 'dir/all.yaml': shop, 'dir/deep/more.yaml': pod('cache', 'w1', '10.244.1.4') };
    const { code, out, err } = await run(['compile', '-f', 'dir'], { files });
    expect(code).toBe(0);
    expect(out).not.toContain('10.244.1.4');
    expect(err).toContain('deep');
    expect(err).toContain('-R');
  });

  test('a dump of kubectl, with all that an API server adds', async () => {
    const { code, out, err } = await run(['compile', '-f', '-', '--node', 'w1'], { stdin: dump });
    expect(code).toBe(0);
    expect(err).toBe('note: objects that say nothing about who reaches whom were passed over: 1 ConfigMap\n');
    expect(out).toBe((await compile(shop)).out);
  });

  test('--namespace is where objects are that name none', async () => {
    const bare = shop.replaceAll('namespace: shop, ', '');
    expect((await compile(bare)).out).toContain('chain ingress-default/db {');
    expect((await compile(bare, '-n', 'shop')).out).toBe((await compile(shop)).out);
    const { code, out, err } = await compile(bare, '-n', 'No Such');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('invalid namespace "No Such"');
  });

  test('from the disk', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ringfence-compile-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    mkdirSync(path.join(folder, 'deep'));
    writeFileSync(path.join(folder, 'deep/all.yaml'), shop);
    const out: string[] = [];
    const err: string[] = [];
    const code = await runProgram(['compile', '-R', '-f', folder], {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      input: fileSystemIo(() => Promise.reject(new Error('nobody asked for standard input'))),
      output: fileSystemOutput,
      env: {},
      colour: { out: false, err: false },
      signal: new AbortController().signal,
    });
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out.join('')).toBe((await compile(shop)).out);
  });

  test.for<[string, string, string]>([
    ['a tab for indentation', 'apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n', 'in.yaml:4:1: error: '],
    [
      'a misspelled field',
      policy.replace('podSelector: { matchLabels: { app: db } }', 'podSelector: {}\n  policyType: [Ingress]'),
      'in.yaml:6:3: error: unknown field "spec.policyType"',
    ],
    [
      'a CIDR that is none',
      policy.replace('podSelector: { matchLabels: { app: web } }', 'ipBlock: { cidr: 10.0.0.256/8 }'),
      'in.yaml:7:31: error: ',
    ],
    [
      'a policy of another kind',
      'apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: { name: a }\n',
      'in.yaml:2:',
    ],
    ['a second policy of one name', documents(policy, policy), 'in.yaml:12:36: error: '],
  ])('%s is no input', async ([, text, place]) => {
    const { code, out, err } = await compile(text, '--node', 'w1');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(place);
    expect(err).toMatch(/\n\d+ errors?(, \d+ warnings?)?\n$/);
  });

  test('one mistake anywhere: nothing is compiled', async () => {
    const { code, out } = await run(['compile', '-f', 'good.yaml', '-f', 'bad.yaml'], {
      files: { 'good.yaml': shop, 'bad.yaml': 'kind: Pod\n' },
    });
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  test('--strict refuses what is a warning otherwise', async () => {
    const odd = shop.replace('podSelector: { matchLabels: { app: web } }', 'ipBlock: { cidr: 10.1.2.3/8 }');
    const tolerant = await compile(odd);
    expect(tolerant.code).toBe(0);
    expect(tolerant.err).toContain('in.yaml:24:31: warning: ');
    expect(tolerant.out).toContain('ip saddr 10.0.0.0/8 tcp dport 5432');
    const strict = await compile(odd, '--strict');
    expect({ code: strict.code, out: strict.out }).toEqual({ code: 2, out: '' });
    expect(strict.err).toContain('in.yaml:24:31: error: ');
  });
});

describe('the node', () => {
  const two = documents(shop, node('w2', 2), pod('cache', 'w2', '10.244.2.2'));

  test('the only one need not be named', async () => {
    expect((await compile(shop)).out).toBe((await compile(shop, '--node', 'w1')).out);
  });

  test('of several one is to be chosen', async () => {
    expect(await compile(two)).toEqual({
      code: 2,
      out: '',
      err: 'error: several nodes in the input\nhint: choose one with --node: w1, w2\n',
    });
    const { code, out } = await compile(two, '--node', 'w2');
    expect(code).toBe(0);
    expect(out).toContain('elements = { 10.244.2.2 }');
    expect(out).not.toContain('chain ingress-');
  });

  test('many are not all listed', async () => {
    const many = Array.from({ length: 30 }, (_, index) => node(`worker-${100 + index}`, index + 1));
    const { err } = await compile(documents(...many));
    expect(err).toContain('--node: worker-100, worker-101,');
    expect(err).toContain('worker-109, ...\n');
  });

  test('an unknown one is a mistake, with the one that was meant', async () => {
    expect(await compile(two.replaceAll('w2', 'worker-2'), '--node', 'wroker-2')).toEqual({
      code: 2,
      out: '',
      err: 'error: no node "wroker-2" in the input\nhint: did you mean "worker-2"?\n',
    });
    expect((await compile(two, '--node', 'somewhere-else')).err).toBe(
      'error: no node "somewhere-else" in the input\nhint: the input has w1, w2\n',
    );
  });

  test('its name is shown as text', async () => {
    const { code, err } = await compile(two, '--node', 'w\u001b[31m\nerror: fake');
    expect(code).toBe(2);
    expect(err).toContain('no node "w\\u001b[31m\\nerror: fake" in the input\n');
  });

  test('no node at all', async () => {
    expect(await compile(documents(policy, deployment))).toEqual({
      code: 2,
      out: '',
      err: 'error: no node in the input\nhint: pods without a node need --assign-addresses; or name a node with --node\n',
    });
    expect((await compile(documents(policy, deployment), '--node', 'w1')).err).toBe(
      'error: no node "w1" in the input\nhint: no pod of the input is on a node; see --assign-addresses\n',
    );
  });

  test('without its Node object the pod CIDRs are unknown, and that is said', async () => {
    const { code, out, err } = await compile(documents(pod('db', 'w1', '10.244.1.2'), policy));
    expect(code).toBe(0);
    expect(out).not.toContain('pod whose rules are not in force yet');
    expect(err).toBe(
      'note: the input has no Node w1, so its pod CIDRs are not known: addresses in them that no pod has yet are not closed\n',
    );
    expect((await compile(shop)).out).toContain('pod whose rules are not in force yet');
  });
});

describe('addresses', () => {
  const manifests = documents(policy, deployment, pod('db', ''));

  test('pods without one are left out, and that is said', async () => {
    const { code, out, err } = await compile(
      documents(shop, deployment.replace('web', 'api'), pod('late', 'w1')),
    );
    expect(code).toBe(0);
    expect(out).toBe((await compile(shop)).out);
    expect(err).toBe(
      'note: 2 pods have no address and are not in the ruleset (shop/api, shop/late); --assign-addresses gives them some\n',
    );
  });

  test('of many only some are named', async () => {
    const late = ['a', 'b', 'c', 'd'].map((name) => pod(`late-${name}`, 'w1'));
    expect((await compile(documents(shop, ...late))).err).toContain(
      '(shop/late-a, shop/late-b, shop/late-c, ...)',
    );
  });

  test('finished pods and hostNetwork pods wait for none', async () => {
    const finished = `${pod('job', 'w1')}status: { phase: Succeeded }\n`;
    const host = pod('host', 'w1').replace('nodeName: w1', 'nodeName: w1, hostNetwork: true');
    expect((await compile(documents(shop, finished, host))).err).toBe('');
  });

  test('--assign-addresses: nft says so in comments, and loads all the same', async () => {
    const { code, out, err } = await compile(manifests, '--assign-addresses');
    expect({ code, err }).toEqual({ code: 0, err: 'note: 2 pods were given addresses\n' });
    expect(out.split('\n').slice(0, 3)).toEqual([
      '# shop/db: addresses given by --assign-addresses, not those of a cluster',
      '# shop/web: addresses given by --assign-addresses, not those of a cluster',
      'table inet ringfence',
    ]);
    expect(out).toContain('10.244.1.2 : goto ingress-shop/db');
  });

  test('--assign-addresses: what is said in comments does not keep nft from loading it', async ({ skip }) => {
    const shell = startNftShell(await nftOrSkip('bookworm', skip));
    onTestFinished(() => shell.close());
    const { out } = await compile(manifests, '--assign-addresses');
    await shell.load(out, 'text');
    expect(objectsIn(await shell.list()).has('chain ingress-shop/db')).toBe(true);
  });

  test('--assign-addresses: JSON has no comments, so a note on stderr says so', async () => {
    const { code, out, err } = await compile(manifests, '--assign-addresses', '-o', 'json');
    expect({ code, err }).toEqual({ code: 0, err: 'note: 2 pods were given addresses\n' });
    expect(JSON.stringify(JSON.parse(out))).toContain('10.244.1.2');
  });

  test('--assign-addresses: the IR has a field', async () => {
    const ir = JSON.parse((await compile(manifests, '--assign-addresses', '-o', 'ir')).out) as object;
    expect(ir).toMatchObject({ kind: 'NodePolicy', assignedAddresses: ['shop/db', 'shop/web'] });
    expect(JSON.parse((await compile(shop, '-o', 'ir')).out)).toHaveProperty('assignedAddresses', []);
  });

  test('--assign-addresses keeps what is there, and gives nothing twice', async () => {
    const { out, err } = await compile(documents(shop, pod('late', 'w1')), '--assign-addresses');
    expect(err).toBe('note: 1 pod was given addresses\n');
    expect(out).toContain('elements = { 10.244.1.2, 10.244.1.3, 10.244.1.4 }');
    expect(out).not.toContain('# shop/db');
    expect((await compile(shop, '--assign-addresses')).out).toBe((await compile(shop)).out);
  });

  test('--assign-addresses puts pods without a node on the node that is asked for', async () => {
    const two = documents(node('w1'), node('w2', 2), policy, pod('db', ''));
    const { code, out } = await compile(two, '--assign-addresses', '--node', 'w2');
    expect(code).toBe(0);
    expect(out).toContain('10.244.2.2 : goto ingress-shop/db');
  });
});

describe('output', () => {
  test('nft is the default, and all three speak of the same', async () => {
    const text = await compile(shop);
    expect((await compile(shop, '-o', 'nft')).out).toBe(text.out);
    const { nftables } = JSON.parse((await compile(shop, '--output', 'json')).out) as {
      nftables: readonly { readonly add?: Record<string, { readonly name?: string }> }[];
    };
    const names = nftables.flatMap(({ add }) =>
      Object.entries(add ?? {}).flatMap(([kind, { name }]) =>
        ['set', 'map', 'chain', 'counter'].includes(kind) ? [`${kind} ${name}`] : [],
      ),
    );
    expect(names.sort()).toEqual([...objectsIn(text.out).keys()]);
    expect(JSON.parse((await compile(shop, '-o', 'ir')).out)).toEqual({
      apiVersion: 'ringfence.dev/v1alpha1',
      kind: 'NodePolicy',
      node: 'w1',
      pods: [
        {
          namespace: 'shop',
          name: 'db',
          addresses: ['10.244.1.2'],
          ingress: {
            isolatedBy: ['shop/db-from-web'],
            allow: [
              {
                policy: 'shop/db-from-web',
                rule: 'ingress[0]',
                peers: [
                  {
                    pods: 'app=web',
                    namespaces: 'kubernetes.io/metadata.name=shop',
                    matching: ['shop/web'],
                  },
                ],
                ports: ['5432/TCP'],
              },
            ],
          },
        },
        { namespace: 'shop', name: 'web', addresses: ['10.244.1.3'] },
      ],
      assignedAddresses: [],
    });
  });

  test('the resolved policies tell what is only audited apart', async () => {
    const audited = documents(
      shop.replace('name: db-from-web', 'name: db-from-web, annotations: { ringfence.dev/mode: audit }'),
      policy
        .replace('db-from-web', 'closed')
        .replace(/spec:[^]*/, 'spec: { podSelector: { matchLabels: { app: web } } }\n'),
      policy
        .replace('db-from-web', 'web, annotations: { ringfence.dev/mode: audit }')
        .replace(/spec:[^]*/, 'spec: { podSelector: { matchLabels: { app: web } }, ingress: [{}] }\n'),
    );
    const { pods } = JSON.parse((await compile(audited, '-o', 'ir')).out) as { pods: readonly object[] };
    expect(pods).toMatchObject([
      {
        name: 'db',
        audit: { ingress: { isolatedBy: ['shop/db-from-web'], allow: [{ rule: 'ingress[0]' }] } },
      },
      { name: 'web', ingress: { isolatedBy: ['shop/closed'], allow: [] } },
    ]);
    expect(pods.map((one) => Object.keys(one).slice(3))).toEqual([['audit'], ['ingress']]);
  });

  test('both replace an earlier table in one transaction', async () => {
    expect((await compile(shop)).out).toMatch(
      /^table inet ringfence\ndelete table inet ringfence\n\ntable inet ringfence \{\n/,
    );
    const { nftables } = JSON.parse((await compile(shop, '-o', 'json')).out) as { nftables: object[] };
    const table = { table: { family: 'inet', name: 'ringfence' } };
    expect(nftables.slice(0, 3)).toEqual([{ add: table }, { delete: table }, { add: table }]);
  });

  test('--deny', async () => {
    const [dropped, rejected] = [(await compile(shop)).out, (await compile(shop, '--deny', 'reject')).out];
    expect((await compile(shop, '--deny=drop')).out).toBe(dropped);
    const denied = (text: string) => objectsIn(text).get('chain denied')?.at(-1);
    expect(denied(dropped)).toBe('counter drop');
    expect(denied(rejected)).toBe('counter reject with icmpx admin-prohibited');
    expect((await compile(shop, '--deny', 'ignore')).code).toBe(2);
  });

  test('--node-egress', async () => {
    const input = async (...args: readonly string[]) =>
      objectsIn((await compile(shop, ...args)).out)
        .get('chain input')
        ?.slice(1);
    expect(await input()).toEqual(['accept comment "to the own node: allowed unless --node-egress=enforce"']);
    expect(await input('--node-egress=allow')).toEqual(await input());
    const enforced = await input('--node-egress=enforce');
    expect(enforced?.[0]).toContain('judged in this epoch');
    expect(enforced?.at(-2)).toMatch(/^jump /);
    expect((await compile(shop, '--node-egress', 'no')).code).toBe(2);
  });

  test('--ct-mark-mask', async () => {
    const usual = (await compile(shop)).out;
    expect((await compile(shop, '--ct-mark-mask', '0xffff0000')).out).toBe(usual);
    expect((await compile(shop, '--ct-mark-mask', '4294901760')).out).toBe(usual);
    const other = (await compile(shop, '--ct-mark-mask', '0x00FF0000')).out;
    expect(other).toContain('ct mark & 0x00ff0000 == 0x00010000 accept');
    expect(other).toContain('ct mark set ct mark & 0xff00ffff | 0x00ff0000');
    expect(other).not.toContain('0xffff0000');
  });

  test.for([
    '0',
    '0x5',
    '0x7f',
    '0xff00ff00',
    '0x1ffffffff',
    '-1',
    '1.5',
    '',
    'all',
    '0x',
    '0b11111111',
    '１',
  ])('--ct-mark-mask %j is none', async (mask) => {
    const { code, out, err } = await compile(shop, `--ct-mark-mask=${mask}`);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('must be one run of at least 8 bits, such as 0xffff0000');
  });
});

describe('what else the agent is told', () => {
  test('--pod-interfaces', async () => {
    const { out } = await compile(shop, '--pod-interfaces', 'cali*,cni0');
    const named = out.split('\n').filter((line) => /"(?:cali\*|cni0)"/.test(line));
    expect(named.length).toBeGreaterThan(3);
    expect((await compile(shop, '--pod-interfaces', 'cni0,cali*,cni0')).out).toBe(out);
    expect((await compile(shop)).out).not.toMatch(/cali|cni0/);
    const refused = await compile(shop, '--pod-interfaces', 'a b');
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain('--pod-interfaces "a b" must be the name of an interface');
  });

  test('--table', async () => {
    const { out } = await compile(shop, '--table', 'other');
    expect(out).toContain('table inet other {');
    expect(out).not.toContain('table inet ringfence');
    expect((await compile(shop, '--table', 'fib')).code).toBe(2);
  });

  test('--log-denials and --log-group', async () => {
    const denied = objectsIn((await compile(shop, '--log-denials', '--log-group', '77')).out).get(
      'chain denied',
    );
    expect(denied?.join('\n')).toMatch(/log .*group 77/);
    expect((await compile(shop, '--log-group', '77')).out).not.toContain('group 77');
  });

  test('all that the agent would refuse is said at once', async () => {
    const { code, err } = await compile(shop, '--deny', 'ignore', '--table', 'a b');
    expect(code).toBe(2);
    expect(err).toContain('--deny "ignore" must be one of drop, reject');
    expect(err).toContain('--table "a b" must be');
  });
});

describe('hostile names', () => {
  const hostile = [
    'a"; add table inet evil; #',
    'a\nadd table inet evil',
    "a' ; }",
    'a }\n}\nflush ruleset\n',
    '\u001b[2J\u001b]0;title\u0007',
    'a\u202etxt.exe',
    'ünïcode',
    '日本語',
    'a'.repeat(300),
    '$(reboot)',
    '../../etc/passwd',
    '@include',
    'a\\',
    '',
    ' ',
    '-a',
    'a_b',
  ];
  /** Places in the input that somebody can write to. */
  const places: Readonly<Record<string, (text: string) => readonly object[]>> = {
    'a pod name': (name) => objects({ pod: { name } }),
    'a namespace': (namespace) => objects({ pod: { namespace }, policy: { namespace } }),
    'a policy name': (name) => objects({ policy: { name } }),
    'a node name': (nodeName) => objects({ nodeName }),
    'a label value': (app) => objects({ labels: { app } }),
    'a label key': (key) => objects({ labels: { app: 'web', [key]: 'x' }, selector: { [key]: 'x' } }),
    'a port name': (port) => objects({ port }),
    'a CIDR': (cidr) => objects({ cidr }),
    'an address': (address) => objects({ address }),
  };

  test('the input without them compiles', async () => {
    const { code, out, err } = await compileObjects(objects({}));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('chain egress-shop/web {');
    expect(out).toContain('chain ingress-shop/web {');
  });

  for (const [place, build] of Object.entries(places)) {
    test(`as ${place}`, async () => {
      for (const text of hostile) await expectHarmless(text, build(text));
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
          await expectHarmless(text, build(text));
        }),
        runs(30),
      );
    });
  }

  test('whatever an API server may have stored, no name can be more than a name', () => {
    const text = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary', maxLength: 300 }));
    fc.assert(
      fc.property(fc.array(text, { minLength: 7, maxLength: 7 }), (texts) => {
        const [namespace, name, policyName, key, value, port, nodeName] = texts as [string, ...string[]];
        const selector = normaliseSelector([{ key: key!, operator: 'In', values: [value!] }]);
        const rule = {
          index: 0,
          peers: [
            { kind: 'pods' as const, podSelector: selector },
            { kind: 'pods' as const, podSelector: [], namespaceSelector: selector },
          ],
          ports: [{ kind: 'named' as const, protocol: 'TCP' as const, name: port! }],
        };
        const cluster: Cluster = {
          namespaces: [{ name: namespace, labels: { [key!]: value! } }],
          nodes: [],
          pods: [
            {
              namespace,
              name: name!,
              uid: '',
              labels: { [key!]: value! },
              nodeName: nodeName!,
              addresses: [parseAddress('10.0.0.1')!, parseAddress('fd00::1')!],
              hostNetwork: false,
              finished: false,
              created: '',
              ports: [{ name: port!, number: 80, protocol: 'TCP' }],
              containerPorts: [],
            },
          ],
          policies: [
            {
              namespace,
              name: policyName!,
              uid: '',
              generation: 1,
              annotations: {},
              podSelector: [],
              policyTypes: ['ingress', 'egress'],
              ingress: [rule],
              egress: [rule],
            },
          ],
          services: [],
          ingresses: [],
        };
        const ruleset = compileCluster(cluster, { ...defaultCompilerOptions, nodeName: nodeName! });
        const rendered = renderRuleset(ruleset);
        expect(rendered).toMatch(/^[\t\n -~]*$/);
        const heads = [...objectsIn(rendered).keys()];
        expect(
          heads.filter((head) => head.startsWith('chain ingress-') || head.startsWith('chain egress-'))
            .length,
        ).toBe(4);
        for (const head of heads)
          expect(head).toMatch(/^(set|map|chain|counter) [A-Za-z][A-Za-z0-9/._-]{0,254}$/);
        expect(renderText(replacementOf(ruleset))).toMatch(/^[\t\n -~]*$/);
        expect(JSON.parse(renderJson(replacementOf(ruleset), { declare: 'typeof' }))).toHaveProperty(
          'nftables',
        );
      }),
      runs(200),
    );
  });

  test('names as long as they may be become names that nft takes', async () => {
    const name = Array.from({ length: 4 }, () => 'p'.repeat(62)).join('.');
    const other = `${name.slice(0, -1)}q`;
    const { code, out, err } = await compileObjects([
      ...objects({ pod: { name, namespace: 'n'.repeat(63) }, policy: { namespace: 'n'.repeat(63) } }),
      ...objects({ pod: { name: other, namespace: 'n'.repeat(63) }, address: '10.244.1.9' }).slice(1, 2),
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const chains = [...objectsIn(out).keys()].filter((head) => head.startsWith('chain ingress-nn'));
    expect(chains.length).toBe(2);
    for (const head of chains) expect(head.length - 'chain '.length).toBeLessThanOrEqual(255);
  });

  test('names that are the same when joined are told apart', async () => {
    const { code, out } = await compileObjects([
      ...objects({ pod: { namespace: 'team', name: 'aweb' }, policy: { namespace: 'team' } }),
      ...objects({
        pod: { namespace: 'teama', name: 'web' },
        policy: { namespace: 'teama' },
        address: '10.244.1.9',
      }).slice(1),
    ]);
    expect(code).toBe(0);
    expect(out).toContain('chain ingress-team/aweb {');
    expect(out).toContain('chain ingress-teama/web {');
  });

  async function expectHarmless(text: string, all: readonly object[]): Promise<void> {
    const results = [
      await compileObjects(all),
      await compileObjects(all, '-o', 'json'),
      await compileObjects(all, '-o', 'ir'),
    ];
    for (const { code, out, err } of results) {
      const what = JSON.stringify({ text, code, out, err });
      // What a terminal shows as it is, line breaks apart.
      expect(
        /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/.test(err),
        what,
      ).toBe(false);
      expect(
        err.split('\n').some((line) => /^(add|flush|delete) /.test(line)),
        what,
      ).toBe(false);
      if (code === 2) {
        expect(out, what).toBe('');
        expect(err, what).toMatch(/error: /);
        continue;
      }
      expect(code, what).toBe(0);
      expect(/^[\t\n -~]*$/.test(out), what).toBe(true);
      expect(out, what).not.toContain('evil');
    }
    const [asText, asJson] = results;
    if (asText!.code !== 0) return;
    // Nothing ended a block, a comment or a string early.
    for (const head of objectsIn(asText!.out).keys()) {
      expect(head).toMatch(/^(set|map|chain|counter) [A-Za-z][A-Za-z0-9/._-]{0,254}$/);
    }
    expect(JSON.parse(asJson!.out)).toHaveProperty('nftables');
  }

  function compileObjects(all: readonly object[], ...args: readonly string[]) {
    return compile(all.map((object) => stringify(object)).join('---\n'), ...args);
  }

  interface Parts {
    readonly pod?: { readonly name?: string; readonly namespace?: string };
    readonly policy?: { readonly name?: string; readonly namespace?: string };
    readonly labels?: Readonly<Record<string, string>>;
    readonly selector?: Readonly<Record<string, string>>;
    readonly nodeName?: string;
    readonly port?: string;
    readonly cidr?: string;
    readonly address?: string;
  }

  function objects(parts: Parts): readonly object[] {
    const { labels = { app: 'web' }, nodeName = 'w1', port = 'http', address = '10.244.1.2' } = parts;
    const peers = [
      { podSelector: { matchLabels: parts.selector ?? labels } },
      { ipBlock: { cidr: parts.cidr ?? '10.0.0.0/8' } },
    ];
    const ports = [{ port }];
    return [
      { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName }, spec: { podCIDRs: ['10.244.1.0/24'] } },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: 'shop', name: 'web', ...parts.pod, labels },
        spec: {
          nodeName,
          containers: [{ name: 'c', image: 'c', ports: [{ name: port, containerPort: 80 }] }],
        },
        status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
      },
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { namespace: 'shop', name: 'web', ...parts.policy },
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ['Ingress', 'Egress'],
          ingress: [{ from: peers, ports }],
          egress: [{ to: peers, ports }],
        },
      },
    ];
  }
});

/** As `kubectl get nodes,pods,netpol,cm -A -o yaml` prints it. */
const dump = `apiVersion: v1
items:
- apiVersion: v1
  kind: Node
  metadata:
    annotations:
      kubeadm.alpha.kubernetes.io/cri-socket: unix:///run/containerd/containerd.sock
      volumes.kubernetes.io/controller-managed-attach-detach: "true"
    creationTimestamp: "2026-01-01T00:00:00Z"
    labels:
      kubernetes.io/hostname: w1
    name: w1
    resourceVersion: "1011"
    uid: 3f2c4f0e-1111-4444-8888-000000000001
  spec:
    podCIDR: 10.244.1.0/24
    podCIDRs:
    - 10.244.1.0/24
  status:
    addresses:
    - address: 192.168.50.11
      type: InternalIP
    - address: w1
      type: Hostname
    capacity: { cpu: "4" }
- apiVersion: v1
  kind: Pod
  metadata:
    creationTimestamp: "2026-01-02T00:00:00Z"
    labels: { app: db }
    name: db
    namespace: shop
    managedFields:
    - apiVersion: v1
      fieldsType: FieldsV1
      fieldsV1: { "f:metadata": { "f:labels": { ".": {}, "f:app": {} } } }
      manager: kubectl
      operation: Update
    resourceVersion: "1012"
    uid: 3f2c4f0e-1111-4444-8888-000000000002
  spec:
    containers:
    - image: postgres
      name: main
      resources: {}
      volumeMounts: [{ mountPath: /var/run/secrets/kubernetes.io/serviceaccount, name: token, readOnly: true }]
    nodeName: w1
    tolerations: [{ effect: NoExecute, key: node.kubernetes.io/not-ready, operator: Exists, tolerationSeconds: 300 }]
  status:
    conditions: [{ lastProbeTime: null, status: "True", type: Ready }]
    hostIP: 192.168.50.11
    phase: Running
    podIP: 10.244.1.2
    podIPs:
    - ip: 10.244.1.2
    qosClass: BestEffort
- apiVersion: v1
  kind: Pod
  metadata:
    creationTimestamp: "2026-01-02T00:00:00Z"
    labels: { app: web }
    name: web
    namespace: shop
  spec:
    containers: [{ image: nginx, name: main }]
    nodeName: w1
  status:
    phase: Running
    podIP: 10.244.1.3
    podIPs:
    - ip: 10.244.1.3
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata:
    annotations:
      kubectl.kubernetes.io/last-applied-configuration: |
        {"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"db-from-web"}}
    creationTimestamp: "2026-01-03T00:00:00Z"
    generation: 2
    name: db-from-web
    namespace: shop
  spec:
    ingress:
    - from:
      - podSelector:
          matchLabels:
            app: web
      ports:
      - port: 5432
        protocol: TCP
    podSelector:
      matchLabels:
        app: db
    policyTypes:
    - Ingress
- apiVersion: v1
  data: { ca.crt: none }
  kind: ConfigMap
  metadata: { name: kube-root-ca.crt, namespace: shop }
kind: List
metadata:
  resourceVersion: ""
`;
