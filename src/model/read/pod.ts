import type { Pod } from '../pod.ts';
import { type Address, familyOf, parseAddress } from '../../net/address.ts';
import { readContainerPorts } from './container-ports.ts';
import {
  booleanOf,
  type Cursor,
  fieldOf,
  hasFields,
  itemsOf,
  rootCursor,
  sourceOf,
  stringOf,
} from './cursor.ts';
import { reportInvalid } from './field-error.ts';
import { mostItems } from './limits.ts';
import { dnsSubdomainErrors } from './names.ts';
import { lintIgnoreOf, readObjectMeta, referenceTo, reportEach } from './object-meta.ts';
import { workloadOfPod } from './owner.ts';
import { finishReading, type ReadContext, type Reading, unreadable } from './reading.ts';

/**
 * Reads a Pod (core/v1). A pod whose labels, node or hostNetwork are broken yields no object: nobody could tell which
 * policies select it, and a pod that is not known is closed. A broken address or port is left out.
 */
export function readPod(value: unknown, context: ReadContext): Reading<Pod> {
  const root = rootCursor(value, context);
  const meta = hasFields(root) ? readObjectMeta(root, podName) : undefined;
  if (meta === undefined) return unreadable(root.report);
  const reference = referenceTo('Pod', meta);
  const spec = readPodSpec(fieldOf(root, 'spec'));
  const status = fieldOf(root, 'status');
  const phase = hasFields(status) ? stringOf(fieldOf(status, 'phase'), '') : undefined;
  const { namespace, name, uid, labels, created, terminating, owners } = meta;
  if (labels === undefined || spec === undefined || phase === undefined) {
    return unreadable(root.report, reference);
  }
  const finished = phase === 'Succeeded' || phase === 'Failed';
  const workload = workloadOfPod(name, labels, owners);
  return finishReading(root.report, reference, {
    namespace,
    name,
    uid,
    labels,
    addresses: finished ? [] : readAddresses(status),
    finished,
    created,
    ...(terminating ? { terminating } : {}),
    ...spec,
    ...(workload === undefined ? {} : { workload }),
    ...lintIgnoreOf(meta.annotations),
    ...sourceOf(root),
  });
}

const podName = { kind: 'Pod', scope: 'namespaced', nameErrors: dnsSubdomainErrors } as const;

export type PodSpec = Pick<Pod, 'nodeName' | 'hostNetwork' | 'ports' | 'containerPorts'>;

/** The part of a pod that a template has, too. */
export function readPodSpec(spec: Cursor): PodSpec | undefined {
  if (!hasFields(spec)) return undefined;
  const nodeName = readNodeName(fieldOf(spec, 'nodeName'));
  const hostNetwork = booleanOf(fieldOf(spec, 'hostNetwork'), false);
  const ports = readContainerPorts(spec);
  if (nodeName === undefined || hostNetwork === undefined) return undefined;
  return { nodeName, hostNetwork, ...ports };
}

function readNodeName(cursor: Cursor): string | undefined {
  const name = stringOf(cursor, '');
  if (name === undefined || name === '') return name;
  return reportEach(cursor, 'invalid-name', dnsSubdomainErrors(name)) ? undefined : name;
}

/** `podIPs`, or `podIP` where an old API server or a manifest has only that; the first of each family. */
function readAddresses(status: Cursor): readonly Address[] {
  const listed = (itemsOf(fieldOf(status, 'podIPs'), mostItems) ?? [])
    .filter(hasFields)
    .flatMap((item) => readAddress(fieldOf(item, 'ip')) ?? []);
  const single = readAddress(fieldOf(status, 'podIP'));
  const addresses = listed.length === 0 && single !== undefined ? [single] : listed;
  return addresses.filter(
    (address, index) => addresses.findIndex((other) => familyOf(other) === familyOf(address)) === index,
  );
}

/** One address; `undefined` where none is written, too. */
export function readAddress(cursor: Cursor): Address | undefined {
  const text = stringOf(cursor, '');
  if (text === undefined || text === '') return undefined;
  const address = parseAddress(text);
  if (address === undefined) {
    reportInvalid(cursor, 'invalid-address', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)');
  }
  return address;
}
