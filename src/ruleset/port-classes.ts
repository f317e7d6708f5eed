import type { PortRange } from '../net/port-range.ts';
import { protocols } from '../net/protocol.ts';

/** Ports that the same rules allow, and which rules those are. */
export interface PortClass<Member> {
  readonly range: PortRange;
  /** In the order given. */
  readonly members: readonly Member[];
}

/**
 * Cuts overlapping ranges into disjoint ascending ones, each with everybody whose ranges cover it. Neighbours with the
 * same members are joined.
 * @param ranged each member with its ranges
 * @param most how many members all classes may have in sum; `undefined` is returned where they would be more
 */
export function portClasses<Member>(
  ranged: readonly { readonly allow: Member; readonly ranges: readonly PortRange[] }[],
  most: number,
): readonly PortClass<Member>[] | undefined {
  let sum = 0;
  const all = protocols.flatMap((protocol) => {
    const starts = new Map<number, Member[]>();
    const ends = new Map<number, Member[]>();
    for (const { allow, ranges } of ranged) {
      for (const range of ranges) {
        if (range.protocol !== protocol) continue;
        push(starts, range.first, allow);
        push(ends, range.last + 1, allow);
      }
    }
    const cuts = [...new Set([...starts.keys(), ...ends.keys()])].sort((a, b) => a - b);
    const order = new Map(ranged.map(({ allow }, index) => [allow, index]));
    const open = new Set<Member>();
    const classes: PortClass<Member>[] = [];
    cuts.forEach((first, index) => {
      for (const member of ends.get(first) ?? []) open.delete(member);
      for (const member of starts.get(first) ?? []) open.add(member);
      const next = cuts[index + 1];
      sum += open.size;
      if (next === undefined || open.size === 0 || sum > most) return;
      const members = [...open].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
      const previous = classes.at(-1);
      if (previous?.range.last === first - 1 && sameMembers(previous.members, members)) {
        classes[classes.length - 1] = { range: { ...previous.range, last: next - 1 }, members };
      } else {
        classes.push({ range: { protocol, first, last: next - 1 }, members });
      }
    });
    return classes;
  });
  return sum > most ? undefined : all;
}

function push<Member>(map: Map<number, Member[]>, key: number, member: Member): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [member]);
  else list.push(member);
}

function sameMembers<Member>(a: readonly Member[], b: readonly Member[]): boolean {
  return a.length === b.length && a.every((member, index) => member === b[index]);
}
