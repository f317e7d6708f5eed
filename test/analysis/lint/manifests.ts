// Small manifests for the linter's tests, as JSON, which is YAML too. Each stands on one line.

export interface PodShape {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Port names by container, or numbers. */
  readonly ports?: readonly object[];
  readonly hostNetwork?: boolean;
  readonly addresses?: readonly string[];
}

export function policy(
  spec: object,
  name = 'p',
  namespace = 'shop',
  annotations: Readonly<Record<string, string>> = {},
): string {
  return document({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace, name, annotations },
    spec: { podSelector: {}, ...spec },
  });
}

export function pod(name: string, shape: PodShape = {}): string {
  const {
    namespace = 'shop',
    labels = { app: name },
    ports = [],
    hostNetwork = false,
    addresses = [],
  } = shape;
  return document({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: { hostNetwork, containers: [{ name: 'main', image: 'x', ports }] },
    status: { phase: 'Running', podIPs: addresses.map((ip) => ({ ip })) },
  });
}

export function service(name: string, spec: object, namespace = 'shop'): string {
  return document({ apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec });
}

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): string {
  return document({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
}

export function node(name: string, podCIDRs: readonly string[], address?: string): string {
  return document({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name },
    spec: { podCIDRs },
    status: { addresses: address === undefined ? [] : [{ type: 'InternalIP', address }] },
  });
}

function document(value: object): string {
  return `---\n${JSON.stringify(value)}\n`;
}
