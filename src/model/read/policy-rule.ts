import type { Direction, PolicyPeer, PolicyRule } from '../network-policy.ts';
import { type Cursor, fieldOf, hasOnlyFields, isAbsent, itemsOf, sourceOf } from './cursor.ts';
import { reportForbidden, reportRequired } from './field-error.ts';
import { readIpBlock } from './ip-block.ts';
import { readLabelSelector } from './label-selector.ts';
import { mostPeers, mostPorts } from './limits.ts';
import { readPolicyPort } from './policy-port.ts';

/**
 * Reads an item of `ingress` or `egress`; null is `{}`, which allows everything. `undefined` where any peer or port is
 * broken or has a field that is not known: the rest of the rule could mean less or more than its author wanted, so none of
 * it allows anything.
 */
export function readPolicyRule(cursor: Cursor, index: number, direction: Direction): PolicyRule | undefined {
  const peersField = direction === 'ingress' ? 'from' : 'to';
  if (!hasOnlyFields(cursor, [peersField, 'ports'], ruleHints[direction])) return undefined;
  const peers = understoodItems(fieldOf(cursor, peersField), mostPeers, readPeer);
  const ports = understoodItems(fieldOf(cursor, 'ports'), mostPorts, readPolicyPort);
  if (peers === undefined || ports === undefined) return undefined;
  return {
    index,
    ...(peers.length === 0 ? {} : { peers }),
    ...(ports.length === 0 ? {} : { ports }),
    ...sourceOf(cursor),
  };
}

/** Every item of a list, or `undefined` where one is broken. All are read, so that every mistake is reported at once. */
function understoodItems<T>(
  list: Cursor,
  most: number,
  read: (item: Cursor) => T | undefined,
): readonly T[] | undefined {
  const items = itemsOf(list, most)?.map(read);
  const understood = items?.filter((item) => item !== undefined);
  return understood?.length === items?.length ? understood : undefined;
}

function readPeer(cursor: Cursor): PolicyPeer | undefined {
  if (!hasOnlyFields(cursor, ['podSelector', 'namespaceSelector', 'ipBlock'], peerHints)) return undefined;
  const pods = fieldOf(cursor, 'podSelector');
  const namespaces = fieldOf(cursor, 'namespaceSelector');
  const block = fieldOf(cursor, 'ipBlock');
  if (isAbsent(pods) && isAbsent(namespaces)) {
    if (!isAbsent(block)) return readIpBlock(block);
    reportRequired(cursor, 'must specify a peer', 'for every pod of the cluster write namespaceSelector: {}');
    return undefined;
  }
  if (!isAbsent(block)) {
    readIpBlock(block);
    reportForbidden(cursor, 'may not specify both ipBlock and another peer', 'make it two items of the list');
    return undefined;
  }
  const podSelector = readLabelSelector(pods);
  if (isAbsent(namespaces)) return podSelector === undefined ? undefined : { kind: 'pods', podSelector };
  const namespaceSelector = readLabelSelector(namespaces);
  if (podSelector === undefined || namespaceSelector === undefined) return undefined;
  return { kind: 'pods', namespaceSelector, podSelector };
}

const underAPeer = 'it belongs to an item of from or to';

const ruleHints: Readonly<Record<Direction, Readonly<Record<string, string>>>> = {
  ingress: {
    to: 'an ingress rule says where traffic may come from: did you mean "from"?',
    podSelector: underAPeer,
    namespaceSelector: underAPeer,
    ipBlock: underAPeer,
    port: 'it belongs to an item of ports',
    protocol: 'it belongs to an item of ports',
  },
  egress: {
    from: 'an egress rule says where traffic may go: did you mean "to"?',
    podSelector: underAPeer,
    namespaceSelector: underAPeer,
    ipBlock: underAPeer,
    port: 'it belongs to an item of ports',
    protocol: 'it belongs to an item of ports',
  },
};

const peerHints = {
  cidr: 'it belongs under ipBlock',
  except: 'it belongs under ipBlock, beside cidr',
  matchLabels: 'it belongs under podSelector or namespaceSelector',
  matchExpressions: 'it belongs under podSelector or namespaceSelector',
  ports: 'it belongs to the rule, beside from or to',
};
