import type { Service, ServicePort } from '../cluster.ts';
import type { Address } from '../../net/address.ts';
import {
  type Cursor,
  fieldOf,
  hasFields,
  integerOf,
  isAbsent,
  itemsOf,
  rootCursor,
  sourceOf,
  stringOf,
} from './cursor.ts';
import { reportRequired, reportUnsupported, reportWrongType } from './field-error.ts';
import { mostItems } from './limits.ts';
import { dnsLabelErrors, portNameErrors, portNumberErrors } from './names.ts';
import { lintIgnoreOf, readLabels, readObjectMeta, referenceTo, reportEach } from './object-meta.ts';
import { readAddress } from './pod.ts';
import { readProtocol } from './policy-port.ts';
import { finishReading, type ReadContext, type Reading, unreadable } from './reading.ts';

/**
 * Reads a Service (core/v1). With a broken spec, selector or type there is no object; a broken port or address is
 * reported and left out.
 */
export function readService(value: unknown, context: ReadContext): Reading<Service> {
  const root = rootCursor(value, context);
  const meta = hasFields(root) ? readObjectMeta(root, serviceName) : undefined;
  if (meta === undefined) return unreadable(root.report);
  const spec = fieldOf(root, 'spec');
  const service = hasFields(spec) ? readSpec(spec) : undefined;
  return finishReading(
    root.report,
    referenceTo('Service', meta),
    service && {
      namespace: meta.namespace,
      name: meta.name,
      ...service,
      ...lintIgnoreOf(meta.annotations),
      ...sourceOf(root),
    },
  );
}

const serviceName = { kind: 'Service', scope: 'namespaced', nameErrors: dnsLabelErrors } as const;

function readSpec(spec: Cursor): Omit<Service, 'namespace' | 'name'> | undefined {
  const type = readType(fieldOf(spec, 'type'));
  const selector = readSelector(fieldOf(spec, 'selector'));
  const externalTrafficPolicy = readTrafficPolicy(fieldOf(spec, 'externalTrafficPolicy'));
  const clusterIPs = readClusterIPs(spec);
  const ports = (itemsOf(fieldOf(spec, 'ports'), mostItems) ?? []).flatMap((port) => readPort(port) ?? []);
  if (type === undefined || selector === undefined || externalTrafficPolicy === undefined) return undefined;
  return { type, ...selector, clusterIPs, ports, externalTrafficPolicy };
}

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'] as const;

function readType(cursor: Cursor): string | undefined {
  const written = stringOf(cursor, 'ClusterIP');
  if (written === undefined || types.some((type) => type === written)) return written;
  reportUnsupported(cursor, types);
  return undefined;
}

/** No selector and an empty one are the same: the endpoints are somebody else's business. */
function readSelector(cursor: Cursor): Pick<Service, 'selector'> | undefined {
  const selector = readLabels(cursor);
  if (selector === undefined) return undefined;
  return Object.keys(selector).length === 0 ? {} : { selector };
}

function readTrafficPolicy(cursor: Cursor): 'Cluster' | 'Local' | undefined {
  const written = stringOf(cursor, '');
  if (written === undefined) return undefined;
  if (written === '' || written === 'Cluster') return 'Cluster';
  if (written === 'Local') return 'Local';
  reportUnsupported(cursor, ['Cluster', 'Local']);
  return undefined;
}

/** `clusterIPs`, or `clusterIP` where only that is written. `None` is a headless Service. */
function readClusterIPs(spec: Cursor): readonly Address[] {
  const listed = itemsOf(fieldOf(spec, 'clusterIPs'), mostItems) ?? [];
  const written = listed.length > 0 ? listed : [fieldOf(spec, 'clusterIP')];
  return written.filter(({ value }) => value !== 'None').flatMap((item) => readAddress(item) ?? []);
}

function readPort(cursor: Cursor): ServicePort | undefined {
  if (!hasFields(cursor)) return undefined;
  const name = stringOf(fieldOf(cursor, 'name'), '');
  const protocol = readProtocol(fieldOf(cursor, 'protocol'));
  const port = readPortNumber(fieldOf(cursor, 'port'));
  const nodePort = fieldOf(cursor, 'nodePort');
  const nodePortNumber = isAbsent(nodePort) || nodePort.value === 0 ? 0 : readPortNumber(nodePort);
  if (name === undefined || protocol === undefined || port === undefined || nodePortNumber === undefined) {
    return undefined;
  }
  const targetPort = readTargetPort(fieldOf(cursor, 'targetPort'), port);
  if (targetPort === undefined) return undefined;
  return { name, protocol, port, targetPort, ...(nodePortNumber === 0 ? {} : { nodePort: nodePortNumber }) };
}

function readPortNumber(cursor: Cursor): number | undefined {
  if (isAbsent(cursor)) {
    reportRequired(cursor, '');
    return undefined;
  }
  const number = integerOf(cursor, 0);
  if (number === undefined) return undefined;
  return reportEach(cursor, 'invalid-port', portNumberErrors(number)) ? undefined : number;
}

/** The Service's own port where nothing (or the zero value) is written. */
export function readTargetPort(cursor: Cursor, fallback: number): number | string | undefined {
  const { value } = cursor;
  if (isAbsent(cursor) || value === '' || value === 0) return fallback;
  if (typeof value === 'string') {
    return reportEach(cursor, 'invalid-port', portNameErrors(value)) ? undefined : value;
  }
  if (typeof value === 'number' && Number.isInteger(value)) {
    return reportEach(cursor, 'invalid-port', portNumberErrors(value)) ? undefined : value;
  }
  reportWrongType(cursor, 'an integer or a string');
  return undefined;
}
