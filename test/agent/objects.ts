// The API server's objects that the tests of the agent are made of.

export const nodeName = 'node-1';

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}) {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export function pod(
  key: string,
  ip: string,
  labels: Readonly<Record<string, string>> = {},
  node: string = nodeName,
) {
  const [ns, name] = key.split('/');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: ns, name, labels },
    spec: { nodeName: node, containers: [{ name: 'main', image: 'image' }] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
  };
}

export function policy(key: string, spec: unknown) {
  const [ns, name] = key.split('/');
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: ns, name },
    spec,
  };
}

/** Ingress to pods with `app: TO` from pods of the namespace with `app: FROM`. */
export function allow(to: string, from: string) {
  return {
    podSelector: { matchLabels: { app: to } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: from } } }] }],
  };
}
