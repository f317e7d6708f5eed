import { describe, expect, test } from 'vitest';
import { lintText } from './lint-text.ts';
import { node, pod, policy, service } from './manifests.ts';

// Rules about addresses and Services: when they fire, and when not. Their pages hold the usual case.

async function found(
  rule: string,
  documents: readonly string[],
  masqueradeAll = false,
): Promise<readonly string[]> {
  const findings = await lintText(documents.join(''), { masqueradeAll });
  return findings.filter((finding) => finding.rule === rule).map(({ message }) => message);
}

const block = (cidr: string, ...except: readonly string[]): object => ({ ipBlock: { cidr, except } });
const to = (...peers: readonly object[]): object => ({ policyTypes: ['Egress'], egress: [{ to: peers }] });
const from = (...peers: readonly object[]): object => ({ ingress: [{ from: peers }] });
const all4 = block('0.0.0.0/0');
const all6 = block('::/0');

describe('one-family-anywhere', () => {
  const dual = node('n', ['10.244.0.0/24', 'fd00::/64']);
  const four = '0.0.0.0/0 is every address of IPv4 only, and this cluster has IPv6, too';
  const six = '::/0 is every address of IPv6 only, and this cluster has IPv4, too';

  test.for<[string, readonly string[], readonly string[]]>([
    ['IPv4 alone', [dual, policy(to(all4))], [four]],
    ['IPv6 alone', [dual, policy(from(all6))], [six]],
    ['both', [dual, policy(to(all4, all6))], []],
    [
      'both, in two rules',
      [dual, policy({ policyTypes: ['Egress'], egress: [{ to: [all4] }, { to: [all6] }] })],
      [],
    ],
    [
      'both, but other ports',
      [
        dual,
        policy({
          policyTypes: ['Egress'],
          egress: [
            { to: [all4], ports: [{ port: 80 }] },
            { to: [all6], ports: [{ port: 81 }] },
          ],
        }),
      ],
      [four, six],
    ],
    [
      'the other for all ports',
      [
        dual,
        policy({ policyTypes: ['Egress'], egress: [{ to: [all4], ports: [{ port: 80 }] }, { to: [all6] }] }),
      ],
      [six],
    ],
    ['both, in two policies', [dual, policy(to(all4)), policy(to(all6), 'q')], []],
    [
      'another policy for other pods',
      [dual, policy(to(all4)), policy({ ...to(all6), podSelector: { matchLabels: { a: 'b' } } }, 'q')],
      [four, six],
    ],
    [
      'another direction',
      [
        dual,
        policy({ policyTypes: ['Ingress', 'Egress'], egress: [{ to: [all4] }], ingress: [{ from: [all6] }] }),
      ],
      [four, six],
    ],
    [
      'a rule for anybody beside it',
      [dual, policy({ policyTypes: ['Egress'], egress: [{ to: [all4] }, {}] })],
      [],
    ],
    ['with holes', [dual, policy(to(block('0.0.0.0/0', '10.0.0.0/8')))], [four]],
    ['holes in the other', [dual, policy(to(all4, block('::/0', 'fc00::/7')))], []],
    ['part of a family', [dual, policy(to(block('10.0.0.0/8')))], []],
    ['a cluster of one family', [node('n', ['10.244.0.0/24']), policy(to(all4))], []],
    ['a cluster of which nothing is known', [policy(to(all4))], []],
    ['known by its pods', [pod('a', { addresses: ['10.0.0.1', 'fd00::1'] }), policy(to(all4))], [four]],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('one-family-anywhere', documents)).toEqual(expected);
  });
});

describe('service-port-not-target-port', () => {
  const web = pod('web', { ports: [{ name: 'http', containerPort: 8080 }] });
  const toWeb = (targetPort: number | string | undefined, more: object = {}): string =>
    service('web', {
      selector: { app: 'web' },
      ports: [{ port: 80, ...(targetPort === undefined ? {} : { targetPort }) }],
      ...more,
    });
  const allow = (...ports: readonly object[]): string => policy({ ingress: [{ ports }] });
  const message = '80 is the port of Service "shop/web", its pods listen on 8080';
  const peers = [{ podSelector: { matchLabels: { app: 'web' } } }];
  const egress = (to: readonly object[]): string =>
    policy({ policyTypes: ['Egress'], egress: [{ to, ports: [{ port: 80 }] }] }, 'p', 'mon');
  const anywhere = { namespaceSelector: {}, ...peers[0] };

  test.for<[string, readonly string[], readonly string[]]>([
    ['a number', [web, toWeb(8080), allow({ port: 80 })], [message]],
    ['a name', [web, toWeb('http'), allow({ port: 80 })], [message]],
    ['a name that nobody declares', [web, toWeb('grpc'), allow({ port: 80 })], []],
    ['the port of the pod', [web, toWeb(8080), allow({ port: 8080 })], []],
    ['both', [web, toWeb(8080), allow({ port: 80 }, { port: 8080 })], []],
    [
      'both, in two rules',
      [
        web,
        toWeb(8080),
        policy({ ingress: [{ ports: [{ port: 80 }] }, { ports: [{ port: 8000, endPort: 9000 }] }] }),
      ],
      [],
    ],
    ['the same number', [web, toWeb(80), allow({ port: 80 })], []],
    ['no target port', [web, toWeb(undefined), allow({ port: 80 })], []],
    ['a range', [web, toWeb(8080), allow({ port: 80, endPort: 81 })], []],
    ['another protocol', [web, toWeb(8080), allow({ port: 80, protocol: 'UDP' })], []],
    [
      'pods that listen on both',
      [
        pod('web', { ports: [{ containerPort: 80 }, { containerPort: 8080 }] }),
        toWeb(8080),
        allow({ port: 80 }),
      ],
      [],
    ],
    [
      'a Service for others',
      [
        web,
        pod('api'),
        toWeb(8080, { selector: { app: 'api' } }),
        policy({ podSelector: { matchLabels: { app: 'web' } }, ingress: [{ ports: [{ port: 80 }] }] }),
      ],
      [],
    ],
    [
      'a Service of another namespace',
      [
        web,
        service('web', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] }, 'x'),
        allow({ port: 80 }),
      ],
      [],
    ],
    ['a Service without selector', [web, toWeb(8080, { selector: {} }), allow({ port: 80 })], []],
    ['egress, another namespace', [web, toWeb(8080), egress([anywhere])], [message]],
    ['egress, pods of its own namespace', [web, toWeb(8080), egress(peers)], []],
    [
      'egress to anybody',
      [web, toWeb(8080), policy({ policyTypes: ['Egress'], egress: [{ ports: [{ port: 80 }] }] })],
      [],
    ],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('service-port-not-target-port', documents)).toEqual(expected);
  });
});

