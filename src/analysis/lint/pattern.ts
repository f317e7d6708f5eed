// Patterns come with a repository, perhaps from a stranger: they are matched in time that grows with pattern times text.

type Token =
  | { readonly kind: 'character'; readonly character: string }
  /** `?`: one character of a name. */
  | { readonly kind: 'one' }
  /** `*`: characters of a name. */
  | { readonly kind: 'name' }
  /** `**`: any characters. */
  | { readonly kind: 'anything' }
  /** `**` and a slash: nothing, or what the next token matches. */
  | { readonly kind: 'folders' }
  /** Any characters that end in a slash. */
  | { readonly kind: 'up to a slash' };

/** Whether a text such as a path matches the whole pattern: `*` and `?` stay within a folder, `**` does not. */
export function createPattern(pattern: string): (text: string) => boolean {
  const tokens = tokensOf(pattern);
  return (text) => {
    let states: ReadonlySet<number> = reached(tokens, [0]);
    for (const character of text) {
      const next: number[] = [];
      for (const state of states) next.push(...after(tokens[state], state, character));
      states = reached(tokens, next);
      if (states.size === 0) return false;
    }
    return states.has(tokens.length);
  };
}

function tokensOf(pattern: string): readonly Token[] {
  const parts = pattern.match(/\*\*\/|\*+|[^]/gu) ?? [];
  return parts.flatMap((part): readonly Token[] => {
    if (part === '**/') return [{ kind: 'folders' }, { kind: 'up to a slash' }];
    if (part === '*') return [{ kind: 'name' }];
    if (part.startsWith('**')) return [{ kind: 'anything' }];
    if (part === '?') return [{ kind: 'one' }];
    return [{ kind: 'character', character: part }];
  });
}

/** The tokens that may match what follows the character. */
function after(token: Token | undefined, at: number, character: string): readonly number[] {
  switch (token?.kind) {
    case 'character':
      return token.character === character ? [at + 1] : [];
    case 'one':
      return character === '/' ? [] : [at + 1];
    case 'name':
      return character === '/' ? [] : [at];
    case 'anything':
      return [at];
    case 'up to a slash':
      return character === '/' ? [at, at + 1] : [at];
    case 'folders':
    case undefined:
      return [];
  }
}

/** With the tokens behind those that match nothing, too. */
function reached(tokens: readonly Token[], from: readonly number[]): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    const kind = tokens[at]?.kind;
    if (kind === 'name' || kind === 'anything') open.push(at + 1);
    if (kind === 'folders') open.push(at + 1, at + 2);
  }
  return found;
}
