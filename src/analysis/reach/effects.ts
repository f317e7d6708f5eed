import { directions } from '../../model/network-policy.ts';
import type { Traffic } from '../../net/traffic.ts';
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
  const ownRows = parties.all.map((_, at) => directions.map((direction) => reach.row(at, direction)));
  const rows = new Set(ownRows.flat().filter((row) => row !== undefined));
  const passing = createPassing();
  const contents = new Map<Row, Content>();
  for (const row of rows) contents.set(row, contentOf(row, passing));

  // What a party is by itself.
  const start = parties.all.map((party, at) => {
    const own = (ownRows[at] ?? []).map((row) => (row === undefined ? '' : contents.get(row)?.text));
    const kind = party.kind === 'pods' ? [party.hostNetwork, ...party.families] : ['addresses'];
    return JSON.stringify([...own, ...kind]);
  });
  const classes = numbered(start);
  // What it is to the others. Equal rows split nothing twice.
  const distinct = new Map([...contents.values()].map((content) => [content.text, content]));
  let next = classes.reduce((most, one) => Math.max(most, one + 1), 0);
  for (const content of distinct.values()) {
    const split = new Map<number, number>();
    for (const [position, at] of content.parties.entries()) {
      const key = (classes[at] ?? 0) * passing.count() + (content.passing[position] ?? 0);
      const into = split.get(key) ?? next++;
      split.set(key, into);
      classes[at] = into;
    }
  }
  return numbered(classes);
}

/** What a row says: equal texts for rows that say the same. */
interface Content {
  readonly text: string;
  /** Those of whom it says more than of anyone, ascending, and the number of what passes for each. */
  readonly parties: Uint32Array;
  readonly passing: Uint32Array;
}

function contentOf(row: Row, passing: Passing): Content {
  const parties = Uint32Array.from([...row.exceptions]).sort();
  const numbers = parties.map((at) => passing.numberOf(row.toward(at, 'IPv4'), row.toward(at, 'IPv6')));
  const anyone = passing.numberOf(row.anyone, row.anyone);
  return { text: `${String(anyone)} ${parties.join()} ${numbers.join()}`, parties, passing: numbers };
}

/** Numbers what passes in both families: there are few sorts, each very often. */
interface Passing {
  numberOf(four: Traffic, six: Traffic): number;
  count(): number;
}

function createPassing(): Passing {
  const numbers = new Map<Traffic, Map<Traffic, number>>();
  let count = 0;
  return {
    count: () => count,
    numberOf(four, six) {
      const own = numbers.get(four) ?? new Map<Traffic, number>();
      numbers.set(four, own);
      const number = own.get(six) ?? count++;
      own.set(six, number);
      return number;
    },
  };
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
