import {
  type ApiObject,
  type JsonObject,
  type JsonValue,
  isObject,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  stringsAt,
  valueAt,
} from './json.ts';
import type { Resource } from './resources.ts';

/** A column of `kubectl get` (pkg/printers/internalversion). Priority 1 shows only with `-o wide`. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean';
  readonly format?: string;
  readonly priority: 0 | 1;
  readonly cell: (object: ApiObject, now: number) => JsonValue;
}

type Cell = Column['cell'];

/** The columns of a resource, `Name` first. */
export function columnsOf(resource: Resource): readonly Column[] {
  return byKind[resource.kind] ?? [nameColumn, ageColumn];
}

const text = (name: string, cell: Cell): Column => ({ name, type: 'string', priority: 0, cell });
const integer = (name: string, cell: Cell): Column => ({ name, type: 'integer', priority: 0, cell });
const wide = (name: string, cell: Cell): Column => ({ name, type: 'string', priority: 1, cell });
const count =
  (...path: readonly string[]): Cell =>
  (object) =>
    numberAt(object, ...path) ?? 0;
const none = '<none>';

const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  cell: (object) => object.metadata.name,
};
const ageColumn = text('Age', (object, now) => since(stringAt(object, 'metadata', 'creationTimestamp'), now));

const templateColumns = (...path: readonly string[]): readonly Column[] => [
  wide('Containers', (object) => joined(objectsAt(object, ...path, 'spec', 'containers'), 'name')),
  wide('Images', (object) => joined(objectsAt(object, ...path, 'spec', 'containers'), 'image')),
];
const selectorColumn = wide('Selector', (object) => selectorText(objectAt(object, 'spec', 'selector')));

