import { lint } from '../../src/analysis/lint/lint.ts';
import { lintRules } from '../../src/analysis/lint/registry.ts';
import type { LintContext } from '../../src/analysis/lint/rule.ts';
import { createReach } from '../../src/analysis/reach/reach.ts';
import type { Cluster, Node, Service } from '../../src/model/cluster.ts';
import type { NetworkPolicy, PolicyPeer } from '../../src/model/network-policy.ts';
import type { Cidr } from '../../src/net/cidr.ts';
import { realCluster } from './real-cluster.ts';

// What the linter takes for a large cluster, rule by rule: as it is, and with every mistake in every policy. Wanted: all
// rules within 3 s and 500 MB. Run: node --expose-gc test/bench/lint.ts

for (const [name, cluster] of [
  ['as generated', realCluster()],
  ['with mistakes everywhere', withMistakes(realCluster())],
] as const) {
  gc?.();
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const findings = lint({ cluster }, { masqueradeAll: true });
  const taken = performance.now() - start;
  const memory = (process.memoryUsage().rss - before) / 1e6;
  console.log(`${name}: ${taken.toFixed(0)} ms, ${memory.toFixed(0)} MB, ${findings.length} findings`);
  const reach = createReach(cluster);
  const context: LintContext = {
    cluster,
    reach,
    options: { masqueradeAll: true },
    problems: [],
    place: () => undefined,
  };
  for (const rule of lintRules) {
    const began = performance.now();
    const found = rule.check(context).length;
    console.log(`  ${rule.id.padEnd(30)} ${(performance.now() - began).toFixed(0).padStart(5)} ms ${found}`);
  }
}

/** Services with other target ports, port names that are wrong, pairs of peers, whole families, hostNetwork. */
function withMistakes(cluster: Cluster): Cluster {
  const services = cluster.namespaces.flatMap(({ name }) =>
    Array.from({ length: 12 }, (_, index): Service => ({
      namespace: name,
      name: `service-${index}`,
      type: index % 2 === 0 ? 'LoadBalancer' : 'ClusterIP',
      selector: { app: `app-${index}` },
      clusterIPs: [],
      ports: [
        { name: 'a', protocol: 'TCP', port: 80, targetPort: 8080 },
        { name: 'b', protocol: 'TCP', port: 443, targetPort: 'http' },
      ],
      externalTrafficPolicy: 'Cluster',
    })),
  );
  const nodes = cluster.nodes.map((node, index): Node => ({
    ...node,
    podCIDRs: [...node.podCIDRs, `fd00:${index.toString(16)}::/64` as Cidr],
  }));
  const pods = cluster.pods.map((pod, index) => (index % 20 === 0 ? { ...pod, hostNetwork: true } : pod));
  const policies = cluster.policies.map((policy, index): NetworkPolicy => ({
    ...policy,
    policyTypes: ['ingress', 'egress'],
    ingress: policy.ingress.map((rule) => ({
      ...rule,
      ports: [
        { kind: 'range', protocol: 'TCP', first: 80, last: 80 },
        { kind: 'named', protocol: 'TCP', name: index % 2 === 0 ? 'http' : 'web' },
      ],
    })),
    egress: [
      {
        index: 0,
        ports: [{ kind: 'named', protocol: 'TCP', name: 'htpp' }],
        peers: mistakenPeers(index),
      },
    ],
  }));
  return { ...cluster, services, nodes, pods, policies };
}

function mistakenPeers(index: number): readonly PolicyPeer[] {
  return [
    { kind: 'ipBlock', cidr: '0.0.0.0/0' as Cidr, except: [] },
    {
      kind: 'pods',
      namespaceSelector: [{ key: 'team', operator: 'In', values: [`team-${index % 40}`] }],
      podSelector: [],
    },
    { kind: 'pods', podSelector: [{ key: 'app', operator: 'In', values: [`app-${index % 12}`] }] },
  ];
}
