import { describe, expect, test } from 'vitest';
import { found, foundBy } from './lint-text.ts';
import { namespace, pod, policy } from './manifests.ts';

// Rules about whom policies mean and what passes in the end: when they fire, and when not. Their pages hold the usual case.

type Case = readonly [name: string, documents: readonly string[], expected: readonly string[]];

const labels = (matchLabels: Readonly<Record<string, string>>): object => ({ matchLabels });
const app = (name: string): object => ({ podSelector: labels({ app: name }) });
const [web, db, cache] = ['web', 'db', 'cache'].map((name) => pod(name)) as [string, string, string];
const elsewhere = pod('there', { namespace: 'other', labels: { app: 'there' } });

describe('selects-nothing', () => {
  const nobody = 'no pod of namespace "shop" has the labels "app=wbe": the policy selects none';
  test.for<Case>([
    ['a slip', [policy(app('wbe')), web], [`warning: ${nobody}`]],
    [
      'the pod is in another namespace',
      [policy(app('there')), web, elsewhere],
      [`warning: ${nobody.replace('wbe', 'there')}`],
    ],
    [
      'the namespace has no pods',
      [policy(app('web')), elsewhere],
      ['info: namespace "shop" has no pods, so the policy selects none'],
    ],
    ['no pods at all', [policy(app('web'))], []],
    ['every pod', [policy({}), elsewhere], []],
    ['a pod', [policy(app('web')), web], []],
    [
      'an expression',
      [
        policy({ podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] } }),
        web,
      ],
      ['warning: no pod of namespace "shop" has the labels "app!=web": the policy selects none'],
    ],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('selects-nothing', ...documents)).toEqual(expected);
  });
});

