import type { Service } from '../../../model/cluster.ts';
import type { NetworkPolicy, PolicyPeer, PolicyRule } from '../../../model/network-policy.ts';
import type { Pod } from '../../../model/pod.ts';
import { quote } from '../../../model/read/quote.ts';
import type { Address } from '../../../net/address.ts';
import { subtractBlocks, blockContains } from '../../../net/address-block.ts';
import { type Cidr, cidrCovers, prefixLength } from '../../../net/cidr.ts';
import { at, policyReference } from '../objects.ts';
import type { Found, LintContext, LintRule } from '../rule.ts';
import { backendPods, groupOfPolicy, podsOf } from '../selection.ts';

/**
 * Peers that never see who really comes: through a Service that is open to the outside with externalTrafficPolicy Cluster
 * every client comes from the address of a node, and with `--masquerade-all` so does every client of every Service.
 */
export const maskedSource: LintRule = {
  id: 'masked-source',
  title: 'peers for clients that a Service hides',
  severity: 'warning',
  check: (context) => {
    const { cluster, reach, options } = context;
    const masking = cluster.services.filter((service) => isMasking(service, options.masqueradeAll));
    const services = Map.groupBy(masking, ({ namespace }) => namespace);
    const backends = new Map(masking.map((service) => [service, backendPods(reach, service)]));
    const world = worldOf(context);
    return cluster.policies.flatMap((policy) => {
      const near = services.get(policy.namespace) ?? [];
      const minding = policy.ingress.filter(({ peers = [] }) =>
        peers.some((peer) => minds(peer, options.masqueradeAll, world)),
      );
      if (near.length === 0 || minding.length === 0) return [];
      const selected = podsOf(reach, groupOfPolicy(policy));
      const behind = near.filter((service) => {
        const pods = backends.get(service) ?? none;
        return selected.some((pod) => pods.has(pod));
      });
      return minding.flatMap((rule) => ofRule(context, policy, rule, behind, world));
    });
  },
};

const none: ReadonlySet<Pod> = new Set();

function isMasking({ type, externalTrafficPolicy }: Service, masqueradeAll: boolean): boolean {
  if (masqueradeAll) return type !== 'ExternalName';
  return (type === 'NodePort' || type === 'LoadBalancer') && externalTrafficPolicy === 'Cluster';
}

/** What nodes and pods are known by. */
interface World {
  readonly nodes: readonly Address[];
  readonly podCidrs: readonly Cidr[];
}

function worldOf({ cluster }: LintContext): World {
  return {
    nodes: cluster.nodes.flatMap(({ addresses }) => addresses),
    podCidrs: cluster.nodes.flatMap(({ podCIDRs }) => podCIDRs),
  };
}

/** The first peer of the rule that is wrong about its clients: one is enough to say. */
function ofRule(
  { place, options }: LintContext,
  policy: NetworkPolicy,
  rule: PolicyRule,
  services: readonly Service[],
  world: World,
): readonly Found[] {
  const [service] = services.filter((candidate) => mayLeadTo(candidate, rule));
  if (service === undefined) return [];
  const index = (rule.peers ?? []).findIndex((peer) => minds(peer, options.masqueradeAll, world));
  const peer = rule.peers?.[index];
  if (peer === undefined) return [];
  const name = quote(`${service.namespace}/${service.name}`);
  const hidden = options.masqueradeAll
    ? `through Service ${name} every client comes from the address of a node (--masquerade-all)`
    : `through Service ${name} clients from outside come from the address of a node (externalTrafficPolicy Cluster)`;
  return [
    {
      ...at(place(policy, ['spec', 'ingress', rule.index, 'from', index])),
      object: policyReference(policy),
      message: `${hidden}: ${effectOf(peer, world)}`,
      hint: options.masqueradeAll
        ? 'without --masquerade-all kube-proxy keeps the addresses of pods'
        : 'set externalTrafficPolicy: Local on the Service, which keeps the address of the client',
    },
  ];
}

/** Whether the rule has a port that the Service may lead to. A port name is taken to be one. */
function mayLeadTo({ ports }: Service, rule: PolicyRule): boolean {
  return (
    rule.ports?.some((allowed) =>
      ports.some(
        ({ protocol, targetPort }) =>
          allowed.protocol === protocol &&
          (allowed.kind !== 'range' ||
            typeof targetPort === 'string' ||
            (allowed.first <= targetPort && targetPort <= allowed.last)),
      ),
    ) ?? true
  );
}

/** Whether the peer tells clients apart by what the Service hides. */
function minds(peer: PolicyPeer, masqueradeAll: boolean, { podCidrs }: World): boolean {
  if (peer.kind === 'pods') return masqueradeAll;
  const isEverything = prefixLength(peer.cidr) === 0 && peer.except.length === 0;
  // Pods are not hidden when they come from inside.
  const isPods = !masqueradeAll && podCidrs.some((podCidr) => cidrCovers(podCidr, peer.cidr));
  return !isEverything && !isPods;
}

function effectOf(peer: PolicyPeer, { nodes }: World): string {
  if (peer.kind === 'pods') return 'this peer matches none of them';
  const blocks = subtractBlocks(peer.cidr, peer.except);
  return nodes.some((address) => blocks.some((block) => blockContains(block, address)))
    ? 'this block has nodes in it, so it lets all of them in'
    : 'this block matches none of them';
}
