import { directions } from '../../model/network-policy.ts';
import { families } from '../../net/protocol.ts';
import type { Traffic } from '../../net/traffic.ts';
import type { PartyIndex } from './parties.ts';
import type { Reach } from './reach.ts';
import type { Row } from './rows.ts';

/**
 * A number for each party, equal for parties that the policies treat alike: the same passes from and to everybody else. It
 * is coarser than the parties themselves, which differ as soon as some policy speaks of the difference.
 */
export function effectsOf(reach: Reach): readonly number[] {
  const found = known.get(reach) ?? workOut(reach);
  known.set(reach, found);
  return found;
}

const known = new WeakMap<Reach, readonly number[]>();

function workOut(reach: Reach): readonly number[] {
  const { parties } = reach;
  const ownRows = parties.all.map((_, at) => directions.map((direction) => rowOf(reach, at, direction)));
  const rows = new Set(ownRows.flat().filter((row) => row !== undefined));
  const contents = new Map<Row, string>();
  const numbers = new Map<Traffic, number>();
  for (const row of rows) contents.set(row, contentOf(row, numbers));

  // What a party is by itself.
  const start = parties.all.map((party, at) => {
    const own = (ownRows[at] ?? []).map((row) => (row === undefined ? '' : contents.get(row)));
    const kind = party.kind === 'pods' ? [party.hostNetwork, ...party.families] : ['addresses'];
    return JSON.stringify([...own, ...kind]);
  });
  const classes = numbered(start);
  // What it is to the others. Equal rows split nothing twice.
  const distinct = new Map([...contents].map(([row, content]) => [content, row]));
  let next = classes.reduce((most, one) => Math.max(most, one + 1), 0);
  for (const row of distinct.values()) {
    const split = new Map<string, number>();
    for (const at of row.exceptions) {
      const key = `${String(classes[at])} ${families.map((family) => numberOf(numbers, row.toward(at, family))).join()}`;
      const into = split.get(key) ?? next++;
      split.set(key, into);
      classes[at] = into;
    }
  }
  return numbered(classes);
}

function rowOf(reach: Reach, at: PartyIndex, direction: 'ingress' | 'egress'): Row | undefined {
  const isolation = reach.isolation(at, direction);
  return isolation === undefined ? undefined : reach.rows.of(isolation);
}

function contentOf(row: Row, numbers: Map<Traffic, number>): string {
  const entries = [...row.exceptions]
    .sort((a, b) => a - b)
    .map((at) => [at, ...families.map((family) => numberOf(numbers, row.toward(at, family)))].join(' '));
  return [numberOf(numbers, row.anyone), ...entries].join();
}

function numberOf(numbers: Map<Traffic, number>, traffic: Traffic): number {
  const found = numbers.get(traffic) ?? numbers.size;
  numbers.set(traffic, found);
  return found;
}

/** Equal values as equal numbers, in order of appearance. */
function numbered(values: readonly (string | number)[]): number[] {
  const numbers = new Map<string | number, number>();
  return values.map((value) => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  });
}
