import { namedCounters } from '../ruleset/named-counters.ts';
import type {
  Chain,
  ChainName,
  CounterName,
  Hook,
  NftSet,
  Rule,
  Ruleset,
  SetName,
} from '../ruleset/objects.ts';
import { isLegalName } from '../ruleset/render-text.ts';
import { isRecord, type ListedObject } from './listing.ts';
import { readRule } from './read-rule.ts';
import { readElements, readSet } from './read-set.ts';

/** The table that the kernel holds, in the words of the ruleset. */
export interface KernelTable {
  /** All that could be read; what could not is left out. */
  readonly ruleset: Ruleset;
  /** What Ringfence does not write, so that somebody else did. Empty: the ruleset is the whole table. */
  readonly foreign: readonly ForeignObject[];
}

/** An object, or a part of one, that the closed list of `ruleset/objects.ts` has no word for. */
export interface ForeignObject {
  /** `rule 3 of chain forward`, `element of set known-ipv4`, `counter x`. */
  readonly object: string;
  /** nft's JSON of it, cut. */
  readonly json: string;
}

/**
 * Reads a full listing (not a terse one) of `inet TABLE` back. Handles and the values of counters are left out, comments of
 * sets too: nft's JSON does not write them. Spellings that differ between versions of nft become one.
 */
export function readTable(table: string, objects: readonly ListedObject[]): KernelTable {
  const sets = new Map<SetName, NftSet>();
  const chains = new Map<ChainName, Omit<Chain, 'rules'> & { readonly rules: Rule[] }>();
  const ruleCounts = new Map<string, number>();
  const counters: CounterName[] = [];
  const foreign: ForeignObject[] = [];
  const notOurs = (object: string, json: unknown): void => {
    foreign.push({ object, json: JSON.stringify(json).slice(0, 500) });
  };
  // Rules come after the chains that they stand in; nft lists it so, and nothing says that it must.
  const isRule = ({ kind }: ListedObject): boolean => kind === 'rule';
  for (const { kind, body } of [
    ...objects.filter((object) => !isRule(object)),
    ...objects.filter((object) => isRule(object)),
  ]) {
    const name = textOf(body['name']);
    switch (kind) {
      case 'table':
        if (hasOtherKeys(body, tableKeys)) notOurs(`table ${name}`, body);
        break;
      case 'set':
      case 'map': {
        const set = isLegalName(name) ? readSet(kind, body) : undefined;
        if (set === undefined) {
          notOurs(`${kind} ${name}`, { ...body, elem: undefined });
          break;
        }
        const { elements, unread } = readElements(set, body['elem']);
        for (const element of unread) notOurs(`element of ${kind} ${name}`, element);
        sets.set(set.name, { ...set, elements });
        break;
      }
      case 'chain': {
        const chain = isLegalName(name) ? readChain(body) : undefined;
        if (chain === undefined) notOurs(`chain ${name}`, body);
        else chains.set(chain.name, { ...chain, rules: [] });
        break;
      }
      case 'rule': {
        const place = textOf(body['chain']);
        const count = (ruleCounts.get(place) ?? 0) + 1;
        ruleCounts.set(place, count);
        const rule = readRule(body);
        const chain = chains.get(place as ChainName);
        if (rule === undefined || chain === undefined)
          notOurs(`rule ${String(count)} of chain ${place}`, body);
        else chain.rules.push(rule);
        break;
      }
      case 'counter':
        counters.push(name as CounterName);
        break;
      default:
        notOurs(`${kind} ${name}`, body);
    }
  }
  const named = namedCounters(chains.values());
  for (const name of counters)
    if (!named.has(name) || !isLegalName(name)) notOurs(`counter ${name}`, { name });
  return { ruleset: { table, sets, chains }, foreign };
}

const tableKeys = ['family', 'name', 'handle'];
const chainKeys = ['family', 'table', 'name', 'handle'];
const hooks: readonly Hook[] = ['forward', 'output', 'input'];

function readChain(body: ListedObject['body']): Omit<Chain, 'rules'> | undefined {
  const name = textOf(body['name']) as ChainName;
  if (!hasOtherKeys(body, chainKeys)) return { name };
  const { type, prio, policy } = body;
  const hook = hooks.find((known) => known === body['hook']);
  const isOurs =
    hook !== undefined &&
    type === 'filter' &&
    policy === 'accept' &&
    typeof prio === 'number' &&
    !hasOtherKeys(body, [...chainKeys, 'type', 'hook', 'prio', 'policy']);
  return isOurs ? { name, base: { hook, priority: prio } } : undefined;
}

/** A word of nft that is not expected may change what the object does: flags, devices, limits. */
export function hasOtherKeys(body: unknown, known: readonly string[]): boolean {
  return !isRecord(body) || Object.keys(body).some((key) => !known.includes(key));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
