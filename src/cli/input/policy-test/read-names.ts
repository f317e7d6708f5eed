import { type EndExpression, readEnd } from '../../../analysis/ends/expression.ts';
import type { NameMeaning } from '../../../analysis/policy-test/suite.ts';
import type { Pod } from '../../../model/pod.ts';
import { readPortList } from '../../../model/read/container-ports.ts';
import {
  type Cursor,
  entriesOf,
  fieldOf,
  hasOnlyFields,
  isAbsent,
  itemsOf,
  stringOf,
} from '../../../model/read/cursor.ts';
import { reportWrongType } from '../../../model/read/field-error.ts';
import { readIpBlock } from '../../../model/read/ip-block.ts';
import { dnsLabelErrors } from '../../../model/read/names.ts';
import { readLabels, reportEach } from '../../../model/read/object-meta.ts';
import { quote } from '../../../model/read/quote.ts';
import { subtractBlocks } from '../../../net/address-block.ts';
import { placeOf, reportProblem } from './suite-problem.ts';

const reserved = ['any', 'internet', 'node'];

/** More than anybody writes. */
export const mostNames = 1000;

/** Reads `names`: what words of the suite stand for. Names that stand for names stand for what those do. */
export function readNames(cursor: Cursor): ReadonlyMap<string, NameMeaning> {
  const entries = (entriesOf(cursor, mostNames) ?? []).filter(([word, value]) => isWord(word, value));
  const names = new Map(entries.flatMap(([word, value]) => readMeaning(word, value)));
  const { flat, circular } = flattened(names);
  for (const [word, value] of entries) {
    const circle = circular.has(word) ? circleFrom(word, names) : undefined;
    if (circle === undefined) continue;
    reportProblem(value, 'circular-name', `${quote(word)} stands for itself: ${circle.join(' -> ')}`);
  }
  return flat;
}

function isWord(word: string, cursor: Cursor): boolean {
  const at = placeOf(cursor, 'key');
  if (['true', 'false'].includes(word)) {
    const hint =
      'YAML reads y, yes, on, n, no and off as true and false: write such a name in quotes, or choose another';
    reportProblem(cursor, 'invalid-name', `the name is read as ${quote(word)}`, hint, at);
    return false;
  }
  if (reserved.includes(word)) {
    reportProblem(
      cursor,
      'invalid-name',
      `${quote(word)} has a meaning of its own`,
      'choose another name',
      at,
    );
    return false;
  }
  // A pod may come to bear it, and an address would never be looked up here.
  const [error] = dnsLabelErrors(word);
  if (error === undefined && /[a-z]/.test(word)) return true;
  const hint = 'a name has lower case letters, digits and -';
  reportProblem(cursor, 'invalid-name', `${quote(word)} is no name`, hint, at);
  return false;
}

/** A pod, a block, an end, or a list of ends. Blocks with holes in a list get names that nobody can write. */
function readMeaning(word: string, cursor: Cursor): readonly (readonly [string, NameMeaning])[] {
  const { value } = cursor;
  if (typeof value === 'string') {
    const end = readEndText(cursor, value);
    return end === undefined ? [] : [[word, { kind: 'ends', ends: [end] }]];
  }
  if (!Array.isArray(value)) {
    const meaning = readObject(word, cursor);
    return meaning === undefined ? [] : [[word, meaning]];
  }
  const items = itemsOf(cursor, mostNames) ?? [];
  if (items.length === 0) reportProblem(cursor, 'invalid-name', `${quote(word)} stands for nobody`);
  const blocks: (readonly [string, NameMeaning])[] = [];
  const ends = items.flatMap((item, index): readonly EndExpression[] => {
    if (typeof item.value === 'string') return [readEndText(item, item.value) ?? []].flat();
    const block = readBlock(item);
    if (block === undefined) return [];
    const hidden = `${word}[${String(index)}]`;
    blocks.push([hidden, block]);
    return [{ text: hidden, means: { kind: 'word', word: hidden }, optional: false }];
  });
  return [[word, { kind: 'ends', ends }], ...blocks];
}

function readEndText(cursor: Cursor, text: string): EndExpression | undefined {
  const end = readEnd(text);
  if (end.ok) return end.value;
  reportProblem(cursor, 'invalid-end', end.message, end.hint);
  return undefined;
}

function readObject(word: string, cursor: Cursor): NameMeaning | undefined {
  if (!isAbsent(fieldOf(cursor, 'cidr'))) return readBlock(cursor);
  if (typeof cursor.value === 'object' && cursor.value !== null) return readPod(word, cursor);
  reportWrongType(cursor, 'an end, a CIDR, a list of these, {cidr, except}, or a pod {namespace, labels}');
  return undefined;
}

