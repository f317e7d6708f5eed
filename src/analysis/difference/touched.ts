import { directions, type NetworkPolicy, policyKey, type PolicyRule } from '../../model/network-policy.ts';
import type { Connectivity } from '../connectivity/connectivity.ts';
import type { PodEndpoint } from '../connectivity/endpoints.ts';
import type { Reach } from '../reach/reach.ts';

/**
 * What decides about the connections of an endpoint beside the other end: what policies see of its pods, and the policies that
 * isolate them. Where it is the same before and after, and at the other end too, nothing has changed between the two.
 */
export function profileOf({ reach }: Connectivity, policies: PolicyTexts): (endpoint: PodEndpoint) => string {
  const labels = new Map<string, string>();
  const namespaceText = (namespace: string): string => {
    const known = labels.get(namespace) ?? JSON.stringify(reach.parties.index.namespaceLabels(namespace));
    labels.set(namespace, known);
    return known;
  };
  return ({ pods, parties, namespace }) => {
    // An address that another pod has come to own is not this pod's any more, though it says so.
    const own = pods
      .map((pod) => [pod.labels, reach.parties.index.addressesOf(pod), pod.ports, pod.nodeName])
      .map((seen) => JSON.stringify(seen))
      .sort();
    const isolated = parties.flatMap((party) =>
      directions.map((direction) =>
        (reach.isolation(party, direction)?.policies ?? []).map((key) => policies.get(key) ?? '').join('\n'),
      ),
    );
    return JSON.stringify([namespaceText(namespace), [...new Set(own)], [...new Set(isolated)].sort()]);
  };
}

type PolicyTexts = ReadonlyMap<string, string>;

/** What each policy says, wherever it is written. */
export function policyTexts({ cluster }: Reach): PolicyTexts {
  return new Map(cluster.policies.map((policy) => [policyKey(policy), policyText(policy)]));
}

function policyText({ source: _, ...policy }: NetworkPolicy): string {
  const withoutSource = ({ source: __, ...rule }: PolicyRule): PolicyRule => rule;
  return JSON.stringify({
    ...policy,
    ingress: policy.ingress.map(withoutSource),
    egress: policy.egress.map(withoutSource),
  });
}