describe('peer-matches-nothing', () => {
  const from = (...peers: readonly object[]): string => policy({ ingress: [{ from: peers }] });
  test.for<Case>([
    ['a slip', [from(app('wbe')), web], ['warning: no pod of namespace "shop" has the labels "app=wbe"']],
    [
      'one peer of two',
      [from(app('web'), app('wbe')), web],
      ['warning: no pod of namespace "shop" has the labels "app=wbe"'],
    ],
    [
      'pods of other namespaces are not meant',
      [from(app('there')), web, elsewhere],
      ['warning: no pod of namespace "shop" has the labels "app=there"'],
    ],
    [
      'no such namespace',
      [from({ namespaceSelector: labels({ team: 'mon' }) }), web],
      ['info: no namespace has the labels "team=mon"'],
    ],
    [
      'the namespace is empty',
      [from({ namespaceSelector: labels({ team: 'mon' }) }), namespace('mon', { team: 'mon' }), web],
      ['info: there are no pods in namespace "mon"'],
    ],
    [
      'hostNetwork pods alone',
      [from(app('agent')), web, pod('agent', { hostNetwork: true })],
      ['warning: only pods with hostNetwork have these labels, and they are never matched by label'],
    ],
    [
      'excepts leave nothing',
      [from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/9', '10.128.0.0/9'] } })],
      ['warning: the excepts leave nothing of 10.0.0.0/8'],
    ],
    ['excepts leave something', [from({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/9'] } })], []],
    ['an address of nobody', [from({ ipBlock: { cidr: '192.0.2.1/32' } }), web], []],
    ['somebody', [from(app('web')), web], []],
    ['somebody of any namespace', [from({ namespaceSelector: {} }), elsewhere], []],
    ['no pods at all', [from(app('web'))], []],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('peer-matches-nothing', ...documents)).toEqual(expected);
  });
});

describe('rule-never-fires', () => {
  const egress = (...rules: readonly object[]): string =>
    policy({ ...app('web'), policyTypes: ['Egress'], egress: rules }, 'web-out');
  const ingress = policy(
    { ...app('db'), ingress: [{ from: [app('web')], ports: [{ port: 5432 }] }] },
    'db-in',
  );
  const blocked = 'warning: the rule allows nothing: the egress of its peer lets none of it through';
  const denyDb = policy({ ...app('db'), policyTypes: ['Ingress'] }, 'db-deny');
  test.for<Case>([
    ['the other side is isolated', [ingress, egress(), web, db], [blocked]],
    [
      'its port is another',
      [ingress, egress({ to: [app('db')], ports: [{ port: 80 }] }), web, db],
      [blocked, blocked.replace('egress', 'ingress')],
    ],
    [
      'its protocol is another',
      [ingress, egress({ ports: [{ protocol: 'UDP', port: 5432 }] }), web, db],
      [blocked],
    ],
    ['its peer is another', [ingress, egress({ to: [app('cache')] }), web, db, cache], [blocked]],
    [
      'one of its peers may',
      [ingress, egress(), pod('w2', { labels: { app: 'web', egress: 'x' } }), db],
      [blocked],
    ],
    ['the other side is open', [ingress, web, db], []],
    ['some of its ports pass', [ingress, egress({ ports: [{ port: 5432, endPort: 5440 }] }), web, db], []],
    [
      'an address lets it',
      [
        ingress,
        egress({ to: [{ ipBlock: { cidr: '10.0.0.5/32' } }] }),
        web,
        pod('db', { addresses: ['10.0.0.5'] }),
      ],
      [],
    ],
    [
      'an address of somebody else',
      [
        ingress,
        egress({ to: [{ ipBlock: { cidr: '10.0.0.6/32' } }] }),
        web,
        pod('db', { addresses: ['10.0.0.5'] }),
      ],
      [blocked],
    ],
    [
      'addresses have no side',
      [policy({ ...app('db'), ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] }), web, db],
      [],
    ],
    ['nobody is there', [ingress, egress(), db], []],
    [
      'egress to an isolated pod',
      [egress({ to: [app('db')] }), denyDb, web, db],
      ['warning: the rule allows nothing: the ingress of its peer lets none of it through'],
    ],
    [
      'egress to one that is open, too',
      [egress({ to: [app('db'), app('cache')] }), denyDb, web, db, cache],
      [],
    ],
    [
      'a port name of nobody',
      [
        egress({ to: [app('db')], ports: [{ port: 'sql' }] }),
        policy({ ...app('db'), ingress: [{ ports: [{ port: 'sql' }] }] }, 'db-in'),
        web,
        db,
      ],
      ['warning: the rule allows nothing: the ingress of its peer lets none of it through'],
    ],
    [
      'a port name of the destination',
      [
        egress({ to: [app('db')], ports: [{ port: 'sql' }] }),
        ingress,
        web,
        pod('db', { ports: [{ name: 'sql', containerPort: 5432 }] }),
      ],
      [],
    ],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('rule-never-fires', ...documents)).toEqual(expected);
  });
});

describe('redundant-rule', () => {
  const rules = (...ingress: readonly object[]): string => policy({ ingress });
  const covered = (index: number): string =>
    `warning: the rule allows nothing that spec.ingress[${String(index)}] does not allow already`;
  const together = (...others: readonly number[]): string =>
    `warning: the rule allows nothing that others together do not allow already: ${others.map((index) => `spec.ingress[${String(index)}]`).join(', ')}`;
  test.for<Case>([
    ['said twice', [rules({ from: [app('web')] }, { from: [app('web')] })], [covered(0)]],
    [
      'a port of all',
      [rules({ from: [app('web')], ports: [{ port: 80 }] }, { from: [app('web')] })],
      [covered(1)],
    ],
    [
      'a port of a range',
      [rules({ ports: [{ port: 80, endPort: 90 }] }, { ports: [{ port: 85 }] })],
      [covered(0)],
    ],
    [
      'ranges that make one',
      [
        rules(
          {
            ports: [
              { port: 80, endPort: 84 },
              { port: 85, endPort: 90 },
            ],
          },
          { ports: [{ port: 83, endPort: 87 }] },
        ),
      ],
      [covered(0)],
    ],
    ['peers of everybody', [rules({}, { from: [app('web')] })], [covered(0)]],
    [
      'an address of a block',
      [
        rules(
          { from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] },
          { from: [{ ipBlock: { cidr: '10.1.0.0/16' } }] },
        ),
      ],
      [covered(0)],
    ],
    [
      'an address of a hole',
      [
        rules(
          { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] },
          { from: [{ ipBlock: { cidr: '10.1.0.0/24' } }] },
        ),
      ],
      [],
    ],
    [
      'more labels',
      [rules({ from: [app('web')] }, { from: [{ podSelector: labels({ app: 'web', tier: 'a' }) }] })],
      [covered(0)],
    ],
    [
      'an expression that says the same',
      [
        rules(
          { from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } }] },
          { from: [app('web')] },
        ),
      ],
      [covered(0)],
    ],
    [
      'its own namespace',
      [rules({ from: [{ namespaceSelector: {} }] }, { from: [{ podSelector: {} }] })],
      [covered(0)],
    ],
    [
      'its own namespace by name',
      [
        rules(
          { from: [{ podSelector: {} }] },
          { from: [{ namespaceSelector: labels({ 'kubernetes.io/metadata.name': 'shop' }) }] },
        ),
      ],
      [covered(0)],
    ],
    [
      'another namespace',
      [rules({ from: [{ podSelector: {} }] }, { from: [{ namespaceSelector: labels({ team: 'a' }) }] })],
      [],
    ],
    ['another port', [rules({ ports: [{ port: 80 }] }, { ports: [{ port: 81 }] })], []],
    ['another protocol', [rules({ ports: [{ port: 53 }] }, { ports: [{ port: 53, protocol: 'UDP' }] })], []],
    [
      'every address, not every peer',
      [rules({ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }, { from: [app('web')] })],
      [],
    ],
    ['a name is not its number', [rules({ ports: [{ port: 80 }] }, { ports: [{ port: 'http' }] })], []],
    [
      'a name twice',
      [rules({ ports: [{ port: 'http' }] }, { ports: [{ port: 'http' }], from: [app('web')] })],
      [covered(0)],
    ],
    [
      'a name of every port',
      [rules({ ports: [{ protocol: 'TCP' }] }, { ports: [{ port: 'http' }] })],
      [covered(0)],
    ],
    [
      'two halves of a range',
      [
        rules(
          { ports: [{ port: 80, endPort: 84 }] },
          { ports: [{ port: 82, endPort: 86 }] },
          { ports: [{ port: 85, endPort: 90 }] },
        ),
      ],
      [together(0, 2)],
    ],
    [
      'peers of two rules',
      [rules({ from: [app('web')] }, { from: [app('db')] }, { from: [app('web'), app('db')] })],
      [covered(2), covered(2)],
    ],
    [
      'two peers, each by another rule, and some more',
      [
        rules(
          { from: [app('web')], ports: [{ port: 80, endPort: 90 }] },
          { from: [app('db')], ports: [{ port: 85 }, { port: 443 }] },
          { from: [app('web'), app('db')], ports: [{ port: 85 }] },
          { from: [app('api')] },
        ),
      ],
      [together(0, 1)],
    ],
    [
      'a block of two halves',
      [
        rules(
          { from: [{ ipBlock: { cidr: '10.0.0.0/9' } }] },
          { from: [{ ipBlock: { cidr: '10.128.0.0/9' } }] },
          { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '10.129.0.0/16'] } }] },
        ),
      ],
      [together(0, 1)],
    ],
    [
      'labels that one or the other has',
      [
        rules(
          { from: [{ podSelector: { matchExpressions: [{ key: 'tier', operator: 'Exists' }] } }] },
          { from: [{ podSelector: { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] } }] },
          { from: [app('web')] },
        ),
      ],
      [together(0, 1)],
    ],
    [
      'its own namespace and the others',
      [
        rules(
          { from: [{ podSelector: {} }] },
          {
            from: [
              {
                namespaceSelector: {
                  matchExpressions: [
                    { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['shop'] },
                  ],
                },
              },
            ],
          },
          { from: [{ namespaceSelector: {}, ...app('web') }] },
        ),
      ],
      [together(0, 1)],
    ],
    [
      'a name by all the ports around it',
      [
        rules(
          { ports: [{ port: 1, endPort: 100 }] },
          { ports: [{ port: 101, endPort: 65535 }] },
          { from: [app('web')], ports: [{ port: 'http' }] },
        ),
      ],
      [together(0, 1)],
    ],
    [
      'a port between two',
      [rules({ ports: [{ port: 80 }] }, { ports: [{ port: 82 }] }, { ports: [{ port: 80, endPort: 82 }] })],
      [covered(2), covered(2)],
    ],
    [
      'every peer at one port, one at all',
      [rules({ ports: [{ port: 80 }] }, { from: [app('web')] }, { ports: [{ port: 80 }, { port: 81 }] })],
      [covered(2)],
    ],
    [
      'of three that cover each other one goes',
      [rules({ from: [app('a'), app('b')] }, { from: [app('b'), app('c')] }, { from: [app('c'), app('a')] })],
      [together(0, 1)],
    ],
    [
      'one peer of two is not covered',
      [rules({ from: [app('web')] }, { from: [app('web'), app('db')] })],
      [covered(1)],
    ],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('redundant-rule', ...documents)).toEqual(expected);
  });

  test('ingress and egress are two things', async () => {
    const both = policy({ policyTypes: ['Ingress', 'Egress'], ingress: [{}], egress: [{}] });
    expect(await found('redundant-rule', both)).toEqual([]);
  });
});

