import type { Cell } from './cell.ts';
import type { Group, Picture } from './picture.ts';

/** One endpoint between those that come in and those to which it goes. */
export interface Focus {
  readonly center: Group;
  readonly incoming: readonly Side[];
  readonly outgoing: readonly Side[];
}

/** A group, and what passes between it and the endpoint in the middle. Never `denied` or `itself`. */
export interface Side {
  readonly group: Group;
  readonly cell: Cell;
}

/** The picture around the group at a position. Rules that never fire are in it: they say what somebody meant. */
export function focusOf(picture: Picture, at: number): Focus {
  const center = picture.groups[at];
  if (center === undefined) throw new RangeError('no such group');
  const sides = (cell: (other: number) => Cell): readonly Side[] =>
    picture.groups.flatMap((group, other) => {
      const own = cell(other);
      return own.state === 'denied' || own.state === 'itself' ? [] : [{ group, cell: own }];
    });
  return {
    center,
    incoming: sides((other) => picture.cell(other, at)),
    outgoing: sides((other) => picture.cell(at, other)),
  };
}
