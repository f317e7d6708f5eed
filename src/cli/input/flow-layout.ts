/**
 * The same text with every flow collection on one line: line breaks, tabs and comments between its tokens become
 * spaces, one for one, so that every offset stays. kubectl's parser does not care how a flow collection is indented, the
 * one used here does. Text that does not follow the rules is left as it is, to be complained about by the parser.
 */
export function layOutFlow(text: string): string {
  const pieces: string[] = [];
  let done = 0;
  let at = 0;
  let parentColumn = -1;
  let lineStart = 0;
  while (at < text.length) {
    const code = text[at] ?? '';
    if (code === '\n') {
      at += 1;
      lineStart = at;
      parentColumn = -1;
    } else if (code === ' ' || code === '\t' || code === '\r') {
      at += 1;
    } else if (code === '#') {
      at = endOfLine(text, at);
    } else if (/[-?:]/.test(code) && isBreakAfter(text, at)) {
      if (code !== ':') parentColumn = at - lineStart;
      at += 1;
    } else if (code === '&' || code === '!' || code === '*') {
      at = endOfWord(text, at);
    } else if (code === '|' || code === '>') {
      at = endOfBlockScalar(text, at, parentColumn);
      lineStart = at;
      parentColumn = -1;
    } else if (code === '"' || code === "'") {
      parentColumn = at - lineStart;
      at = endOfQuoted(text, at);
    } else if (code === '{' || code === '[') {
      const flow = flowAt(text, at);
      if (flow === undefined) return text;
      pieces.push(text.slice(done, at), flow.laidOut);
      at = flow.end;
      done = at;
    } else {
      parentColumn = at - lineStart;
      at = endOfPlain(text, at);
    }
  }
  return pieces.join('') + text.slice(done);
}

interface Flow {
  readonly laidOut: string;
  readonly end: number;
}

/** A flow collection on one line; `undefined` where it does not end. */
function flowAt(text: string, start: number): Flow | undefined {
  const pieces: string[] = [];
  let depth = 0;
  let at = start;
  let afterIndicator = true;
  do {
    const code = text[at];
    if (code === undefined) return undefined;
    let end = at + 1;
    if ((code === '"' || code === "'") && afterIndicator) end = endOfQuoted(text, at);
    else if (code === '#' && /[\s]/.test(text[at - 1] ?? ' ')) end = endOfLine(text, at);
    if (code === '{' || code === '[') depth += 1;
    if (code === '}' || code === ']') depth -= 1;
    const isBlank = /\s/.test(code) || (code === '#' && end > at + 1);
    pieces.push(isBlank ? ' '.repeat(end - at) : text.slice(at, end));
    if (!isBlank) afterIndicator = '{[,:'.includes(code);
    at = end;
  } while (depth > 0);
  return { laidOut: pieces.join(''), end: at };
}

function isBreakAfter(text: string, at: number): boolean {
  const next = text[at + 1];
  return next === undefined || /\s/.test(next);
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

function endOfWord(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && !/\s/.test(text[end] ?? ' ')) end += 1;
  return end;
}

/** Up to the first line that is indented no deeper than what the scalar belongs to. */
function endOfBlockScalar(text: string, at: number, parentColumn: number): number {
  let end = endOfLine(text, at) + 1;
  while (end < text.length) {
    const lineEnd = endOfLine(text, end);
    const indent = text.slice(end, lineEnd).search(/[^ ]/);
    const isBlank = text.slice(end, lineEnd).trim() === '';
    if (!isBlank && indent <= parentColumn) break;
    end = lineEnd + 1;
  }
  return Math.min(end, text.length);
}

function endOfQuoted(text: string, at: number): number {
  const quoteMark = text[at];
  let end = at + 1;
  while (end < text.length) {
    if (quoteMark === '"' && text[end] === '\\') end += 2;
    else if (text[end] !== quoteMark) end += 1;
    else if (quoteMark === "'" && text[end + 1] === quoteMark) end += 2;
    else return end + 1;
  }
  return text.length;
}

/** To the colon of a key, a comment, or the end of the line. */
function endOfPlain(text: string, at: number): number {
  let end = at;
  while (end < text.length && text[end] !== '\n') {
    if (text[end] === ':' && isBreakAfter(text, end)) return end;
    if (text[end] === '#' && /\s/.test(text[end - 1] ?? '')) return end;
    end += 1;
  }
  return end;
}
