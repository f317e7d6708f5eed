import type { Address } from '../net/address.ts';
import type { Cidr } from '../net/cidr.ts';
import type { Protocol } from '../net/protocol.ts';
import type { SourcePosition } from './diagnostic.ts';
import type { Labels } from './label-selector.ts';
import type { NetworkPolicy } from './network-policy.ts';
import type { Pod } from './pod.ts';

export interface Namespace {
  readonly name: string;
  /** `kubernetes.io/metadata.name` is always there and always the name, whatever was written. */
  readonly labels: Labels;
  /** The annotation `ringfence.dev/lint-ignore`, as written. */
  readonly lintIgnore?: string;
  readonly source?: SourcePosition;
}

export interface Node {
  readonly name: string;
  readonly labels: Labels;
  /** InternalIP addresses first, then the rest, in the order of the API. */
  readonly addresses: readonly Address[];
  readonly podCIDRs: readonly Cidr[];
  readonly source?: SourcePosition;
}

export interface ServicePort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** A number, or the name of a container port. */
  readonly targetPort: number | string;
  readonly nodePort?: number;
}

export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  /** Absent: no selector, the endpoints are somebody else's business. */
  readonly selector?: Labels;
  /** Empty for headless Services. */
  readonly clusterIPs: readonly Address[];
  readonly ports: readonly ServicePort[];
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  /** The annotation `ringfence.dev/lint-ignore`, as written. */
  readonly lintIgnore?: string;
  readonly source?: SourcePosition;
}

/** Which requests an item of an Ingress is about. */
export interface IngressMatch {
  /** Empty: every host. May begin with `*.`, which stands for one label. */
  readonly host: string;
  readonly path: string;
  /** How the path is compared. Absent: the default backend, for what nothing else matches. */
  readonly pathType?: PathType;
}

export type PathType = 'Exact' | 'Prefix' | 'ImplementationSpecific';

export interface IngressBackend extends IngressMatch {
  readonly service: string;
  readonly port: number | string;
}

/** A backend that is no Service: a bucket of a cloud, for one. */
export interface IngressResource extends IngressMatch {
  /** `Bucket/assets`. */
  readonly resource: string;
}

export interface Ingress {
  readonly namespace: string;
  readonly name: string;
  readonly ingressClassName: string;
  readonly backends: readonly IngressBackend[];
  /** Absent where every backend is a Service. */
  readonly resources?: readonly IngressResource[];
  readonly source?: SourcePosition;
}

/** Everything that is known of a cluster. Each list is sorted by namespace and name, and holds no name twice. */
export interface Cluster {
  readonly namespaces: readonly Namespace[];
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly policies: readonly NetworkPolicy[];
  readonly services: readonly Service[];
  readonly ingresses: readonly Ingress[];
}
