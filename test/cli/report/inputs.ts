// What the tests of the report read.

/** The example as arguments, its files by name: what else stands beside them is other tests' business. */
export const store: readonly string[] = ['workloads', 'policies'].flatMap((name) => [
  '-f',
  `rules/examples/store/${name}.yaml`,
]);

const deployment = (namespace: string, name: string, labels: object, port: number): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'c', ports: [{ name: 'main', containerPort: port }] }] },
    },
  },
});

const policy = (namespace: string, name: string, spec: object): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace },
  spec,
});

function manifest(objects: readonly object[]): string {
  return objects.map((object) => `---\n${JSON.stringify(object, null, 2)}\n`).join('');
}

const hostileText = `<img src=x onerror="window.hacked=1"></script><script>window.hacked=1</script>\u202e"'&`;

/** Text as only a hostile author writes it, wherever the input takes any text. */
export const hostile: Readonly<Record<string, string>> = {
  'x/</script><script>window.hacked=1<!--.yaml': manifest([
    deployment('shop', 'web', { app: 'web' }, 80),
    deployment('shop', 'db', { app: 'db' }, 5432),
    policy('shop', 'db', {
      podSelector: { matchLabels: { app: 'db' } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 5432 }] }],
    }),
  ]).replace('"kind": "NetworkPolicy",', `"kind": "NetworkPolicy", # ${hostileText.replace('\u202e', '')}`),
  'x/long.yaml': manifest([deployment('shop', 'a'.repeat(253), { app: 'x' }, 80)]),
  'x/annotated.yaml': manifest([
    {
      ...policy('shop', 'any', {
        podSelector: {},
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'nobody' } } }] }],
      }),
      metadata: {
        name: 'any',
        namespace: 'shop',
        annotations: { 'ringfence.dev/lint-ignore': `no-default-deny: ${hostileText}`, note: hostileText },
      },
    },
  ]),
};

export const hostileTest = `allow:\n- {from: shop/web, to: shop/db, port: 81, name: ${JSON.stringify(hostileText)}, why: ${JSON.stringify(hostileText)}}\n`;

/** Two workloads, one of them selected by an audit policy alone. */
export const audited = manifest([
  deployment('shop', 'db', { app: 'db' }, 5432),
  deployment('shop', 'web', { app: 'web' }, 80),
  {
    ...policy('shop', 'db', {
      podSelector: { matchLabels: { app: 'db' } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 5432 }] }],
    }),
    metadata: { name: 'db', namespace: 'shop', annotations: { 'ringfence.dev/mode': 'audit' } },
  },
]);

const roles = ['web', 'api', 'db', 'cache', 'worker'];

/** Workloads in namespaces of 25, nearly each with a policy of its own. */
export function largeInput(count: number): string {
  let seed = 7;
  const chance = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return seed / 0x7fffffff;
  };
  const nameOf = (at: number): string => `svc-${String(at % 25).padStart(2, '0')}`;
  const objects = Array.from({ length: count }, (_, at) => {
    const namespace = `team-${String(Math.floor(at / 25)).padStart(2, '0')}`;
    const labels = { app: nameOf(at), role: roles[at % roles.length] };
    const wide =
      chance() < 0.3
        ? [{ namespaceSelector: {}, podSelector: { matchLabels: { role: roles[Math.floor(chance() * 5)] } } }]
        : [];
    const spec = {
      podSelector: { matchLabels: { app: nameOf(at) } },
      policyTypes: chance() < 0.4 ? ['Ingress', 'Egress'] : ['Ingress'],
      ingress: [
        {
          from: [{ podSelector: { matchLabels: { app: nameOf(Math.floor(chance() * 25)) } } }, ...wide],
          ports: [{ port: [8080, 5432, 6379, 'main'][Math.floor(chance() * 4)] }],
        },
      ],
      egress: [
        { to: [{ podSelector: {} }] },
        { to: [{ ipBlock: { cidr: `10.${String(Math.floor(chance() * 20))}.0.0/16` } }] },
      ],
    };
    return [
      deployment(namespace, nameOf(at), labels, 8080),
      ...(chance() < 0.9 ? [policy(namespace, `${nameOf(at)}-in`, spec)] : []),
    ];
  }).flat();
  return manifest(objects);
}