describe('shadowed-rule', () => {
  const wide = policy({ ingress: [{ from: [app('web')] }] }, 'wide');
  const shadowed =
    'info: NetworkPolicy "wide" allows all of the rule already, to the same pods and perhaps more (spec.ingress[0])';
  test.for<Case>([
    [
      'the same pods',
      [wide, policy({ ingress: [{ from: [app('web')], ports: [{ port: 80 }] }] }, 'narrow')],
      [shadowed],
    ],
    ['fewer pods', [wide, policy({ ...app('db'), ingress: [{ from: [app('web')] }] }, 'narrow')], [shadowed]],
    [
      'more pods',
      [
        policy({ ...app('db'), ingress: [{ from: [app('web')] }] }, 'wide'),
        policy({ ingress: [{ from: [app('web')], ports: [{ port: 80 }] }] }, 'narrow'),
      ],
      [],
    ],
    ['another namespace', [wide, policy({ ingress: [{ from: [app('web')] }] }, 'narrow', 'other')], []],
    [
      'two that say the same: one stays',
      [policy({ ingress: [{}] }, 'first'), policy({ ingress: [{}] }, 'wide')],
      [shadowed.replace('wide', 'first')],
    ],
    [
      'two together',
      [
        wide,
        policy({ ingress: [{ from: [app('db')], ports: [{ port: 80 }] }] }, 'other'),
        policy(
          { ...app('x'), ingress: [{ from: [app('db'), app('web')], ports: [{ port: 80 }] }] },
          'narrow',
        ),
      ],
      [
        'info: together these allow all of the rule already, to the same pods and perhaps more: NetworkPolicy "other" spec.ingress[0], NetworkPolicy "wide" spec.ingress[0]',
      ],
    ],
    ['its own policy is named by another rule', [policy({ ingress: [{}, {}] })], []],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('shadowed-rule', ...documents)).toEqual(expected);
  });
});

