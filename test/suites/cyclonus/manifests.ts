import type { Protocol } from '../../../src/net/protocol.ts';

// The objects of the Kubernetes API that the cases are made of, as JSON has them: no more fields than the cases write.

export type LabelMap = Readonly<Record<string, string>>;

export interface SelectorManifest {
  readonly matchLabels?: LabelMap;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
}

export interface PeerManifest {
  readonly podSelector?: SelectorManifest;
  readonly namespaceSelector?: SelectorManifest;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

export interface PortManifest {
  readonly protocol?: Protocol;
  readonly port?: number | string;
  readonly endPort?: number;
}

export interface IngressRuleManifest {
  readonly from?: readonly PeerManifest[];
  readonly ports?: readonly PortManifest[];
}

export interface EgressRuleManifest {
  readonly to?: readonly PeerManifest[];
  readonly ports?: readonly PortManifest[];
}

export interface PolicySpecManifest {
  readonly podSelector: SelectorManifest;
  readonly policyTypes: readonly ('Ingress' | 'Egress')[];
  readonly ingress?: readonly IngressRuleManifest[];
  readonly egress?: readonly EgressRuleManifest[];
}

export interface PolicyManifest {
  readonly apiVersion: 'networking.k8s.io/v1';
  readonly kind: 'NetworkPolicy';
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: PolicySpecManifest;
}

export interface NamespaceManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Namespace';
  readonly metadata: { readonly name: string; readonly labels: LabelMap };
}

export interface PodManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: { readonly namespace: string; readonly name: string; readonly labels: LabelMap };
  readonly spec: {
    readonly nodeName: string;
    readonly containers: readonly {
      readonly name: string;
      readonly image: string;
      readonly ports: readonly {
        readonly name: string;
        readonly containerPort: number;
        readonly protocol: Protocol;
      }[];
    }[];
  };
  readonly status: {
    readonly phase: 'Running';
    readonly podIP: string;
    readonly podIPs: readonly { readonly ip: string }[];
  };
}

export interface NodeManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Node';
  readonly metadata: { readonly name: string };
  readonly spec: { readonly podCIDR: string; readonly podCIDRs: readonly string[] };
  readonly status: {
    readonly addresses: readonly { readonly type: 'InternalIP'; readonly address: string }[];
  };
}

export type Manifest = PolicyManifest | NamespaceManifest | PodManifest | NodeManifest;

/** A NetworkPolicy of this name, `namespace/name`. */
export function policyManifest(key: string, spec: PolicySpecManifest): PolicyManifest {
  const slash = key.indexOf('/');
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: key.slice(0, slash), name: key.slice(slash + 1) },
    spec,
  };
}

export function namespaceManifest(name: string, labels: LabelMap): NamespaceManifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}
