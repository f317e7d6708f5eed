import type { PolicyPeer, PolicyPort, PolicyRule } from '../../../model/network-policy.ts';
import { prefixLength } from '../../../net/cidr.ts';
import { at, policyReference } from '../objects.ts';
import type { LintRule } from '../rule.ts';

/** A rule for DNS that names no peers, or every address: a way out for whatever looks like DNS. */
export const dnsOpenToWorld: LintRule = {
  id: 'dns-open-to-world',
  title: 'a rule for DNS that opens its port to everybody',
  severity: 'warning',
  check: ({ cluster, place }) =>
    cluster.policies.flatMap((policy) => {
      // Whoever allows everything to everybody opens nothing more.
      if (policy.egress.some(({ peers, ports }) => peers === undefined && ports === undefined)) return [];
      return policy.egress.filter(isForDns).flatMap((rule) => {
        const index = rule.peers?.findIndex(isEverybody);
        if (index === -1) return [];
        const path = ['spec', 'egress', rule.index, ...(index === undefined ? [] : ['to', index])];
        return [
          {
            ...at(place(policy, path)),
            object: policyReference(policy),
            message:
              "the rule for DNS lets the pods reach port 53 of every address, not of the cluster's DNS alone",
            hint: 'name the DNS pods: namespaceSelector kubernetes.io/metadata.name=kube-system and podSelector k8s-app=kube-dns',
          },
        ];
      });
    }),
};

const dnsNumbers: readonly number[] = [53, 5353];
const dnsNames: readonly string[] = ['dns', 'dns-tcp'];

function isForDns({ ports }: PolicyRule): boolean {
  return ports !== undefined && ports.every(isDnsPort);
}

function isDnsPort(port: PolicyPort): boolean {
  if (port.kind === 'named') return dnsNames.includes(port.name);
  return port.kind === 'range' && port.first === port.last && dnsNumbers.includes(port.first);
}

/** With holes, too: those that matter are seldom in them. */
function isEverybody(peer: PolicyPeer): boolean {
  return peer.kind === 'ipBlock' && prefixLength(peer.cidr) === 0;
}
