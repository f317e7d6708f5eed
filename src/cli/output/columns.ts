/** A table as kubectl prints one: a head, columns as wide as their widest cell, three spaces between. */
export function columnsText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, index) =>
    lines.reduce((widest, line) => Math.max(widest, (line[index] ?? '').length), 0),
  );
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, index) => cell.padEnd(widths[index] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}
