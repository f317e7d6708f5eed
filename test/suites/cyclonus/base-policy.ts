import type { Direction } from '../../../src/model/network-policy.ts';
import {
  type EgressRuleManifest,
  type IngressRuleManifest,
  type PeerManifest,
  policyManifest,
  type PolicyManifest,
  type PolicySpecManifest,
  type PortManifest,
  type SelectorManifest,
} from './manifests.ts';

/** Resolution of names stays possible where egress is isolated. */
export const allowDns: EgressRuleManifest = {
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};

/** What the single-policy cases change in one place: x/a is isolated both ways, TCP 80 from and to some pods stays. */
export function basePolicy(): PolicyManifest {
  return policyManifest('x/base', {
    podSelector: podIs('a'),
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      {
        from: [{ podSelector: among('pod', 'b', 'c'), namespaceSelector: among('ns', 'x', 'y') }],
        ports: [{ protocol: 'TCP', port: 80 }],
      },
    ],
    egress: [
      {
        to: [{ podSelector: among('pod', 'a', 'b'), namespaceSelector: among('ns', 'y', 'z') }],
        ports: [{ protocol: 'TCP', port: 80 }],
      },
      allowDns,
    ],
  });
}

/** The base policy in another namespace. */
export function inNamespace(namespace: string): PolicyManifest {
  const { metadata, spec } = basePolicy();
  return policyManifest(`${namespace}/${metadata.name}`, spec);
}

/** The base policy of other pods. */
export function selecting(podSelector: SelectorManifest): PolicyManifest {
  return changed({ podSelector });
}

/** The base policy with all rules of one direction replaced. */
export function withRules(direction: Direction, rules: readonly Record<string, never>[]): PolicyManifest {
  return changed(direction === 'ingress' ? { ingress: rules } : { egress: rules });
}

/** The base policy with other peers in the first rule of one direction. */
export function withPeers(direction: Direction, peers: readonly PeerManifest[]): PolicyManifest {
  return direction === 'ingress' ? withIngressRule({ from: peers }) : withEgressRule({ to: peers });
}

/** The base policy with other ports in the first rule of one direction. */
export function withPorts(direction: Direction, ports: readonly PortManifest[]): PolicyManifest {
  return direction === 'ingress' ? withIngressRule({ ports }) : withEgressRule({ ports });
}

function withIngressRule(part: IngressRuleManifest): PolicyManifest {
  const [first, ...rest] = basePolicy().spec.ingress ?? [];
  return changed({ ingress: [{ ...first, ...part }, ...rest] });
}

function withEgressRule(part: EgressRuleManifest): PolicyManifest {
  const [first, ...rest] = basePolicy().spec.egress ?? [];
  return changed({ egress: [{ ...first, ...part }, ...rest] });
}

function changed(part: Partial<PolicySpecManifest>): PolicyManifest {
  const base = basePolicy();
  return { ...base, spec: { ...base.spec, ...part } };
}

/** Pods of this name: the pods of the base cluster carry their name as a label. */
export function podIs(name: string): SelectorManifest {
  return { matchLabels: { pod: name } };
}

/** Namespaces of this name, by the label that the base cluster gives them. */
export function namespaceIs(name: string): SelectorManifest {
  return { matchLabels: { ns: name } };
}

export function among(key: string, ...values: readonly string[]): SelectorManifest {
  return { matchExpressions: [{ key, operator: 'In', values }] };
}
