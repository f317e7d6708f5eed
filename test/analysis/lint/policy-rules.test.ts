import { describe, expect, test } from 'vitest';
import { found, lintText } from './lint-text.ts';
import { namespace, pod, policy } from './manifests.ts';

// Rules about policies and the pods that there are: when they fire, and when not. Their pages hold the usual case.

const labels = (matchLabels: Readonly<Record<string, string>>): object => ({ matchLabels });
const mon = { namespaceSelector: labels({ team: 'mon' }) };
const prom = { podSelector: labels({ app: 'prom' }) };
const monNamespace = namespace('mon', { team: 'mon' });
const promThere = pod('there', { namespace: 'mon', labels: { app: 'prom' } });
const promHere = pod('here', { labels: { app: 'prom' } });

describe('peer-or-and', () => {
  const message = (where = 'the namespaces "team=mon"'): string =>
    `two peers: every pod of ${where}, or pods "app=prom" of namespace "shop"`;

  test.for<[string, readonly object[], readonly string[], readonly string[]]>([
    ['nobody is there', [mon, prom], [], [`warning: ${message()}`]],
    ['the other way round', [prom, mon], [], [`warning: ${message()}`]],
    ['such pods there alone', [mon, prom], [monNamespace, promThere], [`warning: ${message()}`]],
    ['such pods in both', [mon, prom], [monNamespace, promThere, promHere], [`info: ${message()}`]],
    ['such pods here alone', [mon, prom], [monNamespace, promHere], []],
    ['every namespace', [{ namespaceSelector: {} }, prom], [], [`warning: ${message('every namespace')}`]],
    ['one item with both', [{ ...mon, ...prom }], [], []],
    ['every pod of the own namespace', [mon, { podSelector: {} }], [], []],
    ['a peer in between', [mon, { ipBlock: { cidr: '10.0.0.0/8' } }, prom], [], []],
    ['two for pods', [prom, { podSelector: labels({ app: 'b' }) }], [], []],
    ['two for namespaces', [mon, { namespaceSelector: labels({ team: 'b' }) }], [], []],
    ['one is both already', [{ ...mon, ...prom }, prom], [], []],
    ['each is of one pair', [mon, prom, mon], [], [`warning: ${message()}`]],
    [
      'a hostNetwork pod is no peer',
      [mon, prom],
      [pod('a', { labels: { app: 'prom' }, hostNetwork: true })],
      [`warning: ${message()}`],
    ],
  ])('%s', async ([, from, others, expected]) => {
    expect(await found('peer-or-and', policy({ ingress: [{ from }] }), ...others)).toEqual(expected);
    expect(
      await found('peer-or-and', policy({ policyTypes: ['Egress'], egress: [{ to: from }] }), ...others),
    ).toEqual(expected);
  });

  test('what labels say is text', async () => {
    const [message = ''] = await found(
      'peer-or-and',
      policy({
        ingress: [
          {
            from: [
              mon,
              { podSelector: { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] } },
            ],
          },
        ],
      }),
    );
    expect(message).toContain('pods "a!=b"');
  });
});

describe('ignored-rules', () => {
  test.for<[string, object, readonly string[]]>([
    ['egress', { policyTypes: ['Ingress'], egress: [{}] }, ['egress']],
    ['ingress', { policyTypes: ['Egress'], ingress: [{}] }, ['ingress']],
    ['an empty list says nothing', { policyTypes: ['Ingress'], egress: [] }, []],
    ['both named', { policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] }, []],
    ['none named: the rules decide', { ingress: [{}], egress: [{}] }, []],
    ['none named, no ingress rule', { policyTypes: [], egress: [{}] }, []],
  ])('%s', async ([, spec, directions]) => {
    expect(await found('ignored-rules', policy(spec))).toEqual(
      directions.map(
        (direction) =>
          `error: the ${direction} rules are ignored: policyTypes does not name ${direction === 'ingress' ? 'Ingress' : 'Egress'}`,
      ),
    );
  });
});