function readBlock(cursor: Cursor): NameMeaning | undefined {
  if (typeof cursor.value !== 'object' || cursor.value === null) {
    reportWrongType(cursor, 'an end, a CIDR, or {cidr, except}');
    return undefined;
  }
  const block = readIpBlock(cursor);
  return block === undefined
    ? undefined
    : { kind: 'blocks', blocks: subtractBlocks(block.cidr, block.except) };
}

export const podFields = ['namespace', 'labels', 'ports', 'namespaceLabels'] as const;
const podHints = {
  app: 'labels stand under labels',
  matchLabels: 'a name is one pod, with labels; several pods are an expression such as shop/app=web',
  except: 'except stands beside cidr',
  name: 'the pod bears the name that it is written under',
};

/** A pod that no manifest has. It has no address, as a pod of a template. */
function readPod(word: string, cursor: Cursor): NameMeaning | undefined {
  if (!hasOnlyFields(cursor, podFields, podHints)) return undefined;
  const at = fieldOf(cursor, 'namespace');
  const namespace = stringOf(at, cursor.report.context.defaultNamespace ?? 'default');
  const labels = readLabels(fieldOf(cursor, 'labels'));
  const ports = readPortList(fieldOf(cursor, 'ports'));
  const given = fieldOf(cursor, 'namespaceLabels');
  const namespaceLabels = readLabels(given);
  if (namespace === undefined || labels === undefined || namespaceLabels === undefined) return undefined;
  if (reportEach(at, 'invalid-name', dnsLabelErrors(namespace))) return undefined;
  const pod: Pod = {
    namespace,
    name: word,
    uid: '',
    labels,
    nodeName: '',
    addresses: [],
    hostNetwork: false,
    finished: false,
    created: '',
    ...ports,
  };
  return { kind: 'pod', pod, source: placeOf(cursor), ...(isAbsent(given) ? {} : { namespaceLabels }) };
}

/**
 * The names with every name among their ends replaced by its own ends, each end once: to follow names within names when they
 * are looked up could take forever. `circular` are those that lead in a circle, or to one.
 */
function flattened(names: ReadonlyMap<string, NameMeaning>): {
  readonly flat: ReadonlyMap<string, NameMeaning>;
  readonly circular: ReadonlySet<string>;
} {
  const flat = new Map<string, NameMeaning>();
  let left = [...names.keys()];
  for (;;) {
    const ready = left.filter((word) =>
      wordsOf(names.get(word)).every((own) => flat.has(own) || !names.has(own)),
    );
    if (ready.length === 0) return { flat, circular: new Set(left) };
    for (const word of ready) {
      const meaning = names.get(word);
      if (meaning !== undefined) flat.set(word, replaced(meaning, flat));
    }
    left = left.filter((word) => !flat.has(word));
  }
}

function replaced(meaning: NameMeaning, flat: ReadonlyMap<string, NameMeaning>): NameMeaning {
  if (meaning.kind !== 'ends') return meaning;
  const ends = meaning.ends.flatMap((end): readonly EndExpression[] => {
    const own = end.means.kind === 'word' ? flat.get(end.means.word) : undefined;
    if (own?.kind !== 'ends') return [end];
    return end.optional ? own.ends.map((one) => ({ ...one, optional: true })) : own.ends;
  });
  const byText = new Map(ends.map((end) => [`${end.text}${end.optional ? '?' : ''}`, end]));
  return { kind: 'ends', ends: [...byText.values()] };
}

/** The shortest way from a name back to itself; `undefined` where there is none. */
function circleFrom(start: string, names: ReadonlyMap<string, NameMeaning>): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const open = [start];
  for (const word of open) {
    for (const next of wordsOf(names.get(word))) {
      if (next === start) return wayTo(word, cameFrom, start);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, word);
      open.push(next);
    }
  }
  return undefined;
}

function wayTo(last: string, cameFrom: ReadonlyMap<string, string>, start: string): readonly string[] {
  const way = [start];
  for (let word = last; word !== start; word = cameFrom.get(word) ?? start) way.unshift(word);
  return [start, ...way];
}

function wordsOf(meaning: NameMeaning | undefined): readonly string[] {
  if (meaning?.kind !== 'ends') return [];
  return meaning.ends.flatMap(({ means }) => (means.kind === 'word' ? [means.word] : []));
}