const byKind: Readonly<Record<string, readonly Column[]>> = {
  ConfigMap: [
    nameColumn,
    integer(
      'Data',
      (object) =>
        Object.keys(objectAt(object, 'data')).length + Object.keys(objectAt(object, 'binaryData')).length,
    ),
    ageColumn,
  ],
  Endpoints: [nameColumn, text('Endpoints', endpointsText), ageColumn],
  Event: [
    text('Last Seen', (object, now) =>
      since(
        stringAt(object, 'lastTimestamp') ||
          stringAt(object, 'deprecatedLastTimestamp') ||
          stringAt(object, 'eventTime') ||
          stringAt(object, 'metadata', 'creationTimestamp'),
        now,
      ),
    ),
    text('Type', (object) => stringAt(object, 'type')),
    text('Reason', (object) => stringAt(object, 'reason')),
    text('Object', (object) => {
      const about = isObject(object.regarding) ? object.regarding : objectAt(object, 'involvedObject');
      const kind = stringAt(about, 'kind').toLowerCase();
      return kind === '' ? stringAt(about, 'name') : `${kind}/${stringAt(about, 'name')}`;
    }),
    wide(
      'Source',
      (object) => stringAt(object, 'source', 'component') || stringAt(object, 'reportingComponent'),
    ),
    text('Message', (object) => (stringAt(object, 'message') || stringAt(object, 'note')).trim()),
    { ...nameColumn, priority: 1 },
  ],
  Namespace: [nameColumn, text('Status', (object) => stringAt(object, 'status', 'phase')), ageColumn],
  NetworkPolicy: [
    nameColumn,
    text('Pod-Selector', (object) => selectorText(objectAt(object, 'spec', 'podSelector'))),
    ageColumn,
  ],
  Node: [
    nameColumn,
    text('Status', nodeStatus),
    text('Roles', nodeRoles),
    ageColumn,
    text('Version', (object) => stringAt(object, 'status', 'nodeInfo', 'kubeletVersion')),
    wide('Internal-IP', (object) => nodeAddress(object, 'InternalIP')),
    wide('External-IP', (object) => nodeAddress(object, 'ExternalIP')),
    wide('OS-Image', (object) => stringAt(object, 'status', 'nodeInfo', 'osImage') || '<unknown>'),
    wide(
      'Kernel-Version',
      (object) => stringAt(object, 'status', 'nodeInfo', 'kernelVersion') || '<unknown>',
    ),
    wide(
      'Container-Runtime',
      (object) => stringAt(object, 'status', 'nodeInfo', 'containerRuntimeVersion') || '<unknown>',
    ),
  ],
  Pod: [
    nameColumn,
    text('Ready', (object) => {
      const statuses = objectsAt(object, 'status', 'containerStatuses');
      const ready = statuses.filter((status) => valueAt(status, 'ready') === true).length;
      return `${String(ready)}/${String(objectsAt(object, 'spec', 'containers').length)}`;
    }),
    text('Status', podStatus),
    text('Restarts', (object) =>
      String(
        objectsAt(object, 'status', 'containerStatuses').reduce(
          (sum, status) => sum + (numberAt(status, 'restartCount') ?? 0),
          0,
        ),
      ),
    ),
    ageColumn,
    wide('IP', (object) => stringAt(object, 'status', 'podIP') || none),
    wide('Node', (object) => stringAt(object, 'spec', 'nodeName') || none),
    wide('Nominated Node', (object) => stringAt(object, 'status', 'nominatedNodeName') || none),
    wide('Readiness Gates', () => none),
  ],
  ServiceAccount: [nameColumn, integer('Secrets', (object) => listAt(object, 'secrets').length), ageColumn],
  Service: [
    nameColumn,
    text('Type', (object) => stringAt(object, 'spec', 'type')),
    text('Cluster-IP', (object) => stringAt(object, 'spec', 'clusterIP') || none),
    text('External-IP', externalAddress),
    text('Port(s)', servicePorts),
    ageColumn,
    wide('Selector', (object) => {
      const pairs = Object.entries(stringsAt(object, 'spec', 'selector')).sort();
      return pairs.map(([key, value]) => `${key}=${value}`).join(',') || none;
    }),
  ],
  DaemonSet: [
    nameColumn,
    integer('Desired', count('status', 'desiredNumberScheduled')),
    integer('Current', count('status', 'currentNumberScheduled')),
    integer('Ready', count('status', 'numberReady')),
    integer('Up-to-date', count('status', 'updatedNumberScheduled')),
    integer('Available', count('status', 'numberAvailable')),
    text('Node Selector', (object) => {
      const pairs = Object.entries(stringsAt(object, 'spec', 'template', 'spec', 'nodeSelector')).sort();
      return pairs.map(([key, value]) => `${key}=${value}`).join(',') || none;
    }),
    ageColumn,
    ...templateColumns('spec', 'template'),
    selectorColumn,
  ],
  Deployment: [
    nameColumn,
    text('Ready', (object) => ratio(object, 'readyReplicas')),
    integer('Up-to-date', count('status', 'updatedReplicas')),
    integer('Available', count('status', 'availableReplicas')),
    ageColumn,
    ...templateColumns('spec', 'template'),
    selectorColumn,
  ],
  ReplicaSet: [
    nameColumn,
    integer('Desired', count('spec', 'replicas')),
    integer('Current', count('status', 'replicas')),
    integer('Ready', count('status', 'readyReplicas')),
    ageColumn,
    ...templateColumns('spec', 'template'),
    selectorColumn,
  ],
  StatefulSet: [
    nameColumn,
    text('Ready', (object) => ratio(object, 'readyReplicas')),
    ageColumn,
    ...templateColumns('spec', 'template'),
  ],
  Job: [
    nameColumn,
    text('Completions', (object) => {
      const wanted = numberAt(object, 'spec', 'completions') ?? 1;
      return `${String(numberAt(object, 'status', 'succeeded') ?? 0)}/${String(wanted)}`;
    }),
    text('Duration', (object, now) => {
      const end = Date.parse(stringAt(object, 'status', 'completionTime'));
      const start = stringAt(object, 'status', 'startTime');
      return start === '' ? '' : since(start, Number.isNaN(end) ? now : end);
    }),
    ageColumn,
    ...templateColumns('spec', 'template'),
    selectorColumn,
  ],
  CronJob: [
    nameColumn,
    text('Schedule', (object) => stringAt(object, 'spec', 'schedule')),
    text('Timezone', (object) => stringAt(object, 'spec', 'timeZone') || none),
    text('Suspend', (object) => (valueAt(object, 'spec', 'suspend') === true ? 'True' : 'False')),
    integer('Active', (object) => listAt(object, 'status', 'active').length),
    text('Last Schedule', (object, now) => {
      const last = stringAt(object, 'status', 'lastScheduleTime');
      return last === '' ? none : since(last, now);
    }),
    ageColumn,
    ...templateColumns('spec', 'jobTemplate', 'spec', 'template'),
  ],
  Ingress: [
    nameColumn,
    text('Class', (object) => stringAt(object, 'spec', 'ingressClassName') || none),
    text('Hosts', (object) => {
      const hosts = objectsAt(object, 'spec', 'rules').map((rule) => stringAt(rule, 'host'));
      return hosts.filter((host) => host !== '').join(',') || '*';
    }),
    text('Address', (object) => joined(objectsAt(object, 'status', 'loadBalancer', 'ingress'), 'ip')),
    text('Ports', (object) => (listAt(object, 'spec', 'tls').length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
};

/** A label selector as the printers write it (`metav1.FormatLabelSelector`). */
function selectorText(selector: JsonObject): string {
  const equalities = Object.entries(stringsAt(selector, 'matchLabels')).map(([key, value]) => ({
    key,
    text: `${key}=${value}`,
  }));
  const expressions = objectsAt(selector, 'matchExpressions').map((expression) => {
    const key = stringAt(expression, 'key');
    const values = listAt(expression, 'values').map(String).sort().join(',');
    const texts: Readonly<Record<string, string>> = {
      In: `${key} in (${values})`,
      NotIn: `${key} notin (${values})`,
      Exists: key,
      DoesNotExist: `!${key}`,
    };
    return { key, text: texts[stringAt(expression, 'operator')] ?? '<error>' };
  });
  const all = [...equalities, ...expressions].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return all.map((one) => one.text).join(',') || none;
}

function podStatus(pod: ApiObject): string {
  if (valueAt(pod, 'metadata', 'deletionTimestamp') !== undefined) return 'Terminating';
  const waiting = objectsAt(pod, 'status', 'containerStatuses')
    .map((status) => stringAt(status, 'state', 'waiting', 'reason'))
    .find((reason) => reason !== '');
  const phase = stringAt(pod, 'status', 'phase');
  if (waiting !== undefined) return waiting;
  return (
    stringAt(pod, 'status', 'reason') ||
    (phase === 'Succeeded' ? 'Completed' : phase === 'Failed' ? 'Error' : phase)
  );
}

function nodeStatus(node: ApiObject): string {
  const ready = objectsAt(node, 'status', 'conditions').find((one) => stringAt(one, 'type') === 'Ready');
  const word = ready === undefined ? 'Unknown' : stringAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return valueAt(node, 'spec', 'unschedulable') === true ? `${word},SchedulingDisabled` : word;
}

function nodeRoles(node: ApiObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const labels = Object.keys(stringsAt(node, 'metadata', 'labels'));
  const roles = labels.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  return roles.sort().join(',') || none;
}

function nodeAddress(node: ApiObject, type: string): string {
  const address = objectsAt(node, 'status', 'addresses').find((one) => stringAt(one, 'type') === type);
  return stringAt(address, 'address') || none;
}

function externalAddress(service: ApiObject): string {
  const type = stringAt(service, 'spec', 'type');
  if (type === 'ExternalName') return stringAt(service, 'spec', 'externalName');
  const own = listAt(service, 'spec', 'externalIPs').map(String);
  if (type !== 'LoadBalancer') return own.join(',') || none;
  const given = objectsAt(service, 'status', 'loadBalancer', 'ingress').map(
    (one) => stringAt(one, 'ip') || stringAt(one, 'hostname'),
  );
  return [...given, ...own].join(',') || '<pending>';
}

function servicePorts(service: ApiObject): string {
  const ports = objectsAt(service, 'spec', 'ports').map((port) => {
    const node = numberAt(port, 'nodePort');
    const number = String(numberAt(port, 'port') ?? 0);
    return `${node === undefined ? number : `${number}:${String(node)}`}/${stringAt(port, 'protocol')}`;
  });
  return ports.join(',') || none;
}

function endpointsText(endpoints: ApiObject): string {
  const pairs = objectsAt(endpoints, 'subsets').flatMap((subset) =>
    objectsAt(subset, 'ports').flatMap((port) =>
      objectsAt(subset, 'addresses').map((address) => {
        const ip = stringAt(address, 'ip');
        return `${ip.includes(':') ? `[${ip}]` : ip}:${String(numberAt(port, 'port') ?? 0)}`;
      }),
    ),
  );
  return pairs.length > 3
    ? `${pairs.slice(0, 3).join(',')} + ${String(pairs.length - 3)} more...`
    : pairs.join(',') || none;
}

function ratio(object: ApiObject, ready: string): string {
  return `${String(numberAt(object, 'status', ready) ?? 0)}/${String(numberAt(object, 'spec', 'replicas') ?? 0)}`;
}

function joined(objects: readonly JsonObject[], field: string): string {
  return objects.map((object) => stringAt(object, field)).join(',');
}

/** The time since a timestamp, as short as kubectl says it (`duration.HumanDuration`). */
function since(timestamp: string, now: number): string {
  const start = Date.parse(timestamp);
  if (Number.isNaN(start)) return '<unknown>';
  const seconds = Math.floor((now - start) / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${String(seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${String(minutes)}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${String(hours)}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return two(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${String(days)}d`;
  const years = Math.floor(days / 365);
  return hours < 24 * 365 * 8 ? two(years, 'y', days % 365, 'd') : `${String(years)}y`;
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0
    ? `${String(large)}${largeUnit}`
    : `${String(large)}${largeUnit}${String(small)}${smallUnit}`;
}
