// Writes manifests, so that a case shows just what it is about. Arguments that hold YAML are in flow style.
// Names and labels that YAML 1.1 reads as a boolean (y) are in quotes, so that kubectl reads what we do.

/** A NetworkPolicy: `policy('x/web', '{ podSelector: {} }')`. */
export function policy(name: string, spec: string): string {
  return `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: ${metadata(name)}
spec: ${spec}
`;
}

/** A NetworkPolicy that is judged and not enforced, or in another mode. */
export function auditPolicy(name: string, spec: string, mode = 'audit'): string {
  const annotations = `annotations: { ringfence.dev/mode: ${mode} }`;
  return `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: ${metadata(name, [annotations])}
spec: ${spec}
`;
}

/** A Namespace with labels: `namespace('x', '{ ns: x }')`. */
export function namespace(name: string, labels: string): string {
  return `---
apiVersion: v1
kind: Namespace
metadata: { name: '${name}', labels: ${labels} }
`;
}

/** A Node that holds the nth pod CIDR of each family. */
export function node(name: string, nth: number): string {
  return `---
apiVersion: v1
kind: Node
metadata: { name: ${name} }
spec: { podCIDR: 10.244.${nth}.0/24, podCIDRs: [10.244.${nth}.0/24, 'fd00:244:${nth}::/64'] }
status: { addresses: [${nodeAddresses(nth)
    .map((address) => `{ type: InternalIP, address: '${address}' }`)
    .join(', ')}] }
`;
}

export interface PodText {
  /** YAML. */
  readonly labels?: string;
  readonly node: 'n1' | 'n2';
  /** The last part of both addresses: 11 gives 10.244.1.11 and fd00:244:1::11 on n1. */
  readonly host?: number;
  /** In place of the two that `host` gives. */
  readonly addresses?: readonly string[];
  /** `name=number/protocol`, or `number/protocol` without a name; each in a container of its own. */
  readonly ports?: readonly string[];
  readonly hostNetwork?: boolean;
  readonly phase?: string;
  readonly created?: string;
  /** Being deleted, and still running. */
  readonly terminating?: boolean;
  /** YAML list. */
  readonly initContainers?: string;
}

/** A Pod as the API shows it, running unless said otherwise. */
export function pod(name: string, text: PodText): string {
  const nth = text.node === 'n1' ? 1 : 2;
  const own = text.host === undefined ? [] : [`10.244.${nth}.${text.host}`, `fd00:244:${nth}::${text.host}`];
  const addresses = text.addresses ?? (text.hostNetwork === true ? nodeAddresses(nth) : own);
  const status = [
    `phase: ${text.phase ?? 'Running'}`,
    ...(addresses[0] === undefined ? [] : [`podIP: '${addresses[0]}'`]),
    ...(addresses.length === 0 ? [] : [`podIPs: [${addresses.map((ip) => `{ ip: '${ip}' }`).join(', ')}]`]),
  ];
  const more = [
    `labels: ${text.labels ?? '{}'}`,
    ...(text.created === undefined ? [] : [`creationTimestamp: '${text.created}'`]),
    ...(text.terminating === true
      ? [`deletionTimestamp: '2025-01-01T00:00:30Z', deletionGracePeriodSeconds: 30`]
      : []),
  ];
  return `---
apiVersion: v1
kind: Pod
metadata: ${metadata(name, more)}
spec:
  nodeName: ${text.node}${text.hostNetwork === true ? '\n  hostNetwork: true' : ''}
${text.initContainers === undefined ? '' : `  initContainers: ${text.initContainers}\n`}  containers:
${(text.ports ?? everyPort).map(container).join('')}status: { ${status.join(', ')} }
`;
}

/** What the pods of the base cluster serve. */
export const everyPort: readonly string[] = [80, 81].flatMap((number) =>
  ['TCP', 'UDP', 'SCTP'].map((protocol) => `serve-${number}-${protocol.toLowerCase()}=${number}/${protocol}`),
);

function nodeAddresses(nth: number): readonly string[] {
  return [`192.168.50.1${nth}`, `fd00:50::1${nth}`];
}

function metadata(key: string, more: readonly string[] = []): string {
  const slash = key.indexOf('/');
  const [namespaceName, name] = [key.slice(0, slash), key.slice(slash + 1)];
  return `{ ${[`namespace: '${namespaceName}'`, `name: '${name}'`, ...more].join(', ')} }`;
}

function container(port: string, index: number): string {
  const [, name, number, protocol] = /^(?:(.+)=)?(\d+)\/(\w+)$/.exec(port) ?? [];
  const named = name === undefined ? '' : `name: ${name}, `;
  return `  - { name: c${index}, image: serve, ports: [{ ${named}containerPort: ${number}, protocol: ${protocol} }] }\n`;
}