describe('masked-source', () => {
  const web = pod('web');
  const open = (more: object = {}): string =>
    service('web', {
      type: 'NodePort',
      selector: { app: 'web' },
      ports: [{ port: 80, targetPort: 8080 }],
      ...more,
    });
  const office = block('203.0.113.0/24');
  const n = node('n', ['10.244.0.0/24'], '192.0.2.1');
  const hidden =
    'through Service "shop/web" clients from outside come from the address of a node (externalTrafficPolicy Cluster):';
  const none = `${hidden} this block matches none of them`;
  const everyone = `${hidden} this block has nodes in it, so it lets all of them in`;
  const masked =
    'through Service "shop/web" every client comes from the address of a node (--masquerade-all):';

  test.for<[string, readonly string[], readonly string[]]>([
    ['NodePort', [web, open(), policy(from(office))], [none]],
    ['LoadBalancer', [web, open({ type: 'LoadBalancer' }), policy(from(office))], [none]],
    ['ClusterIP', [web, open({ type: 'ClusterIP' }), policy(from(office))], []],
    ['Local', [web, open({ externalTrafficPolicy: 'Local' }), policy(from(office))], []],
    ['a block with nodes', [n, web, open(), policy(from(block('192.0.0.0/16')))], [everyone]],
    [
      'a block with a hole where the nodes are',
      [n, web, open(), policy(from(block('192.0.0.0/16', '192.0.2.0/24')))],
      [none],
    ],
    ['anywhere', [n, web, open(), policy(from(all4))], []],
    [
      'anywhere but somewhere',
      [n, web, open(), policy(from(block('0.0.0.0/0', '203.0.113.0/24')))],
      [everyone],
    ],
    ['pods by address', [n, web, open(), policy(from(block('10.244.0.0/25')))], []],
    ['pods by label', [web, open(), policy(from({ podSelector: {} }))], []],
    ['another port', [web, open(), policy({ ingress: [{ from: [office], ports: [{ port: 9090 }] }] })], []],
    ['the port', [web, open(), policy({ ingress: [{ from: [office], ports: [{ port: 8080 }] }] })], [none]],
    [
      'other pods',
      [web, pod('api'), open(), policy({ podSelector: { matchLabels: { app: 'api' } }, ...from(office) })],
      [],
    ],
    ['egress', [web, open(), policy(to(office))], []],
    ['once for a rule', [web, open(), policy(from(office, block('198.51.100.0/24')))], [none]],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('masked-source', documents)).toEqual(expected);
  });

  test.for<[string, readonly string[], readonly string[]]>([
    [
      'pods by label',
      [web, open({ type: 'ClusterIP' }), policy(from({ podSelector: {} }))],
      [`${masked} this peer matches none of them`],
    ],
    [
      'pods by address',
      [n, web, open({ type: 'ClusterIP' }), policy(from(block('10.244.0.0/25')))],
      [`${masked} this block matches none of them`],
    ],
    ['anywhere', [web, open(), policy(from(all4))], []],
    ['a name outside', [web, open({ type: 'ExternalName' }), policy(from(office))], []],
    ['no Service', [web, policy(from(office))], []],
  ])('masquerade-all: %s', async ([, documents, expected]) => {
    expect(await found('masked-source', documents, true)).toEqual(expected);
  });
});

describe('duplicate-port-name of a Service', () => {
  test.for<[string, readonly object[], readonly string[]]>([
    [
      'one name twice',
      [
        { name: 'a', port: 1 },
        { name: 'a', port: 2 },
      ],
      ['port name "a" stands for ports 1/TCP and 2/TCP'],
    ],
    [
      'no names',
      [{ port: 1 }, { port: 2 }],
      ['ports 1/TCP and 2/TCP have no name: of several ports each needs one'],
    ],
    ['one without a name', [{ port: 1 }], []],
    [
      'two names',
      [
        { name: 'a', port: 1 },
        { name: 'b', port: 2 },
      ],
      [],
    ],
  ])('%s', async ([, ports, expected]) => {
    expect(await found('duplicate-port-name', [service('s', { ports })])).toEqual(expected);
  });
});
