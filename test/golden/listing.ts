/**
 * What a listing of nft says, apart from the order in which the kernel happens to keep things: each object by its head, with
 * its properties and rules in order and its elements sorted.
 */
export function objectsIn(listing: string): ReadonlyMap<string, readonly string[]> {
  const objects = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of joinedLines(listing)) {
    const opening = /^((?:set|map|chain|counter) .*) \{( \})?$/.exec(line);
    const head = opening?.[1];
    if (head !== undefined) {
      if (objects.has(head)) throw new Error(`twice in the listing: ${head}`);
      current = [];
      objects.set(head, current);
      if (opening?.[2] !== undefined) current = undefined;
    } else if (line === '}') {
      current = undefined;
    } else if (current === undefined) {
      if (!/^(delete )?table inet ringfence( \{)?$/.test(line))
        throw new Error(`not of a set, a map, a chain or a counter: ${line}`);
    } else if (!/^packets \d+ bytes \d+$/.test(line)) {
      current.push(line);
    }
  }
  return new Map([...objects].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Lines without indentation; the elements of a set on one line, sorted. */
function joinedLines(listing: string): readonly string[] {
  return listing
    .replaceAll(/elements = \{[^}]*\}/g, (elements) => elements.replaceAll(/\s+/g, ' '))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const elements = /^elements = \{ (.*) \}$/.exec(line)?.[1];
      return elements === undefined ? line : `elements = { ${elements.split(', ').sort().join(', ')} }`;
    });
}
