/** How a resource's names are checked (apimachinery `NameIsDNSSubdomain`, `NameIsDNSLabel`, `NameIsDNS1035Label`). */
export type NameRule = 'subdomain' | 'label' | 'label1035';

/** One resource that the server serves: a row, not code. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Whether there is a `status` subresource, which alone writes `status`. */
  readonly status: boolean;
  /** Whether a change of `spec` raises `metadata.generation`. */
  readonly generation: boolean;
  readonly nameRule: NameRule;
  /** Name of the type in the schema. */
  readonly schema: string;
  /** Resources with one storage key are two faces of the same objects (events). */
  readonly storage: string;
  /** What `fieldSelector` may name besides metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[];
}

type Row = Pick<Resource, 'group' | 'plural' | 'kind'> & Partial<Resource>;

const podFields = [
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'spec.hostNetwork',
  'status.phase',
  'status.podIP',
  'status.nominatedNodeName',
];

const eventFields = [
  ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
    (field) => `involvedObject.${field}`,
  ),
  ...['reason', 'reportingComponent', 'source', 'type'],
];

const workload = { generation: true, status: true, categories: ['all'] };

const rows: readonly Row[] = [
  { group: '', plural: 'configmaps', kind: 'ConfigMap', shortNames: ['cm'] },
  { group: '', plural: 'endpoints', kind: 'Endpoints', singular: 'endpoints', shortNames: ['ep'] },
  {
    group: '',
    plural: 'events',
    kind: 'Event',
    shortNames: ['ev'],
    schema: 'CoreV1Event',
    selectableFields: eventFields,
  },
  {
    group: '',
    plural: 'namespaces',
    kind: 'Namespace',
    shortNames: ['ns'],
    namespaced: false,
    status: true,
    nameRule: 'label',
    selectableFields: ['status.phase'],
  },
  {
    group: '',
    plural: 'nodes',
    kind: 'Node',
    shortNames: ['no'],
    namespaced: false,
    status: true,
    selectableFields: ['spec.unschedulable'],
  },
  {
    group: '',
    plural: 'pods',
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    status: true,
    selectableFields: podFields,
  },
  { group: '', plural: 'serviceaccounts', kind: 'ServiceAccount', shortNames: ['sa'] },
  {
    group: '',
    plural: 'services',
    kind: 'Service',
    shortNames: ['svc'],
    categories: ['all'],
    status: true,
    nameRule: 'label1035',
    selectableFields: ['spec.clusterIP', 'spec.type'],
  },
  { group: 'apps', plural: 'daemonsets', kind: 'DaemonSet', shortNames: ['ds'], ...workload },
  { group: 'apps', plural: 'deployments', kind: 'Deployment', shortNames: ['deploy'], ...workload },
  { group: 'apps', plural: 'replicasets', kind: 'ReplicaSet', shortNames: ['rs'], ...workload },
  { group: 'apps', plural: 'statefulsets', kind: 'StatefulSet', shortNames: ['sts'], ...workload },
  { group: 'batch', plural: 'cronjobs', kind: 'CronJob', shortNames: ['cj'], ...workload },
  { group: 'batch', plural: 'jobs', kind: 'Job', ...workload, selectableFields: ['status.successful'] },
  {
    group: 'networking.k8s.io',
    plural: 'ingresses',
    kind: 'Ingress',
    singular: 'ingress',
    shortNames: ['ing'],
    status: true,
    generation: true,
  },
  {
    group: 'networking.k8s.io',
    plural: 'networkpolicies',
    kind: 'NetworkPolicy',
    singular: 'networkpolicy',
    shortNames: ['netpol'],
    generation: true,
  },
  {
    group: 'events.k8s.io',
    plural: 'events',
    kind: 'Event',
    shortNames: ['ev'],
    schema: 'EventsV1Event',
    storage: 'events',
    selectableFields: eventFields,
  },
];

/** Every resource, in the order of discovery. */
export const resources: readonly Resource[] = rows.map((row) => ({
  version: 'v1',
  singular: row.kind.toLowerCase(),
  shortNames: [],
  categories: [],
  namespaced: true,
  status: false,
  generation: false,
  nameRule: 'subdomain',
  schema: `V1${row.kind}`,
  storage: row.group === '' ? row.plural : `${row.plural}.${row.group}`,
  selectableFields: [],
  ...row,
}));

export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return resources.find(
    (resource) => resource.group === group && resource.version === version && resource.plural === plural,
  );
}

/** The resource of a kind as manifests name it; without `apiVersion` the first of that kind (core before groups). */
export function resourceOfKind(kind: string, apiVersion?: string): Resource | undefined {
  return resources.find(
    (resource) =>
      resource.kind === kind && (apiVersion === undefined || apiVersionOf(resource) === apiVersion),
  );
}

/** `v1`, `networking.k8s.io/v1`. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The resource of namespaces, which the others live in. */
export function namespaceResource(): Resource {
  const found = findResource('', 'v1', 'namespaces');
  if (found === undefined) throw new Error('the table of resources has no namespaces');
  return found;
}