describe('unknown-named-port', () => {
  const http = [{ name: 'http', containerPort: 8080 }];
  const dns = [{ name: 'dns', containerPort: 53, protocol: 'UDP' }];
  const ingress = (port: object): string => policy({ ingress: [{ ports: [port] }] });
  const egress = (port: object, to?: readonly object[]): string =>
    policy({ policyTypes: ['Egress'], egress: [{ ports: [port], ...(to === undefined ? {} : { to }) }] });
  const here = 'warning: no pod that the policy selects declares a';
  const there = 'warning: no pod that the rule means declares a';

  test.for<[string, readonly string[], readonly string[]]>([
    ['declared', [ingress({ port: 'http' }), pod('a', { ports: http })], []],
    ['declared by one of two', [ingress({ port: 'http' }), pod('a', { ports: http }), pod('b')], []],
    ['another name', [ingress({ port: 'htpp' }), pod('a', { ports: http })], [`${here} TCP port "htpp"`]],
    ['another protocol', [ingress({ port: 'dns' }), pod('a', { ports: dns })], [`${here} TCP port "dns"`]],
    ['the right protocol', [ingress({ port: 'dns', protocol: 'UDP' }), pod('a', { ports: dns })], []],
    ['no pod at all: another rule says so', [ingress({ port: 'http' })], []],
    ['only a hostNetwork pod', [ingress({ port: 'x' }), pod('a', { hostNetwork: true })], []],
    ['a number', [ingress({ port: 80 }), pod('a', { ports: http })], []],
    [
      'a pod of another namespace',
      [ingress({ port: 'http' }), pod('a'), pod('b', { namespace: 'x', ports: http })],
      [`${here} TCP port "http"`],
    ],
    ['egress anywhere', [egress({ port: 'http' }), pod('b', { namespace: 'x', ports: http })], []],
    [
      'egress anywhere, nobody',
      [egress({ port: 'http' }), pod('b', { namespace: 'x' })],
      [`${there} TCP port "http"`],
    ],
    [
      'egress to pods',
      [egress({ port: 'http' }, [prom]), pod('a', { ports: http }), promHere],
      [`${there} TCP port "http"`],
    ],
    [
      'egress to a block with such a pod',
      [
        egress({ port: 'http' }, [{ ipBlock: { cidr: '10.0.0.0/8' } }]),
        pod('a', { ports: http, addresses: ['10.1.0.1'] }),
      ],
      [],
    ],
    [
      'egress to a block with another pod',
      [
        egress({ port: 'http' }, [{ ipBlock: { cidr: '10.0.0.0/8' } }]),
        pod('a', { addresses: ['10.1.0.1'] }),
      ],
      [`${there} TCP port "http"`],
    ],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('unknown-named-port', ...documents)).toEqual(expected);
  });

  test.for<[string, string, readonly object[], string]>([
    ['a slip', 'htpp', http, 'did you mean "http"?'],
    ['another protocol', 'dns', dns, 'they declare it for UDP: write protocol: UDP'],
    ['others', 'grpc', http, 'they declare "http"'],
    [
      'none',
      'grpc',
      [],
      'a port name is one that a container gives to its port; these name none: write the number',
    ],
  ])('the hint for %s', async ([, port, ports, hint]) => {
    const findings = await lintText(`${ingress({ port })}${pod('a', { ports })}`);
    expect(findings.find(({ rule }) => rule === 'unknown-named-port')?.hint).toBe(hint);
  });
});

describe('duplicate-port-name', () => {
  const port = (name: string, containerPort: number, protocol = 'TCP'): object => ({
    name,
    containerPort,
    protocol,
  });
  test.for<[string, readonly object[], readonly string[]]>([
    ['two numbers', [port('a', 1), port('a', 2)], ['warning: port name "a" stands for TCP ports 1 and 2']],
    [
      'three',
      [port('a', 3), port('a', 2), port('a', 1)],
      ['warning: port name "a" stands for TCP ports 1, 2 and 3'],
    ],
    ['one number twice', [port('a', 1), port('a', 1)], []],
    ['TCP and UDP', [port('a', 53), port('a', 53, 'UDP')], []],
    ['two names', [port('a', 1), port('b', 1)], []],
    ['no names', [{ containerPort: 1 }, { containerPort: 2 }], []],
  ])('%s', async ([, ports, expected]) => {
    expect(await found('duplicate-port-name', pod('a', { ports }))).toEqual(expected);
  });
});

describe('host-network-selected', () => {
  const host = pod('host', { hostNetwork: true });
  const message = 'the policy does nothing for Pod shop/host: pods with hostNetwork are not isolated';
  test.for<[string, readonly string[], readonly string[]]>([
    ['by label', [policy({ podSelector: labels({ app: 'host' }) }), host], [`warning: ${message}`]],
    [
      'by label, with others',
      [policy({ podSelector: labels({ app: 'host' }) }), host, pod('b', { labels: { app: 'host' } })],
      [`warning: ${message}`],
    ],
    ['a whole namespace', [policy({}), host, pod('b')], [`info: ${message}`]],
    ['a whole namespace of them', [policy({}), host], [`warning: ${message}`]],
    ['another label', [policy({ podSelector: labels({ app: 'b' }) }), host], []],
    ['another namespace', [policy({}, 'p', 'x'), host], []],
    [
      'two',
      [policy({}), host, pod('host-2', { hostNetwork: true })],
      [`warning: ${message.replace(':', ' and 1 more:')}`],
    ],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('host-network-selected', ...documents)).toEqual(expected);
  });
});
