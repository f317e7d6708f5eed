import type { Node } from '../cluster.ts';
import type { Address } from '../../net/address.ts';
import type { Cidr } from '../../net/cidr.ts';
import {
  type Cursor,
  fieldOf,
  hasFields,
  isAbsent,
  itemsOf,
  rootCursor,
  sourceOf,
  stringOf,
} from './cursor.ts';
import { readBlock } from './ip-block.ts';
import { mostItems } from './limits.ts';
import { dnsSubdomainErrors } from './names.ts';
import { readObjectMeta, referenceTo } from './object-meta.ts';
import { readAddress } from './pod.ts';
import { finishReading, type ReadContext, type Reading, unreadable } from './reading.ts';

/** Reads a Node (core/v1). Broken addresses and blocks are reported and left out; nothing selects a node by label. */
export function readNode(value: unknown, context: ReadContext): Reading<Node> {
  const root = rootCursor(value, context);
  const meta = hasFields(root) ? readObjectMeta(root, nodeName) : undefined;
  if (meta === undefined) return unreadable(root.report);
  return finishReading(root.report, referenceTo('Node', meta), {
    name: meta.name,
    labels: meta.labels ?? {},
    addresses: readAddresses(fieldOf(root, 'status')),
    podCIDRs: readPodCidrs(fieldOf(root, 'spec')),
    ...sourceOf(root),
  });
}

const nodeName = { kind: 'Node', scope: 'cluster', nameErrors: dnsSubdomainErrors } as const;

function readAddresses(status: Cursor): readonly Address[] {
  if (!hasFields(status)) return [];
  const addresses = (itemsOf(fieldOf(status, 'addresses'), mostItems) ?? [])
    .filter(hasFields)
    .flatMap((item) => {
      const type = stringOf(fieldOf(item, 'type'), '') ?? '';
      // Hostname, InternalDNS and ExternalDNS hold names.
      if (!['InternalIP', 'ExternalIP'].includes(type)) return [];
      const address = readAddress(fieldOf(item, 'address'));
      return address === undefined ? [] : [{ type, address }];
    });
  const internal = addresses.filter(({ type }) => type === 'InternalIP');
  const others = addresses.filter(({ type }) => type !== 'InternalIP');
  return [...new Set([...internal, ...others].map(({ address }) => address))];
}

/** `podCIDRs`, or `podCIDR` where an old API server or a manifest has only that. */
function readPodCidrs(spec: Cursor): readonly Cidr[] {
  if (!hasFields(spec)) return [];
  const listed = (itemsOf(fieldOf(spec, 'podCIDRs'), mostItems) ?? []).flatMap(
    (item) => readBlock(item) ?? [],
  );
  const single = fieldOf(spec, 'podCIDR');
  if (listed.length > 0 || isAbsent(single) || single.value === '') return [...new Set(listed)];
  const block = readBlock(single);
  return block === undefined ? [] : [block];
}
