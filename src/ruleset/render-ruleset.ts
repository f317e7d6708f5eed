import { namedCounters } from './named-counters.ts';
import type { BaseChain, Chain, ElementKey, NftSet, Ruleset, Verdict } from './objects.ts';
import { baseChainText, elementText, ruleText, safeName, setProperties } from './render-text.ts';
import { readKey, type Span } from './well-formed.ts';

/**
 * A ruleset as an nftables user would write it, for `nft -f`: it puts itself, in one transaction, in the place of an
 * earlier table of that name, or of none. Sorted, so that equal rulesets are equal text.
 * @throws {UnsafeTextError} a name, comment or element that nft would read as something else
 */
export function renderRuleset(ruleset: Ruleset): string {
  const table = `table inet ${safeName(ruleset.table)}`;
  const blocks = [
    ...counterLines(ruleset),
    ...[...ruleset.sets.values()].sort(byName).map(setBlock),
    ...[...ruleset.chains.values()].sort(byHookThenName).map(chainBlock),
  ];
  // Deleting needs a table to be there; the first line declares it, which does nothing where it is there already.
  return `${table}\ndelete ${table}\n\n${table} {\n${blocks.join('\n')}}\n`;
}

function counterLines({ chains }: Ruleset): readonly string[] {
  const names = [...namedCounters(chains.values())].sort();
  return names.length === 0 ? [] : [names.map((name) => `\tcounter ${safeName(name)} { }\n`).join('')];
}

function setBlock(set: NftSet): string {
  const elements = [...set.elements]
    .map(([key, verdict]) => ({ key, verdict, spans: readKey(set, key) }))
    .sort(byNumber)
    .map(({ key, verdict }) => elementText([key, verdict]));
  return block(`${set.kind} ${safeName(set.name)}`, [
    ...setProperties(set),
    ...elementLines(elements, set.kind === 'map'),
  ]);
}

function chainBlock({ name, base, rules }: Chain): string {
  return block(`chain ${safeName(name)}`, [
    ...(base === undefined ? [] : [baseChainText(base)]),
    ...rules.map(ruleText),
  ]);
}

function block(head: string, lines: readonly string[]): string {
  return `\t${head} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`;
}

/** Columns that the elements of a set may fill, indentation not counted. */
const width = 90;

/** On one line where they fit; else filled lines, or one line for each where verdicts make them a table. */
function elementLines(elements: readonly string[], onePerLine: boolean): readonly string[] {
  if (elements.length === 0) return [];
  const oneLine = `elements = { ${elements.join(', ')} }`;
  if (oneLine.length <= width) return [oneLine];
  const lines: string[] = [];
  let line = '';
  for (const [index, element] of elements.entries()) {
    const item = index === elements.length - 1 ? element : `${element},`;
    if (line !== '' && (onePerLine || line.length + 1 + item.length > width)) {
      lines.push(line);
      line = item;
    } else {
      line = line === '' ? item : `${line} ${item}`;
    }
  }
  return ['elements = {', ...[...lines, line].map((filled) => `\t${filled}`), '}'];
}

interface ReadElement {
  readonly key: ElementKey;
  readonly verdict: Verdict | null;
  readonly spans: readonly Span[] | undefined;
}

function byNumber(a: ReadElement, b: ReadElement): number {
  for (const [index, span] of (a.spans ?? []).entries()) {
    const other = b.spans?.[index];
    if (other === undefined) break;
    if (span.first !== other.first) return span.first < other.first ? -1 : 1;
    if (span.last !== other.last) return span.last < other.last ? -1 : 1;
  }
  return a.key < b.key ? -1 : 1;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

const hookOrder: readonly (BaseChain['hook'] | undefined)[] = ['forward', 'output', 'input', undefined];

function byHookThenName(a: Chain, b: Chain): number {
  return hookOrder.indexOf(a.base?.hook) - hookOrder.indexOf(b.base?.hook) || byName(a, b);
}
