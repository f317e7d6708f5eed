import { describe, expect, test } from 'vitest';
import type { Somebody } from '../../../src/analysis/ends/place.ts';
import { explain } from '../../../src/analysis/explain/explain.ts';
import type { Explanation } from '../../../src/analysis/explain/explanation.ts';
import {
  explanationLines,
  type Paint,
  sideLinesFor,
  somebodyText,
} from '../../../src/analysis/explain/text.ts';
import type { PossiblePod } from '../../../src/analysis/reach/possible.ts';
import { createReach } from '../../../src/analysis/reach/reach.ts';
import type { Requirement } from '../../../src/model/label-selector.ts';
import type {
  Direction,
  NetworkPolicy,
  PolicyPeer,
  PolicyPort,
  PolicyRule,
} from '../../../src/model/network-policy.ts';
import type { Pod } from '../../../src/model/pod.ts';
import { everything, type Traffic, trafficOf } from '../../../src/net/traffic.ts';
import { address, cidr, clusterOf, namespaceOf, podOf, policyOf } from '../../cases/builders.ts';

// Why something passes or does not, in the words that people read: every basis, and the rules that come nearest.

const label = (key: string, ...values: readonly string[]): Requirement => ({ key, operator: 'In', values });
const at = (line: number) => ({ file: 'p.yaml', line, column: 3 });
const tcp = (first: number, last = first): PolicyPort & { kind: 'range' } => ({
  kind: 'range',
  protocol: 'TCP',
  first,
  last,
});
const port80 = trafficOf([tcp(80)]);
const pods = (...podSelector: readonly Requirement[]): PolicyPeer => ({ kind: 'pods', podSelector });
const podsIn = (namespaces: readonly Requirement[], ...podSelector: readonly Requirement[]): PolicyPeer => ({
  kind: 'pods',
  namespaceSelector: namespaces,
  podSelector,
});
const block = (text: string, ...except: readonly string[]): PolicyPeer => ({
  kind: 'ipBlock',
  cidr: cidr(text),
  except: except.map(cidr),
});

const web = podOf('shop/web', {
  labels: { app: 'web' },
  addresses: [address('10.1.0.1')],
  ports: [{ name: 'http', number: 8080, protocol: 'TCP' }],
});
const db = podOf('shop/db', {
  labels: { app: 'db', tier: 'data' },
  addresses: [address('10.1.0.2')],
  nodeName: 'n2',
});
const late = podOf('shop/late', { labels: { app: 'late' } });
const prom = podOf('mon/prom', { labels: { app: 'prom' }, addresses: [address('10.1.0.3')] });
const host = podOf('mon/host', { hostNetwork: true, addresses: [address('192.168.0.1')] });
const six = podOf('shop/six', { labels: { app: 'six' }, addresses: [address('fd00::6')] });
const dual = podOf('shop/dual', {
  labels: { app: 'dual' },
  addresses: [address('10.1.0.9'), address('fd00::9')],
});
const world = {
  namespaces: [namespaceOf('shop', { team: 'shop' }), namespaceOf('mon', { team: 'ops' })],
  pods: [web, db, late, prom, host, six, dual],
};

/** A policy of the shop for pods of an app, of one direction. */
function policy(
  name: string,
  app: string,
  direction: Direction,
  ...rules: readonly Omit<PolicyRule, 'index' | 'source'>[]
): NetworkPolicy {
  return policyOf(`shop/${name}`, {
    podSelector: app === '' ? [] : [label('app', app)],
    policyTypes: [direction],
    [direction]: rules.map((rule, index) => ({ index, source: at(10 + index), ...rule })),
    source: at(1),
  });
}

type Who = Pod | string | PossiblePod;

function somebody(who: Who): Somebody {
  if (typeof who === 'string') {
    const [, node] = /^node (.*)$/.exec(who) ?? [];
    return node === undefined
      ? { kind: 'address', address: address(who) }
      : { kind: 'node', node, address: address('192.168.0.1') };
  }
  return 'exists' in who ? { kind: 'possible', pod: who } : { kind: 'pod', pod: who };
}

