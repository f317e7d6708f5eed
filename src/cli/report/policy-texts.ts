import type { SourcePosition } from '../../model/diagnostic.ts';
import type { directions } from '../../model/network-policy.ts';
import { type NetworkPolicy } from '../../model/network-policy.ts';
import type { PolicyText } from '../../page/data.ts';

type SourceLine = (position: SourcePosition) => string | undefined;

/** Nobody reads more of one policy, and generated ones are without end. */
const mostLines = 400;

/** A file of one line holds everything else, too. */
const longestLine = 400;

/** A policy as it stands in its file; `null` where nobody wrote it in one. */
export function policyText(policy: NetworkPolicy, sourceLine: SourceLine): PolicyText | null {
  const { source } = policy;
  if (source === undefined || sourceLine(source) === undefined) return null;
  const last = lastLine(source, sourceLine);
  const numbers = Array.from({ length: last - source.line + 1 }, (_, at) => source.line + at);
  const whole = numbers.map((line) => sourceLine({ ...source, line }) ?? '');
  const lines = whole.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line));
  return {
    file: source.file,
    first: source.line,
    lines,
    cut: lines.length === mostLines || whole.some((line) => line.length > longestLine),
    ruleEnds: { ingress: ruleEnds(policy, 'ingress'), egress: ruleEnds(policy, 'egress') },
  };

  function ruleEnds(of: NetworkPolicy, direction: (typeof directions)[number]): Record<number, number> {
    return Object.fromEntries(
      of[direction].flatMap((rule) =>
        rule.source === undefined
          ? []
          : [[rule.index, Math.min(last, lastLine(rule.source, sourceLine))] as const],
      ),
    );
  }
}

/**
 * The last line of what begins at a place: lines belong to it while they are indented as deep as it is. In JSON, and in flow
 * style, the brace that closes it stands below the line that opened it.
 */
function lastLine(start: SourcePosition, sourceLine: SourceLine): number {
  const first = sourceLine(start) ?? '';
  const isFlow = /^[{[]/.test(first.slice(start.column - 1));
  const depth = isFlow ? indentOf(first) : start.column - 1;
  if (isFlow && closes(first.slice(start.column - 1))) return start.line;
  let last = start.line;
  for (let line = start.line + 1; line < start.line + mostLines && line <= last + 5; line += 1) {
    const text = sourceLine({ ...start, line }) ?? '';
    if (text.trim() === '') continue;
    if (isFlow && indentOf(text) <= depth) return /^\s*[}\]]/.test(text) ? line : last;
    if (indentOf(text) < depth || /^(---|\.\.\.)(\s|$)/.test(text)) break;
    last = line;
  }
  return last;
}

/** Whether the brace that the text begins with is closed in it. Braces in strings are rare, and cost a line at most. */
function closes(text: string): boolean {
  let open = 0;
  for (const character of text) {
    if (character === '{' || character === '[') open += 1;
    if (character === '}' || character === ']') open -= 1;
    if (open === 0) return true;
  }
  return false;
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}