describe('dns-forgotten', () => {
  const out = (...egress: readonly object[]): string => policy({ policyTypes: ['Egress'], egress });
  const audited = (...egress: readonly object[]): string =>
    policy({ policyTypes: ['Egress'], egress }, 'tried', 'shop', { 'ringfence.dev/mode': 'audit' });
  const dns = pod('coredns', { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } });
  const toDns = {
    to: [
      {
        namespaceSelector: labels({ 'kubernetes.io/metadata.name': 'kube-system' }),
        podSelector: labels({ 'k8s-app': 'kube-dns' }),
      },
    ],
    ports: [{ protocol: 'UDP', port: 53 }],
  };
  const forgotten = "Pod shop/web may reach others, but not the cluster's DNS: no name can be looked up";
  test.for<Case>([
    ['pods alone', [out({ to: [app('db')] }), web], [`warning: ${forgotten}`]],
    ['everybody at one port', [out({ ports: [{ port: 443 }] }), web], [`warning: ${forgotten}`]],
    [
      'addresses alone need no names',
      [out({ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 443 }] }), web],
      [`info: ${forgotten}`],
    ],
    ['TCP alone', [out({ to: [app('db')], ports: [{ port: 53 }] }), web, dns], [`warning: ${forgotten}`]],
    [
      'DNS of somebody else',
      [out({ to: [app('db')], ports: [{ port: 53, protocol: 'UDP' }] }), web, dns],
      [`warning: ${forgotten}`],
    ],
    [
      'pods that are alike are one finding',
      [out({ to: [app('db')] }), web, pod('web-2', { labels: { app: 'web', tier: 'b' } })],
      [`warning: ${forgotten}`],
    ],
    [
      'audit policies, before they are enforced',
      [audited({ to: [app('db')] }), web, dns],
      [
        "warning: Pod shop/web could, were its audit policies enforced, reach others, but not the cluster's DNS: no name can be looked up",
      ],
    ],
    ['audit policies with DNS', [audited({ to: [app('db')] }, toDns), web, dns], []],
    [
      'audit policies beside an enforced one, which alone decides',
      [audited({ to: [app('db')] }), out(toDns), web, dns],
      [],
    ],
    ['the DNS pods', [out({ to: [app('db')] }, toDns), web, dns], []],
    ['the DNS pods, not in the input', [out({ to: [app('db')] }, toDns), web], []],
    ['everything', [out({}), web, dns], []],
    [
      "a node's cache",
      [
        out(
          { to: [app('db')] },
          { to: [{ ipBlock: { cidr: '169.254.20.10/32' } }], ports: [{ protocol: 'UDP', port: 53 }] },
        ),
        web,
        dns,
      ],
      [],
    ],
    ['nothing at all is meant', [out(), web, dns], []],
    ['ingress alone', [policy({ ingress: [{ from: [app('db')] }] }), web, dns], []],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('dns-forgotten', ...documents)).toEqual(expected);
  });
});

