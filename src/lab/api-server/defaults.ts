import {
  type JsonObject,
  type JsonValue,
  isObject,
  listAt,
  objectAt,
  objectsAt,
  stringAt,
  valueAt,
  withValueAt,
} from './json.ts';
import type { Resource } from './resources.ts';

/**
 * The object with the API's defaults filled in, as the server stores it (k8s.io/kubernetes `SetDefaults_*`, as far as
 * clients of these kinds look at them). What needs memory (a Service's address) is filled in elsewhere.
 */
export function withDefaults(object: JsonObject, resource: Resource): JsonObject {
  return byKind[resource.kind]?.(object) ?? object;
}

const byKind: Readonly<Record<string, (object: JsonObject) => JsonObject>> = {
  Namespace: namespaceDefaults,
  NetworkPolicy: networkPolicyDefaults,
  Pod: (pod) => {
    const spec = podSpecDefaults(objectAt(pod, 'spec'));
    const account = stringAt(spec, 'serviceAccountName') || 'default';
    const named = { ...spec, serviceAccountName: account, serviceAccount: account };
    return {
      ...pod,
      spec: named,
      status: { phase: 'Pending', qosClass: 'BestEffort', ...objectAt(pod, 'status') },
    };
  },
  Deployment: (object) =>
    controllerDefaults(object, {
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    }),
  ReplicaSet: (object) => controllerDefaults(object, { replicas: 1 }),
  StatefulSet: (object) =>
    controllerDefaults(object, {
      replicas: 1,
      revisionHistoryLimit: 10,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    }),
  DaemonSet: (object) =>
    controllerDefaults(object, {
      revisionHistoryLimit: 10,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    }),
  Job: (object) =>
    controllerDefaults(object, {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
    }),
  CronJob: (object) => {
    const policies = { concurrencyPolicy: 'Allow', suspend: false };
    const limits = { successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 };
    return { ...object, spec: { ...policies, ...limits, ...objectAt(object, 'spec') } };
  },
};

function namespaceDefaults(namespace: JsonObject): JsonObject {
  const labels = { ...objectAt(namespace, 'metadata', 'labels') };
  // Forced, whatever a manifest says (NamespaceDefaultLabelName).
  const forced = { ...labels, 'kubernetes.io/metadata.name': stringAt(namespace, 'metadata', 'name') };
  return {
    ...withValueAt(namespace, ['metadata', 'labels'], forced),
    spec: { finalizers: ['kubernetes'], ...objectAt(namespace, 'spec') },
    status: { phase: 'Active', ...objectAt(namespace, 'status') },
  };
}

function networkPolicyDefaults(policy: JsonObject): JsonObject {
  const spec = objectAt(policy, 'spec');
  const types = listAt(spec, 'policyTypes');
  const hasEgress = listAt(spec, 'egress').length > 0;
  return {
    ...policy,
    spec: {
      podSelector: {},
      ...spec,
      ...mapped(spec, 'ingress', withPortProtocols),
      ...mapped(spec, 'egress', withPortProtocols),
      policyTypes: types.length > 0 ? types : hasEgress ? ['Ingress', 'Egress'] : ['Ingress'],
    },
  };
}

function controllerDefaults(object: JsonObject, defaults: JsonObject): JsonObject {
  const spec = objectAt(object, 'spec');
  const template = objectAt(spec, 'template');
  const podSpec = podSpecDefaults(objectAt(template, 'spec'));
  return {
    ...object,
    spec: { ...defaults, ...spec, template: { metadata: {}, ...template, spec: podSpec } },
    status: objectAt(object, 'status'),
  };
}

function podSpecDefaults(spec: JsonObject): JsonObject {
  const hostNetwork = valueAt(spec, 'hostNetwork') === true;
  const container = (one: JsonObject): JsonObject => containerDefaults(one, hostNetwork);
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
    ...spec,
    ...mapped(spec, 'containers', container),
    ...mapped(spec, 'initContainers', container),
  };
}

function containerDefaults(container: JsonObject, hostNetwork: boolean): JsonObject {
  const image = stringAt(container, 'image');
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? (image.includes('@') ? 'digest' : 'latest');
  return {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: tag === 'latest' ? 'Always' : 'IfNotPresent',
    ...container,
    ...mapped(container, 'ports', (port) => ({
      protocol: 'TCP',
      ...(hostNetwork && valueAt(port, 'containerPort') !== undefined
        ? { hostPort: valueAt(port, 'containerPort') ?? 0 }
        : {}),
      ...port,
    })),
  };
}

function withPortProtocols(rule: JsonObject): JsonObject {
  return {
    ...rule,
    ...mapped(rule, 'ports', (port) => ({ ...port, protocol: valueAt(port, 'protocol') ?? 'TCP' })),
  };
}

/** The list field with each object in it changed; nothing where the field is missing. */
function mapped(object: JsonObject, field: string, change: (item: JsonObject) => JsonObject): JsonObject {
  if (valueAt(object, field) === undefined) return {};
  const items: readonly JsonValue[] = listAt(object, field);
  return objectsAt(object, field).length === 0
    ? {}
    : { [field]: items.map((item) => (isObject(item) ? change(item) : item)) };
}
