import { printable } from '../../model/read/quote.ts';

/** Text that Markdown shows as it is, in a table too: nothing of it is markup, a link or a mention. */
export function markdownText(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~$^]/g, (sign) => `&#${String(sign.charCodeAt(0))};`)
    .replaceAll('@', '&#64;')
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, 3)}&#46;`);
}

/** Text in a code span. */
export function markdownCode(text: string): string {
  return `<code>${markdownText(text)}</code>`;
}

/** GitHub takes 65,536 characters in a comment; bytes are never fewer, and there is room to say what was left out. */
export const commentBytes = 65_000;

/** The first of the pieces that have room in so many bytes together, and how many are left over. */
export function fitting<T>(
  pieces: readonly T[],
  room: number,
  textOf: (piece: T) => string,
): { readonly kept: readonly T[]; readonly left: number } {
  let used = 0;
  const end = pieces.findIndex((piece) => (used += bytesOf(textOf(piece))) > room);
  return end === -1 ? { kept: pieces, left: 0 } : { kept: pieces.slice(0, end), left: pieces.length - end };
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A table; the cells are Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('');
}
