export type Format = 'text' | 'nft' | 'json' | 'csv' | 'md' | 'xml' | 'html' | 'dot' | 'tap' | 'github';

/** What of an output is structure: text that stays text cannot change it. */
export function shapeOf(format: Format, out: string): string {
  switch (format) {
    case 'text':
    case 'nft':
    case 'json':
      return '';
    case 'csv':
      return rowsOf(out)
        .map((cells) => cells.length)
        .join(' ');
    case 'md':
      return out
        .split('\n')
        .map((line) =>
          `${line.replace(/[^|]/g, '')} ${tagsOf(line)} ${/^\W*/.exec(line)?.[0] ?? ''}`.trimEnd(),
        )
        .join('\n');
    case 'xml':
    case 'html':
      return tagsOf(out);
    case 'dot':
      return out.replace(/"(?:[^"\\]|\\[^])*"/g, '""');
    case 'tap':
      return out
        .split('\n')
        .map((line) => /^(?:(?:not )?ok \d+|\d+\.\.\d+|\s+(?:---|\.\.\.)|TAP|Bail)/.exec(line)?.[0])
        .filter((words) => words !== undefined)
        .join('\n');
    case 'github':
      // Commands that are no annotation: how many of these there are depends on what is found.
      return out
        .split('\n')
        .filter((line) => line.startsWith('::') && !/^::(?:error|warning|notice) (?:file|title)=/.test(line))
        .map((line) => line.replace(/[0-9a-f]{64}/, 'TOKEN'))
        .join('\n');
  }
}

/** Names of elements and of their attributes, in order. */
function tagsOf(markup: string): string {
  const tags = /<(\/?[a-z!][^\s/>]*)((?:\s+[^\s=>/]+(?:="[^"]*")?)*)\s*\/?>|</gi;
  return [...markup.matchAll(tags)]
    .map(([whole, name, attributes]) => (name === undefined ? whole : name + namesOf(attributes ?? '')))
    .join('\n');
}

function namesOf(attributes: string): string {
  return attributes.replace(/="[^"]*"/g, '');
}

/** By RFC 4180. */
function rowsOf(csv: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted ?? plain ?? '');
    if (end === '\r\n') rows.push([]);
  }
  return rows;
}
