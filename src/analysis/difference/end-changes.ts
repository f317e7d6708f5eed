import type { Labels } from '../../model/label-selector.ts';
import type { Pod } from '../../model/pod.ts';
import { familyOf } from '../../net/address.ts';
import type { Connectivity } from '../connectivity/connectivity.ts';
import { addressesOf } from '../explain/admission.ts';
import type { Difference } from './difference.ts';
import type { Piece } from './pieces.ts';

/**
 * What policies see of an end and that is not what it was, a line each: its labels, those of its namespace, the numbers of its
 * port names. They open and close connections without any policy being touched.
 */
export function endChanges({ before, after }: Difference, piece: Piece): readonly string[] {
  const [old, now] = [podOf(before, piece.before), podOf(after, piece.after)];
  if (old === undefined || now === undefined) return [];
  const { id } = piece;
  return [
    ...line(`labels of ${id}`, labelsText(old.labels), labelsText(now.labels)),
    ...line(
      `labels of namespace ${now.namespace}`,
      labelsText(before.reach.parties.index.namespaceLabels(old.namespace)),
      labelsText(after.reach.parties.index.namespaceLabels(now.namespace)),
    ),
    ...line(`port names of ${id}`, portsText(old), portsText(now)),
  ];
}

/**
 * Pods and addresses that came or went, for they matter too: a pod without an address in a family has no connections there.
 * Every rollout changes both, so they are named only where nothing else is to blame.
 */
export function rolloutChanges({ before, after }: Difference, piece: Piece): readonly string[] {
  const [old, now] = [podOf(before, piece.before), podOf(after, piece.after)];
  if (old === undefined || now === undefined) return [];
  return [
    ...line(`addresses of ${piece.id}`, addressesText(before, old), addressesText(after, now)),
    ...line(`pods of ${piece.id}`, podsText(before, piece.before), podsText(after, piece.after)),
  ];
}

/** What they say of each key. */
type Texts = ReadonlyMap<string, string>;

function podOf({ endpoints }: Connectivity, at: number | undefined): Pod | undefined {
  const endpoint = at === undefined ? undefined : endpoints[at];
  return endpoint?.kind === 'pods' ? endpoint.pods[0] : undefined;
}

function line(of: string, before: Texts, after: Texts): readonly string[] {
  const changes = [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .filter((key) => before.get(key) !== after.get(key))
    .map((key) => `${before.get(key) ?? `no ${key}`} -> ${after.get(key) ?? `no ${key}`}`);
  return changes.length === 0 ? [] : [`${of}: ${changes.join(', ')}`];
}

function labelsText(labels: Labels): Texts {
  const own = Object.entries(labels).filter(([key]) => key !== 'pod-template-hash');
  return new Map(own.map(([key, value]) => [key, `${key}=${value}`]));
}

function portsText({ ports }: Pod): Texts {
  const named = Map.groupBy(ports, ({ name }) => name);
  return new Map(
    [...named].map(([name, own]) => [
      name,
      `${name}=${own.map(({ number, protocol }) => `${String(number)}/${protocol.toLowerCase()}`).join('+')}`,
    ]),
  );
}

/** Those that it is known by: another pod may have come to own one of them. */
function addressesText({ reach }: Connectivity, pod: Pod): Texts {
  return new Map(addressesOf(reach, { kind: 'pod', pod }).map((address) => [familyOf(address), address]));
}

/** How many there are: names are of no use after a rollout. */
function podsText({ endpoints }: Connectivity, at: number | undefined): Texts {
  const endpoint = at === undefined ? undefined : endpoints[at];
  const count = endpoint?.kind === 'pods' ? endpoint.pods.length : 0;
  return new Map([['pods', String(count)]]);
}
