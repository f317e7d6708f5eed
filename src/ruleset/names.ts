import { createHash } from 'node:crypto';
import type { Direction } from '../model/network-policy.ts';
import type { Pod } from '../model/pod.ts';
import type { Family } from '../net/protocol.ts';
import type { PolicyKey } from '../model/network-policy.ts';
import type { ChainName, CounterName, SetName } from './objects.ts';

// Names are readable first and injective always: `team/aweb` and `teama/web` never share anything. Names from the API are
// DNS labels and subdomains, so `/` and `_` cannot occur in them; a name that is not of that form is only ever hashed.

/** The longest name nft takes is 255 bytes; readable parts stay well below. */
const readableLength = 180;

/** The chain that judges one pod in one direction: `ingress-default/web-1`. */
export function podChainName(pod: Pick<Pod, 'namespace' | 'name'>, direction: Direction): ChainName {
  return `${direction}-${readableName(pod.namespace, pod.name)}` as ChainName;
}

function readableName(namespace: string, name: string): string {
  const readable = `${namespace}/${name}`;
  const legal = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(readable);
  if (legal && readable.length <= readableLength) return readable;
  const start = legal ? readable.slice(0, readableLength) : '';
  return `${start}_${digest([namespace, name])}`;
}

/** What of the connections of a pod in one direction is counted: those that its policies judge, and allow. */
export function podCounterName(
  what: 'judged' | 'allowed',
  pod: Pick<Pod, 'namespace' | 'name'>,
  direction: Direction,
): CounterName {
  return `${what}-${podChainName(pod, direction)}` as CounterName;
}

/** What a rule of a policy allows: `rule-ingress-0-shop/web-allow`. */
export function ruleCounterName(policy: PolicyKey, direction: Direction, index: number): CounterName {
  const slash = policy.indexOf('/');
  const name = readableName(policy.slice(0, slash), policy.slice(slash + 1));
  return `rule-${direction}-${String(index)}-${name}` as CounterName;
}

/** A chain that is shared by all who need just these rules: named by its content. */
export function contentChainName(kind: string, content: unknown): ChainName {
  return `${kind}_${digest(content)}` as ChainName;
}

/** A set named by its definition, with something to read in front: `pods-ipv4/default/app.web_k3v...`. */
export function definedSetName(
  kind: string,
  family: Family | undefined,
  hint: string,
  definition: unknown,
): SetName {
  const suffix = family === undefined ? '' : `-${family.toLowerCase()}`;
  const readable = hint
    .replaceAll(/[^A-Za-z0-9/.-]+/g, '.')
    .replaceAll(/^\.+|\.+$/g, '')
    .slice(0, 60);
  const name = readable === '' ? `${kind}${suffix}` : `${kind}${suffix}/${readable}`;
  return `${name}_${digest([kind, family ?? null, definition])}` as SetName;
}

/** 100 bits of SHA-256 over the JSON form, in letters and digits that nft takes in a name. */
function digest(content: unknown): string {
  const bytes = createHash('sha256').update(JSON.stringify(content)).digest();
  return [...bytes.subarray(0, 20)].map((byte) => alphabet.charAt(byte & 31)).join('');
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** A comment as nft takes it: printable ASCII without quotes, at most 120 bytes (nft takes 128); cut with `...` where longer. */
export function commentText(text: string): string {
  const printable = text.replaceAll(/[^ -~]|["\\]/g, '?');
  return printable.length <= 120 ? printable : `${printable.slice(0, 117)}...`;
}
