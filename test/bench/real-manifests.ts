import type { Cluster } from '../../src/model/cluster.ts';
import type { LabelSelector } from '../../src/model/label-selector.ts';
import type { NetworkPolicy, PolicyPeer, PolicyRule } from '../../src/model/network-policy.ts';
import type { Pod } from '../../src/model/pod.ts';

/** An object as the API server shows it. */
export type ApiObject = Readonly<Record<string, unknown>>;

/**
 * A generated cluster as `kubectl get ns,nodes,deploy,pods,netpol -A` shows it. The pods of a namespace are replicas, one to
 * four, of Deployments, in the names that a ReplicaSet gives them, and as long-winded as pods are; the ReplicaSets
 * themselves are left out, as most people leave them out.
 */
export function manifestsOf(cluster: Cluster): readonly ApiObject[] {
  const deployments = deploymentsOf(cluster.pods);
  return [
    ...cluster.namespaces.map(({ name, labels }) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { creationTimestamp: created, labels, name, resourceVersion: '812', uid: uidOf(name) },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    })),
    ...cluster.nodes.map(({ name, addresses, podCIDRs }) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        creationTimestamp: created,
        labels: { 'kubernetes.io/hostname': name },
        name,
        uid: uidOf(name),
      },
      spec: { podCIDR: podCIDRs[0], podCIDRs },
      status: { addresses: addresses.map((address) => ({ address, type: 'InternalIP' })) },
    })),
    ...deployments.map(deploymentManifest),
    ...deployments.flatMap((deployment) =>
      deployment.pods.map((pod, at) => podManifest(deployment, pod, at)),
    ),
    ...cluster.policies.map(policyManifest),
  ];
}

/** The same with a change such as people make: in one policy of a hundred the last rule goes, or its ports do. */
export function changedManifests(cluster: Cluster): readonly ApiObject[] {
  const policies = cluster.policies.map((policy, at): NetworkPolicy => {
    const last = policy.ingress.at(-1);
    if (at % 100 !== 0 || last === undefined) return policy;
    const { ports: _, ...withoutPorts } = last;
    const others = policy.ingress.slice(0, -1);
    return { ...policy, ingress: at % 200 === 0 ? others : [...others, withoutPorts] };
  });
  return manifestsOf({ ...cluster, policies });
}

interface Deployment {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pods: readonly Pod[];
}

function deploymentsOf(pods: readonly Pod[]): readonly Deployment[] {
  const byNamespace = Map.groupBy(pods, ({ namespace }) => namespace);
  return [...byNamespace].flatMap(([namespace, all]) => {
    const deployments: Deployment[] = [];
    for (let at = 0; at < all.length;) {
      const number = deployments.length;
      const own = all.slice(at, at + 1 + ((number * 7) % 4));
      const { app = '', tier = '' } = own[0]?.labels ?? {};
      deployments.push({
        namespace,
        name: `${app}-${tier}-${String(number)}`,
        labels: { app, tier },
        pods: own,
      });
      at += own.length;
    }
    return deployments;
  });
}

function deploymentManifest({ namespace, name, labels, pods }: Deployment): ApiObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      annotations: { 'deployment.kubernetes.io/revision': '3' },
      creationTimestamp: created,
      generation: 3,
      labels,
      name,
      namespace,
      resourceVersion: '4711',
      uid: uidOf(`${namespace}/${name}`),
    },
    spec: {
      progressDeadlineSeconds: 600,
      replicas: pods.length,
      revisionHistoryLimit: 10,
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' }, type: 'RollingUpdate' },
      template: {
        metadata: { labels },
        spec: { ...podSpec(name), dnsPolicy: 'ClusterFirst', restartPolicy: 'Always' },
      },
    },
    status: { availableReplicas: pods.length, observedGeneration: 3, readyReplicas: pods.length },
  };
}

