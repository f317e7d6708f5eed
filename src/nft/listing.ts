import type { CounterName } from '../ruleset/objects.ts';
import { NftError } from './errors.ts';

/** One object of a table as `nft -j list table` shows it. */
export interface ListedObject {
  /** nft's word: table, chain, set, map, rule, and whatever else someone may have put into the table. */
  readonly kind: string;
  /** nft's JSON of the object, read but not interpreted. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Reads the output of `nft -j list table inet NAME`. Anything unexpected throws NFT_UNREADABLE_OUTPUT: a listing that is
 * only half understood would pass for a table that lacks the other half.
 */
export function parseListing(output: string, table: string): readonly ListedObject[] {
  const objects = objectsOf(output, table);
  if (objects[0]?.kind !== 'table') throw unreadable(`no table ${table}`);
  return objects;
}

/** What a counter of its own has counted. */
export interface CounterValue {
  /** Another one where a counter went and came back under its name. */
  readonly handle: number;
  readonly packets: number;
}

/** Reads the output of `nft -j list counters table inet NAME`; throws NFT_UNREADABLE_OUTPUT like `parseListing`. */
export function parseCounters(output: string, table: string): ReadonlyMap<CounterName, CounterValue> {
  return new Map(
    objectsOf(output, table).map(({ kind, body: { name, handle, packets } }) => {
      const isCounter =
        kind === 'counter' &&
        typeof name === 'string' &&
        typeof handle === 'number' &&
        typeof packets === 'number';
      if (!isCounter) throw unreadable(`a ${kind} among counters`);
      return [name as CounterName, { handle, packets }];
    }),
  );
}

function objectsOf(output: string, table: string): readonly ListedObject[] {
  const entries = entriesOf(output);
  const metainfo = entries[0]?.['metainfo'];
  if (!isRecord(metainfo)) throw unreadable('no metainfo');
  if (metainfo['json_schema_version'] !== 1) {
    throw unreadable(`json_schema_version ${JSON.stringify(metainfo['json_schema_version'])}`);
  }
  return entries.slice(1).map((entry) => objectOf(entry, table));
}

function entriesOf(output: string): readonly Readonly<Record<string, unknown>>[] {
  let json: unknown;
  try {
    json = JSON.parse(output);
  } catch (error) {
    throw unreadable('no JSON', error);
  }
  const entries = isRecord(json) ? json['nftables'] : undefined;
  if (!Array.isArray(entries)) throw unreadable('no nftables');
  return entries.map((entry: unknown) => {
    if (!isRecord(entry)) throw unreadable('an entry is no object');
    return entry;
  });
}

function objectOf(entry: Readonly<Record<string, unknown>>, table: string): ListedObject {
  const [pair, ...more] = Object.entries(entry);
  if (pair === undefined || more.length > 0) throw unreadable('an entry has not exactly one key');
  const [kind, body] = pair;
  if (!isRecord(body)) throw unreadable(`a ${kind} without content`);
  const owner = kind === 'table' ? body['name'] : body['table'];
  if (body['family'] !== 'inet' || owner !== table) throw unreadable(`a ${kind} of another table`);
  return { kind, body };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(what: string, cause?: unknown): NftError {
  return new NftError('NFT_UNREADABLE_OUTPUT', `the listing of nft cannot be read: ${what}`, {
    outcome: 'unchanged',
    cause,
  });
}