function explained(policies: readonly NetworkPolicy[], from: Who, to: Who, asked: Traffic): Explanation {
  return explain(createReach(clusterOf({ ...world, policies })), somebody(from), somebody(to), asked);
}

describe('what decides', () => {
  const denyIn = policy('deny-in', '', 'ingress');
  const denyOut = policy('deny-out', '', 'egress');

  test.for<[string, readonly NetworkPolicy[], Who, Who, readonly string[]]>([
    [
      'nothing isolates',
      [],
      web,
      db,
      [
        'egress  shop/web: open, no policy selects it for egress',
        'ingress shop/db: open, no policy selects it for ingress',
      ],
    ],
    [
      'a rule allows',
      [policy('db', 'db', 'ingress', { peers: [pods(label('app', 'web'))], ports: [tcp(80)] })],
      web,
      db,
      [
        'egress  shop/web: open, no policy selects it for egress',
        'ingress shop/db: 80/tcp allowed by shop/db ingress[0] (p.yaml:10)',
      ],
    ],
    [
      'both sides deny',
      [denyIn, denyOut],
      web,
      db,
      [
        'egress  shop/web: denied, isolated by shop/deny-out (p.yaml:1)',
        'ingress shop/db: denied, isolated by shop/deny-in (p.yaml:1)',
      ],
    ],
    [
      'one side denies, every isolating policy is named',
      [denyIn, policy('also', 'db', 'ingress')],
      web,
      db,
      [
        'egress  shop/web: open, no policy selects it for egress',
        'ingress shop/db: denied, isolated by shop/also (p.yaml:1), shop/deny-in (p.yaml:1)',
      ],
    ],
    [
      'no pods at the ends',
      [denyIn, denyOut],
      '8.8.8.8',
      'node n1',
      [
        'egress  8.8.8.8: open, policies protect pods alone',
        'ingress node n1 (192.168.0.1): open, policies protect pods alone',
      ],
    ],
    [
      'a hostNetwork pod is a node',
      [denyIn, denyOut],
      host,
      db,
      [
        'egress  mon/host: open, policies protect pods alone',
        'ingress shop/db: denied, isolated by shop/deny-in (p.yaml:1)',
      ],
    ],
    [
      'the own node',
      [denyIn, denyOut],
      'node n1',
      web,
      [
        'egress  node n1 (192.168.0.1): open, policies protect pods alone',
        'ingress shop/web: open, a pod and its own node always reach each other',
      ],
    ],
    [
      'a hostNetwork pod of the own node',
      [denyIn, denyOut],
      web,
      host,
      [
        'egress  shop/web: open, a pod and its own node always reach each other',
        'ingress mon/host: open, policies protect pods alone',
      ],
    ],
    [
      'itself',
      [denyIn, denyOut],
      web,
      web,
      [
        'egress  shop/web: open, a pod always reaches itself',
        'ingress shop/web: open, a pod always reaches itself',
      ],
    ],
  ])('%s', ([, policies, from, to, lines]) => {
    expect(explanationLines(explained(policies, from, to, port80))).toEqual(lines);
  });

  test('another replica is judged', () => {
    const reach = createReach(clusterOf({ ...world, policies: [denyIn] }));
    const other: Somebody = { kind: 'pod', pod: web, replica: true };
    expect(explanationLines(explain(reach, somebody(web), other, port80))).toEqual([
      'egress  shop/web: open, no policy selects it for egress',
      'ingress shop/web (another replica): denied, isolated by shop/deny-in (p.yaml:1)',
    ]);
  });

  test('a part of what was asked for', () => {
    const rule = { peers: [pods(label('app', 'web'))], ports: [tcp(80), tcp(443)] };
    const other = { peers: [pods()], ports: [{ kind: 'all', protocol: 'UDP' } as const] };
    const { ingress, passes } = explained([policy('db', 'db', 'ingress', rule, other)], web, db, everything);
    expect(passes).toBe(trafficOf([tcp(80), tcp(443), { ...tcp(1, 65535), protocol: 'UDP' }]));
    expect(sideLinesFor(ingress, 'shop/db')).toEqual([
      'ingress shop/db: 80/tcp,443/tcp allowed by shop/db ingress[0] (p.yaml:10)',
      'ingress shop/db: */udp allowed by shop/db ingress[1] (p.yaml:11)',
      'ingress shop/db: the rest is denied, isolated by shop/db (p.yaml:1)',
    ]);
  });

  test('a rule without a place is named all the same', () => {
    const policies = [
      policyOf('shop/in', { policyTypes: ['ingress'], ingress: [{ index: 3, ports: [tcp(80)] }] }),
    ];
    expect(explanationLines(explained(policies, web, db, port80))[1]).toBe(
      'ingress shop/db: 80/tcp allowed by shop/in ingress[3]',
    );
  });

  test('where families differ, the one that does not pass is told', () => {
    const policies = [policy('dual', 'dual', 'ingress', { peers: [block('10.0.0.0/8')] })];
    const other = podOf('shop/other', { addresses: [address('10.1.0.8'), address('fd00::8')] });
    const reach = createReach(clusterOf({ pods: [other, dual], policies }));
    const told = explain(reach, somebody(other), somebody(dual), port80);
    expect(told.family).toBe('IPv6');
    expect(explanationLines(told).slice(1)).toEqual([
      'ingress shop/dual: denied, isolated by shop/dual (p.yaml:1)',
      '        shop/dual ingress[0] (p.yaml:10) names 10.0.0.0/8, and fd00::8 is outside',
    ]);
    expect(explain(reach, somebody(other), somebody(dual), port80, 'IPv4').passes).toBe(port80);
  });

  test('pods of different families', () => {
    const told = explained([], web, six, port80);
    expect(told.passes).toBe(trafficOf([]));
    expect(explanationLines(told)).toEqual([
      'egress  shop/web: open, no policy selects it for egress',
      'ingress shop/six: open, no policy selects it for ingress',
      'nothing passes: one end has IPv4 addresses alone, the other IPv6 addresses alone',
    ]);
  });

  test('what is marked where it is shown', () => {
    const paint: Paint = {
      allowed: (word) => `+${word}+`,
      denied: (word) => `-${word}-`,
      open: (word) => `o${word}o`,
    };
    const { egress, ingress } = explained(
      [policy('db', 'db', 'ingress', { ports: [tcp(80)] })],
      web,
      db,
      trafficOf([tcp(80, 81)]),
    );
    expect([...sideLinesFor(egress, 'all of them', paint), ...sideLinesFor(ingress, 'both', paint)]).toEqual([
      'egress  all of them: oopeno, no policy selects it for egress',
      'ingress both: 80/tcp +allowed+ by shop/db ingress[0] (p.yaml:10)',
      'ingress both: the rest is -denied-, isolated by shop/db (p.yaml:1)',
    ]);
  });
});