describe('dns-open-to-world', () => {
  const out = (...egress: readonly object[]): string => policy({ policyTypes: ['Egress'], egress });
  const open =
    "warning: the rule for DNS lets the pods reach port 53 of every address, not of the cluster's DNS alone";
  const ports = [{ protocol: 'UDP', port: 53 }, { port: 53 }];
  test.for<Case>([
    ['no peers', [out({ ports })], [open]],
    ['every address', [out({ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports })], [open]],
    ['every address of IPv6', [out({ to: [{ ipBlock: { cidr: '::/0' } }], ports })], [open]],
    [
      'with holes',
      [out({ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }], ports })],
      [open],
    ],
    ['every pod is not the world', [out({ to: [{ namespaceSelector: {} }], ports })], []],
    ['a resolver', [out({ to: [{ ipBlock: { cidr: '192.0.2.53/32' } }], ports })], []],
    ['other ports with it', [out({ ports: [...ports, { port: 443 }] })], []],
    ['everything is open anyway', [out({}, { ports })], []],
    ['ingress of a DNS server', [policy({ ingress: [{ ports }] })], []],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('dns-open-to-world', ...documents)).toEqual(expected);
  });
});

describe('no-default-deny', () => {
  const open = (directions: string): string =>
    `info: no policy isolates every pod of namespace "shop" for ${directions}`;
  const shop = namespace('shop');
  test.for<Case>([
    ['no policy', [shop, web], [open('ingress and egress')]],
    ['some pods alone', [shop, web, policy(app('web'))], [open('ingress and egress')]],
    ['one direction', [shop, web, policy({ policyTypes: ['Ingress'] })], [open('egress')]],
    [
      'two policies',
      [shop, web, policy({ policyTypes: ['Ingress'] }), policy({ policyTypes: ['Egress'] }, 'q')],
      [],
    ],
    [
      'a policy of another namespace',
      [shop, web, policy({ policyTypes: ['Ingress', 'Egress'] }, 'p', 'other')],
      [open('ingress and egress')],
    ],
    [
      'a policy that is only audited',
      [
        shop,
        web,
        policy({ policyTypes: ['Ingress', 'Egress'] }, 'p', 'shop', { 'ringfence.dev/mode': 'audit' }),
      ],
      [open('ingress and egress')],
    ],
    ['a namespace without pods', [shop], []],
  ])('%s', async ([, documents, expected]) => {
    expect(await found('no-default-deny', ...documents)).toEqual(expected);
  });

  test('a namespace that is not declared is found where its first pod is', async () => {
    const where = (...documents: readonly string[]): Promise<readonly string[]> =>
      foundBy('no-default-deny', documents.join(''));
    const message = 'no policy isolates every pod of namespace "shop" for ingress and egress';
    expect(await where(web)).toEqual([`2:1 ${message}`]);
    expect(await where(web, shop)).toEqual([`4:1 ${message}`]);
  });
});
