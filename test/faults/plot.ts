const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const width = 60;

/** One line: a series over time, from its least to its greatest value, and the values at both ends. */
export function plot(what: string, values: readonly number[], words: (value: number) => string): string {
  const known = values.filter((value) => Number.isFinite(value));
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const columns = Array.from({ length: Math.min(width, known.length) }, (_, index) => {
    const value = known[Math.floor((index * known.length) / Math.min(width, known.length))] ?? least;
    const share = most === least ? 0 : (value - least) / (most - least);
    return bars[Math.round(share * (bars.length - 1))] ?? '';
  });
  const range = `${words(known[0] ?? 0)} > ${words(known.at(-1) ?? 0)} (${words(least)} to ${words(most)})`;
  return `${what.padEnd(22)} ${columns.join('')} ${range}`;
}