describe('near misses', () => {
  /** What is said of one rule of a policy of shop/db. */
  const misses = (rule: Omit<PolicyRule, 'index' | 'source'>, from: Who, asked = port80): readonly string[] =>
    sideLinesFor(explained([policy('db', 'db', 'ingress', rule)], from, db, asked).ingress, 'shop/db')
      .slice(1)
      .map((line) => line.replace('        shop/db ingress[0] (p.yaml:10) ', ''));

  test.for<[string, Omit<PolicyRule, 'index' | 'source'>, Who, readonly string[]]>([
    [
      'another label',
      { peers: [pods(label('app', 'api'))] },
      web,
      ['would match if label app=api (it is "web")'],
    ],
    [
      'a missing label',
      { peers: [pods(label('tier', 'front'))] },
      web,
      ['would match if label tier=front (it has none)'],
    ],
    [
      'two labels',
      { peers: [pods(label('app', 'api'), label('tier', 'front'))] },
      web,
      ['would match if label app=api (it is "web") and label tier=front (it has none)'],
    ],
    [
      'a label that must not be',
      { peers: [pods({ key: 'app', operator: 'DoesNotExist' })] },
      web,
      ['would match if label !app (it is "web")'],
    ],
    [
      'one of several values',
      { peers: [pods({ key: 'app', operator: 'NotIn', values: ['web', 'api'] })] },
      web,
      ['would match if label app notin (web,api) (it is "web")'],
    ],
    [
      'a label of the namespace',
      { peers: [podsIn([label('team', 'web')], label('app', 'web'))] },
      web,
      ['would match if its namespace had label team=web (it is "shop")'],
    ],
    [
      'another namespace',
      { peers: [pods(label('app', 'prom'))] },
      prom,
      [
        "would match in namespace shop, not mon: a podSelector without namespaceSelector means the policy's own",
      ],
    ],
    ['another port', { peers: [pods()], ports: [tcp(8080)] }, web, ['8080/tcp is allowed, not 80/tcp']],
    [
      'other ports',
      { ports: [tcp(1000, 2000), { kind: 'all', protocol: 'UDP' }] },
      web,
      ['1000-2000/tcp,*/udp is allowed, not 80/tcp'],
    ],
    [
      'a port name that the receiver does not declare',
      { ports: [{ kind: 'named', name: 'http', protocol: 'TCP' }] },
      web,
      ['port name http/tcp is not declared by the receiver'],
    ],
    [
      'a port name beside another port',
      { ports: [{ kind: 'named', name: 'http', protocol: 'TCP' }, tcp(443)] },
      web,
      ['443/tcp is allowed, not 80/tcp; port name http/tcp is not declared by the receiver'],
    ],
    [
      'another label and another port',
      { peers: [pods(label('app', 'api'))], ports: [tcp(443)] },
      web,
      ['would match if label app=api (it is "web"); 443/tcp is allowed, not 80/tcp'],
    ],
    ['an address for pods', { peers: [pods()] }, '8.8.8.8', ['names pods, and this is an address']],
    ['a node for pods', { peers: [pods()] }, 'node n1', ['names pods, and this is a node']],
    ['a hostNetwork pod for pods', { peers: [pods()] }, host, ['names pods, and this is a hostNetwork pod']],
    [
      'an address outside',
      { peers: [block('10.0.0.0/8')] },
      '8.8.8.8',
      ['names 10.0.0.0/8, and 8.8.8.8 is outside'],
    ],
    [
      'an address in an except',
      { peers: [block('10.0.0.0/8', '10.1.0.0/16', '10.2.0.0/16')] },
      web,
      ['names 10.0.0.0/8 except 10.1.0.0/16, which holds 10.1.0.1'],
    ],
    [
      'a pod without an address',
      { peers: [block('10.0.0.0/8')] },
      late,
      ['names 10.0.0.0/8, and a pod without an address is in no block'],
    ],
    [
      'the nearest of several peers',
      {
        peers: [
          block('192.0.2.0/24'),
          podsIn([label('team', 'x')], label('app', 'x')),
          pods(label('app', 'api')),
        ],
      },
      web,
      ['would match if label app=api (it is "web")'],
    ],
  ])('%s', ([, rule, from, lines]) => {
    expect(misses(rule, from)).toEqual(lines);
  });

  test('a broad question is not repeated', () => {
    expect(misses({ peers: [pods(label('app', 'api'))], ports: [tcp(443)] }, web, everything)).toEqual([
      'would match if label app=api (it is "web")',
    ]);
    expect(misses({ ports: [tcp(443)] }, web, trafficOf([tcp(80)], true))).toEqual([
      '443/tcp is allowed, nothing else',
    ]);
  });

  test('fewest reasons first, then by policy and rule; three at most', () => {
    const far = { peers: [pods(label('app', 'x'), label('tier', 'y'))], ports: [tcp(81)] };
    const near = { peers: [pods(label('app', 'api'))] };
    const port = { ports: [tcp(81)] };
    const strange = { peers: [block('192.0.2.0/24')] };
    const policies = [
      policy('b', 'db', 'ingress', far, near),
      policy('a', 'db', 'ingress', strange, near, port),
    ];
    const { ingress } = explained(policies, web, db, port80);
    expect(ingress.nearMisses.map(({ policy: name, rule }) => `${name} ${rule}`)).toEqual([
      'shop/a 1',
      'shop/a 2',
      'shop/b 1',
    ]);
  });

  test('policies of another direction, or that select others, are none', () => {
    const policies = [
      policy('deny', 'db', 'ingress'),
      policy('out', 'db', 'egress', { ports: [tcp(81)] }),
      policy('web', 'web', 'ingress', { ports: [tcp(81)] }),
    ];
    expect(explained(policies, web, db, port80).ingress.nearMisses).toEqual([]);
  });

  test('egress looks at the receiver: its labels, its port names', () => {
    const named = { kind: 'named', name: 'http', protocol: 'TCP' } as const;
    const policies = [policy('out', 'db', 'egress', { peers: [pods(label('app', 'api'))], ports: [named] })];
    const asked = trafficOf([tcp(8080)]);
    expect(sideLinesFor(explained(policies, db, web, asked).egress, 'shop/db').slice(1)).toEqual([
      '        shop/out egress[0] (p.yaml:10) would match if label app=api (it is "web")',
    ]);
    expect(sideLinesFor(explained(policies, db, web, port80).egress, 'shop/db').slice(1)).toEqual([
      '        shop/out egress[0] (p.yaml:10) would match if label app=api (it is "web"); 8080/tcp is allowed, not 80/tcp',
    ]);
  });
});

