import type { Cluster } from '../../../model/cluster.ts';
import { type NetworkPolicy, type PolicyKey, policyKey } from '../../../model/network-policy.ts';
import type { Pod } from '../../../model/pod.ts';
import { families } from '../../../net/protocol.ts';
import { intersectTraffic, nothing, type Traffic, trafficOf } from '../../../net/traffic.ts';
import type { Allow, Isolation } from '../../../policy/isolation.ts';
import type { PartyIndex } from '../../reach/parties.ts';
import type { Reach } from '../../reach/reach.ts';
import { at, podReference, policyReference, referenceText } from '../objects.ts';
import type { Found, LintContext, LintRule } from '../rule.ts';

/**
 * Pods whose egress is isolated, that may reach other pods or everybody, and that may not ask for names. Where the DNS pods
 * of the cluster are known, it is they who must be reached; else anybody at port 53. Audit policies are asked where nothing
 * else isolates: what they forget breaks on the day on which they are enforced.
 */
export const dnsForgotten: LintRule = {
  id: 'dns-forgotten',
  title: 'isolated egress that leaves out DNS',
  severity: 'warning',
  check: (context) => {
    const { cluster, reach } = context;
    const servers = dnsParties(cluster, reach);
    const policies = new Map(cluster.policies.map((policy) => [policyKey(policy), policy]));
    // Pods that the same policies isolate are one finding, whatever else tells them apart.
    const seen = new Set<string>();
    return [...reach.parties.all.keys()].flatMap((party) => {
      const isolation = reach.isolation(party, 'egress') ?? auditOf(reach, party);
      if (isolation === undefined || isolation.allows.length === 0 || servers.includes(party)) return [];
      const key = isolation.policies.join(' ');
      if (seen.has(key)) return [];
      seen.add(key);
      return reachesDns(reach, isolation, servers) ? [] : [finding(context, party, isolation, policies)];
    });
  },
};

function auditOf({ parties, audits }: Reach, party: PartyIndex): Isolation | undefined {
  const pods = parties.all[party];
  return pods?.kind === 'pods' ? audits.of(pods.pods[0], 'egress') : undefined;
}

const dns: Traffic = trafficOf([
  { protocol: 'UDP', first: 53, last: 53 },
  { protocol: 'UDP', first: 5353, last: 5353 },
]);

function reachesDns({ rows }: Reach, isolation: Isolation, servers: readonly PartyIndex[]): boolean {
  const { allows } = isolation;
  if (servers.length === 0) return allows.some((allow) => mayBeDns(allow) && mayHoldDns(allow));
  const row = rows.of(isolation);
  return (
    // A node's own cache answers at an address that no pod has.
    allows.some((allow) => allow.peers.kind === 'some' && allow.peers.blocks.length > 0 && mayBeDns(allow)) ||
    servers.some((server) =>
      families.some((family) => intersectTraffic(row.toward(server, family), dns) !== nothing),
    )
  );
}

/** Whether the rule lets port 53 pass, or a name that may be it. */
function mayBeDns({ ports }: Allow): boolean {
  if (ports.kind === 'all') return true;
  const isNamed = ports.names.some(({ name }) => name.includes('dns') || name.includes('domain'));
  return isNamed || intersectTraffic(trafficOf(ports.ranges), dns) !== nothing;
}

/** Whether the DNS pods may be among the peers. They are in a namespace of their own, so the own namespace is not asked. */
function mayHoldDns({ peers }: Allow): boolean {
  if (peers.kind === 'anyone' || peers.blocks.length > 0) return true;
  return peers.groups.some((group) => group.kind === 'namespaces' || group.namespace === 'kube-system');
}

/** Pods that answer for the cluster's DNS: by the labels of CoreDNS and kube-dns, and of OpenShift's. */
function dnsParties({ pods }: Cluster, { parties }: Reach): readonly PartyIndex[] {
  const found = pods.filter(isDnsServer).flatMap((pod) => parties.ofPod(pod) ?? []);
  return [...new Set(found)];
}

function isDnsServer({ labels }: Pod): boolean {
  return (
    labels['k8s-app'] === 'kube-dns' ||
    labels['k8s-app'] === 'coredns' ||
    labels['app.kubernetes.io/name'] === 'coredns' ||
    labels['dns.operator.openshift.io/daemonset-dns'] !== undefined
  );
}

function finding(
  { place, reach }: LintContext,
  party: PartyIndex,
  { policies: isolating, allows, audit }: Isolation,
  policies: ReadonlyMap<PolicyKey, NetworkPolicy>,
): Found {
  const key = allows[0]?.rule.policy ?? isolating[0];
  const policy = key === undefined ? undefined : policies.get(key);
  const pods = reach.parties.all[party];
  const who = pods?.kind === 'pods' ? referenceText(podReference(pods.pods[0])) : 'the selected pods';
  const needsNames = allows.some(({ peers }) => peers.kind === 'anyone' || peers.groups.length > 0);
  const may = audit === true ? 'could, were its audit policies enforced,' : 'may';
  return {
    // Addresses need no names.
    ...(needsNames ? {} : { severity: 'info' as const }),
    ...(policy === undefined
      ? {}
      : { ...at(place(policy, ['spec', 'egress'], 'key')), object: policyReference(policy) }),
    message: `${who} ${may} reach others, but not the cluster's DNS: no name can be looked up`,
    hint: 'allow egress to the DNS pods (kube-system, k8s-app=kube-dns) on port 53, UDP and TCP',
  };
}
