import { groupText } from '../../../analysis/picture/labels.ts';
import type { Picture } from '../../../analysis/picture/picture.ts';
import { nothing } from '../../../net/traffic.ts';
import { columnsText } from '../columns.ts';

/** Numbers of ends that an end has connections with. */
interface Counts {
  /** Inside the cluster. */
  to: number;
  from: number;
  toOutside: boolean;
  fromOutside: boolean;
}

/**
 * A picture that is too large to be drawn: a line for each of its groups inside the cluster, with how many of the others it
 * reaches and is reached by, and whether it reaches addresses outside and they it.
 */
export function matrixSummary({ groups, cell }: Picture): string {
  const isInside = groups.map(({ endpoints: [first] }) => first.kind === 'pods');
  const counts = groups.map((): Counts => ({ to: 0, from: 0, toOutside: false, fromOutside: false }));
  for (const [from, source] of counts.entries()) {
    for (const [to, destination] of counts.entries()) {
      const isOutside = isInside[from] === false && isInside[to] === false;
      if (from === to || isOutside || cell(from, to).traffic === nothing) continue;
      if (isInside[to] === true) source.to += 1;
      else source.toOutside = true;
      if (isInside[from] === true) destination.from += 1;
      else destination.fromOutside = true;
    }
  }
  const others = isInside.filter(Boolean).length - 1;
  const lines = groups.flatMap((group, at) => {
    const own = counts[at];
    if (own === undefined || isInside[at] !== true) return [];
    return [
      [
        groupText(group),
        `${String(own.to)} of ${String(others)}`,
        own.toOutside ? 'yes' : 'no',
        `${String(own.from)} of ${String(others)}`,
        own.fromOutside ? 'yes' : 'no',
      ],
    ];
  });
  return columnsText(['WHO', 'REACHES', 'REACHES OUTSIDE', 'REACHED BY', 'REACHED FROM OUTSIDE'], lines);
}