describe('pods to come', () => {
  const possible: PossiblePod = {
    namespace: 'shop',
    exists: true,
    namespaceLabels: { team: 'shop', 'kubernetes.io/metadata.name': 'shop' },
    labels: { app: 'new' },
  };
  const named = { ports: [{ kind: 'named', name: 'http', protocol: 'TCP' } as const] };

  test('they are judged by their labels', () => {
    const policies = [
      policy('db', 'db', 'ingress', { peers: [pods(label('app', 'web'))] }),
      policy('new', 'new', 'egress'),
    ];
    expect(explanationLines(explained(policies, possible, db, port80))).toEqual([
      'egress  a pod labelled app=new, created in namespace shop: denied, isolated by shop/new (p.yaml:1)',
      'ingress shop/db: denied, isolated by shop/db (p.yaml:1)',
      '        shop/db ingress[0] (p.yaml:10) would match if label app=web (it is "new")',
    ]);
  });

  test('port names: any number where it helps, none where it does not', () => {
    const policies = [policy('new', 'new', 'ingress', named), policy('web', 'web', 'egress', named)];
    expect(explained(policies, web, possible, port80).passes).toBe(port80);
    expect(explanationLines(explained(policies, web, { ...possible, namesNoPorts: true }, port80))).toEqual([
      'egress  shop/web: denied, isolated by shop/web (p.yaml:1)',
      '        shop/web egress[0] (p.yaml:10) port name http/tcp is not declared by the receiver',
      'ingress a pod labelled app=new, created in namespace shop: denied, isolated by shop/new (p.yaml:1)',
      '        shop/new ingress[0] (p.yaml:10) port name http/tcp is not declared by the receiver',
    ]);
  });

  test('how they are called', () => {
    const text = (fields: Partial<PossiblePod>): string =>
      somebodyText({ kind: 'possible', pod: { ...possible, ...fields } });
    expect(text({})).toBe('a pod labelled app=new, created in namespace shop');
    expect(text({ labels: {} })).toBe('a pod without labels, created in namespace shop');
    expect(
      text({ exists: false, namespace: 'any', namespaceLabels: { 'kubernetes.io/metadata.name': 'any' } }),
    ).toBe('a pod labelled app=new, in a new namespace');
    expect(
      text({
        exists: false,
        namespace: 'any',
        labels: { a: '1', b: '2' },
        namespaceLabels: { 'kubernetes.io/metadata.name': 'any', team: 'x' },
      }),
    ).toBe('a pod labelled a=1,b=2, in a new namespace labelled team=x');
  });
});

test('a file name steers no terminal', () => {
  const source = { file: 'a\u001b[31m\u202e.yaml', line: 1, column: 1 };
  const policies = [policyOf('shop/in', { policyTypes: ['ingress'], source })];
  expect(explanationLines(explained(policies, web, db, port80))[1]).toBe(
    'ingress shop/db: denied, isolated by shop/in (a\\u001b[31m\\u202e.yaml:1)',
  );
});
