/** The text of a `kind: List` dump, taken apart: its items, and the rest without them. */
export interface ListText {
  /** What stands before the line `items:`, and after the items. */
  readonly header: string;
  /** The offset in the whole text of an offset in the header. */
  readonly fromHeader: (offset: number) => number;
  readonly items: readonly { readonly start: number; readonly end: number }[];
}

/** Smaller text is read as a whole: there is nothing to gain. */
const largeText = 256 * 1024;

/**
 * Takes a large dump of a List apart by its lines, so that its items can be read one by one: a tree of the whole text
 * would take a hundred times its size. `undefined` where the text is small, or is not laid out as kubectl writes it, or
 * has anchors, which may be used across items.
 */
export function splitList(text: string): ListText | undefined {
  if (text.length < largeText || anchor.test(text)) return undefined;
  const head = /^items:[ \t]*\r?\n/m.exec(text);
  if (head === null || otherDocument.test(text.slice(text.indexOf('\n') + 1))) return undefined;
  const from = head.index + head[0].length;
  const to = endOfItems(text, from);
  const indent = /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*( *)-(?=[ \r\n])/.exec(
    text.slice(from, from + largeText),
  )?.[1];
  if (indent === undefined) return undefined;
  const starts = [...startsOfItems(text, from, to, indent)];
  return {
    header: text.slice(0, head.index) + text.slice(to),
    fromHeader: (offset) => (offset < head.index ? offset : offset - head.index + to),
    items: starts.map((start, index) => ({ start, end: starts[index + 1] ?? to })),
  };
}

const anchor = /(?:^|[-:?] +|[[{,] *)[&*][A-Za-z0-9_]/m;
const otherDocument = /^(?:---|\.\.\.)(?:\s|$)/m;

/** The first line in the first column that is neither an item nor a comment. */
function endOfItems(text: string, from: number): number {
  const next = /^(?!-[ \r\n])[^\s#]/gm;
  next.lastIndex = from;
  return next.exec(text)?.index ?? text.length;
}

function* startsOfItems(text: string, from: number, to: number, indent: string): Generator<number> {
  const item = new RegExp(`^${indent}-(?=[ \\r\\n])`, 'gm');
  item.lastIndex = from;
  for (let match = item.exec(text); match !== null && match.index < to; match = item.exec(text)) {
    yield match.index;
  }
}
