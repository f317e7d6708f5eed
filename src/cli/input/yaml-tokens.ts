import { type CST, Lexer, Parser } from 'yaml';

/**
 * How many pieces (indicators, scalars, line breaks) one document may have. A document of 10 MB has up to four million;
 * each costs memory, and beyond this a reader would run out of it without a word.
 */
export const mostLexemes = 4_000_000;

/** Set where a document has more pieces than that. */
export interface TokenLimit {
  exceededAt?: number;
}

/** The concrete syntax of YAML text, document by document, up to the document that is too large. */
export function* tokensOf(text: string, limit: TokenLimit): Generator<CST.Token> {
  const parser = new Parser();
  // Counting costs a tenth of all reading.
  if (text.length * mostPerCharacter < mostLexemes) {
    yield* parser.parse(text);
    return;
  }
  let offset = 0;
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === startOfDocument) count = 0;
    count += 1;
    if (count > mostLexemes) {
      limit.exceededAt = offset;
      return;
    }
    yield* parser.next(lexeme);
    offset += controls.has(lexeme) ? 0 : lexeme.length;
  }
  yield* parser.end();
}

// A piece is a character at least, but for the marks below and for empty scalars.
const mostPerCharacter = 3;

// The lexer marks the start of a document, the end of a flow collection that is not closed, and a scalar by these.
const startOfDocument = '\u0002';
const controls = new Set([startOfDocument, '\u0018', '\u001f']);
