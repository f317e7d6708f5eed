/** What cleanup leaves in conntrack, and how to be rid of it. */
export interface LeftMarks {
  /** Of the conntrack mark. */
  readonly mask: number;
  /** Connections with a mark within it; absent where the kernel does not list connections. */
  readonly connections: number | undefined;
}

/** Without a table nothing reads the marks, and an agent that comes back gives no epoch out that one of them holds. */
export function leftMarksText({ mask, connections }: LeftMarks): string {
  if (connections === 0) return '';
  const bits = `0x${mask.toString(16)}`;
  const which =
    connections === undefined
      ? 'connections may keep marks'
      : `${String(connections)} marked connections stay`;
  return `note: ${which} in conntrack until they end; nothing reads the marks
note: conntrack --update --mark 0x0/${bits} clears them
`;
}