function podManifest({ namespace, name, labels }: Deployment, pod: Pod, at: number): ApiObject {
  const hash = `6d4b75cb${String(name.length % 10)}d`;
  const conditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      annotations: { 'kubectl.kubernetes.io/restartedAt': created },
      creationTimestamp: created,
      generateName: `${name}-${hash}-`,
      labels: { ...labels, 'pod-template-hash': hash },
      name: `${name}-${hash}-${String(at).padStart(5, 'x')}`,
      namespace,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          blockOwnerDeletion: true,
          controller: true,
          kind: 'ReplicaSet',
          name: `${name}-${hash}`,
          uid: uidOf(`${namespace}/${name}-${hash}`),
        },
      ],
      resourceVersion: '815',
      uid: uidOf(pod.uid),
    },
    spec: { ...podSpec(name), dnsPolicy: 'ClusterFirst', nodeName: pod.nodeName, restartPolicy: 'Always' },
    status: {
      conditions: conditions.map((type) => ({
        lastProbeTime: null,
        lastTransitionTime: created,
        status: 'True',
        type,
      })),
      containerStatuses: [
        {
          containerID: 'containerd://3f0d1c8f7a3a5b4c9d2e1f00112233445566778899aabbccddeeff0011223344',
          image: 'registry.example.com/team/app:1.2.3',
          imageID:
            'registry.example.com/team/app@sha256:8f7a3a5b4c9d2e1f00112233445566778899aabbccddeeff0011223344556677',
          name: 'app',
          ready: true,
          restartCount: 0,
          started: true,
          state: { running: { startedAt: created } },
        },
      ],
      hostIP: '192.168.0.1',
      phase: 'Running',
      podIP: pod.addresses[0],
      podIPs: pod.addresses.map((ip) => ({ ip })),
      qosClass: 'Burstable',
      startTime: created,
    },
  };
}

function podSpec(name: string): ApiObject {
  return {
    containers: [
      {
        env: [
          { name: 'SERVICE', value: name },
          { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
        ],
        image: 'registry.example.com/team/app:1.2.3',
        imagePullPolicy: 'IfNotPresent',
        livenessProbe: { failureThreshold: 3, httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' } },
        name: 'app',
        ports: [{ containerPort: 8080, name: 'http', protocol: 'TCP' }],
        resources: { limits: { memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
        terminationMessagePath: '/dev/termination-log',
        volumeMounts: [
          {
            mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
            name: 'kube-api-access',
            readOnly: true,
          },
        ],
      },
    ],
    serviceAccountName: 'default',
    tolerations: [
      {
        effect: 'NoExecute',
        key: 'node.kubernetes.io/not-ready',
        operator: 'Exists',
        tolerationSeconds: 300,
      },
    ],
    volumes: [{ name: 'kube-api-access', projected: { defaultMode: 420, sources: [] } }],
  };
}

function policyManifest({
  namespace,
  name,
  podSelector,
  policyTypes,
  ingress,
  egress,
}: NetworkPolicy): ApiObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      creationTimestamp: created,
      generation: 1,
      name,
      namespace,
      resourceVersion: '816',
      uid: uidOf(`${namespace}/${name}`),
    },
    spec: {
      ...(policyTypes.includes('egress') ? { egress: egress.map((rule) => ruleManifest(rule, 'to')) } : {}),
      ingress: ingress.map((rule) => ruleManifest(rule, 'from')),
      podSelector: selectorManifest(podSelector),
      policyTypes: policyTypes.map((type) => (type === 'ingress' ? 'Ingress' : 'Egress')),
    },
  };
}

function ruleManifest({ peers, ports }: PolicyRule, side: 'from' | 'to'): ApiObject {
  return {
    ...(peers === undefined ? {} : { [side]: peers.map(peerManifest) }),
    ...(ports === undefined
      ? {}
      : {
          ports: ports.map((port) => {
            if (port.kind !== 'range') return { port: port.kind === 'named' ? port.name : undefined };
            const { protocol, first, last } = port;
            return { ...(last === first ? {} : { endPort: last }), port: first, protocol };
          }),
        }),
  };
}

function peerManifest(peer: PolicyPeer): ApiObject {
  if (peer.kind === 'ipBlock') return { ipBlock: { cidr: peer.cidr } };
  const { namespaceSelector, podSelector } = peer;
  return {
    ...(namespaceSelector === undefined ? {} : { namespaceSelector: selectorManifest(namespaceSelector) }),
    podSelector: selectorManifest(podSelector),
  };
}

/** Generated selectors ask for labels by value alone. */
function selectorManifest(selector: LabelSelector): ApiObject {
  if (selector.length === 0) return {};
  const labels = selector.flatMap((one) =>
    one.operator === 'In' ? [[one.key, one.values[0]] as const] : [],
  );
  return { matchLabels: Object.fromEntries(labels) };
}

const created = '2026-01-01T00:00:00Z';

/** As long as a real one. */
function uidOf(name: string): string {
  const hex = Buffer.from(name).toString('hex').padEnd(32, '0').slice(-32);
  return [0, 8, 12, 16, 20].map((at, part) => hex.slice(at, [8, 12, 16, 20, 32][part])).join('-');
}
