import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { quote } from '../../model/read/quote.ts';
import { deepest, type ParseProblem, tooDeep } from './document.ts';
import { resolvePlain, resolveTagged } from './yaml-scalar.ts';

/** What the aliases of one document may add to it, in values. Beyond it, a few lines could stand for millions. */
export const mostAliased = 500_000;

/** A composed document as a JSON value, and where each alias leads. */
export interface YamlValue {
  readonly value: unknown;
  readonly problems: readonly ParseProblem[];
  readonly targets: ReadonlyMap<Alias, Node>;
}

/**
 * The value of a node as kubectl reads it. Aliased values are shared, not copied, so nothing grows here; what readers
 * would have to walk is counted and limited. Keys that stand twice are found in one pass, by their text.
 */
export function yamlValue(node: Node | null): YamlValue {
  const state: State = { problems: [], anchors: new Map(), targets: new Map(), size: 0, aliased: 0 };
  const value = node === null ? null : convert(state, node, 0);
  return { value, problems: state.problems, targets: state.targets };
}

interface State {
  readonly problems: ParseProblem[];
  readonly anchors: Map<string, Anchored>;
  readonly targets: Map<Alias, Node>;
  /** Values so far, with those behind aliases. */
  size: number;
  aliased: number;
}

interface Anchored {
  readonly node: Node;
  /** Absent while the node is being read: an alias inside it would lead in a circle. */
  done?: { readonly value: unknown; readonly size: number };
}

function convert(state: State, node: Node, depth: number): unknown {
  if (depth > deepest) {
    // Once is enough: everything beside it is probably as deep.
    if (!state.problems.some(({ code }) => code === 'too-deep')) problem(state, node, 'too-deep', tooDeep);
    return null;
  }
  if (isAlias(node)) return followAlias(state, node);
  const anchored: Anchored = { node };
  const before = state.size;
  state.size += 1;
  const anchor = (node as { readonly anchor?: string }).anchor;
  if (anchor !== undefined) state.anchors.set(anchor, anchored);
  const value = convertContent(state, node, depth);
  anchored.done = { value, size: state.size - before };
  return value;
}

function convertContent(state: State, node: Node, depth: number): unknown {
  if (isScalar(node)) return scalarValue(node);
  if (isSeq(node)) return (node as YAMLSeq<Node>).items.map((item) => convert(state, item, depth + 1));
  if (isMap(node)) return convertMap(state, node as YAMLMap<Node, Node | null>, depth);
  return null;
}

function followAlias(state: State, alias: Alias): unknown {
  const anchored = state.anchors.get(alias.source);
  if (anchored === undefined) {
    problem(state, alias, 'unknown-anchor', `unknown anchor ${quote(alias.source)} referenced`);
    return null;
  }
  if (anchored.done === undefined) {
    problem(state, alias, 'unknown-anchor', `anchor ${quote(alias.source)} value contains itself`);
    return null;
  }
  state.targets.set(alias, anchored.node);
  state.size += anchored.done.size;
  state.aliased += anchored.done.size;
  if (state.aliased <= mostAliased) return anchored.done.value;
  if (!state.problems.some(({ code }) => code === 'excessive-aliasing')) {
    const hint = `aliases may stand for at most ${String(mostAliased)} values`;
    problem(state, alias, 'excessive-aliasing', 'document contains excessive aliasing', hint);
  }
  return null;
}

function convertMap(state: State, map: YAMLMap<Node, Node | null>, depth: number): unknown {
  const own = new Set<string>();
  const merged = new Set<string>();
  const object: Record<string, unknown> = {};
  for (const pair of map.items) {
    const value = pair.value === null ? null : convert(state, pair.value, depth + 1);
    if (isMergeKey(pair.key)) {
      for (const [key, inherited] of mergedEntries(state, pair.key, value)) {
        if (own.has(key)) ambiguous(state, pair.key, key);
        else if (!merged.has(key)) setOwn(object, key, inherited);
        merged.add(key);
      }
      continue;
    }
    const key = keyText(pair.key);
    if (key === undefined)
      problem(state, pair.key, 'invalid-key', 'a key must be text, a number or a boolean');
    else if (own.has(key))
      problem(state, pair.key, 'duplicate-key', `key ${quote(key)} is already set in this map`);
    else setOwn(object, key, value);
    if (key !== undefined) own.add(key);
  }
  return object;
}

/** `<<` takes in a map, or several, of which the first that has a key wins. */
function mergedEntries(state: State, key: Node, value: unknown): readonly (readonly [string, unknown])[] {
  const maps: readonly unknown[] = Array.isArray(value) ? value : [value];
  return maps.flatMap((map) => {
    if (typeof map === 'object' && map !== null && !Array.isArray(map)) {
      state.aliased += Object.keys(map).length;
      return state.aliased > mostAliased ? [] : Object.entries(map);
    }
    problem(state, key, 'invalid-merge', 'map merge requires map or sequence of maps as the value');
    return [];
  });
}

/** kubectl lets the merge win here and YAML says that the key does: nobody should have to know. */
function ambiguous(state: State, merge: Node, key: string): void {
  const message = `merge sets ${quote(key)} again, which this map has already set`;
  problem(state, merge, 'ambiguous-merge', message, 'put << before the keys of the map');
}

/** The key as kubectl's JSON has it: numbers and booleans become text. `undefined` for null and for collections. */
export function keyText(key: Node): string | undefined {
  if (!isScalar(key)) return undefined;
  const value = scalarValue(key);
  return value === null ? undefined : String(value);
}

export function isMergeKey(key: Node): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && key.value === '<<';
}

function scalarValue(scalar: Scalar): string | number | boolean | null {
  const text = typeof scalar.value === 'string' ? scalar.value : '';
  if (scalar.tag !== undefined) return resolveTagged(scalar.tag, text);
  return scalar.type === Scalar.PLAIN || scalar.type === undefined ? resolvePlain(text) : text;
}

/** `__proto__` is a key like any other, not the object's prototype. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    object[key] = value;
  }
}

function problem(state: State, node: Node, code: string, message: string, hint?: string): void {
  const offset = node.range?.[0] ?? 0;
  state.problems.push({ kind: 'problem', code, message, offset, ...(hint === undefined ? {} : { hint }) });
}

/** The offset of the value at the path, or of its key; where nothing is there, of the nearest value above. */
export function offsetInYaml(
  root: Node | null,
  targets: ReadonlyMap<Alias, Node>,
  path: readonly (string | number)[],
  what: 'key' | 'value',
): number {
  let node = root;
  let key: Node | undefined;
  for (const segment of path) {
    const step = child(follow(node, targets), segment, targets);
    if (step === undefined) return offsetOf(node) ?? offsetOf(root) ?? 0;
    key = step.key;
    node = step.value ?? step.key ?? null;
  }
  const isEmpty = node?.range?.[0] === node?.range?.[1];
  return offsetOf(what === 'key' || isEmpty ? (key ?? node) : node) ?? 0;
}

interface Step {
  readonly key: Node | undefined;
  readonly value: Node | null;
}

function child(
  node: Node | null,
  segment: string | number,
  targets: ReadonlyMap<Alias, Node>,
): Step | undefined {
  if (typeof segment === 'number') {
    const item = isSeq(node) ? (node as YAMLSeq<Node>).items[segment] : undefined;
    return item === undefined ? undefined : { key: undefined, value: item };
  }
  if (!isMap(node)) return undefined;
  const pairs = (node as YAMLMap<Node, Node | null>).items;
  const pair = pairs.find(({ key }) => !isMergeKey(key) && keyText(key) === segment);
  if (pair !== undefined) return pair;
  return pairs
    .filter(({ key }) => isMergeKey(key))
    .flatMap((merge) => inMerge(merge, segment, targets))
    .at(0);
}

function inMerge(
  merge: Pair<Node, Node | null>,
  segment: string,
  targets: ReadonlyMap<Alias, Node>,
): readonly Step[] {
  const value = follow(merge.value, targets);
  const maps = isSeq(value) ? (value as YAMLSeq<Node>).items.map((item) => follow(item, targets)) : [value];
  return maps.flatMap((map) => child(map, segment, targets) ?? []);
}

function follow(node: Node | null, targets: ReadonlyMap<Alias, Node>): Node | null {
  return isAlias(node) ? (targets.get(node) ?? null) : node;
}

function offsetOf(node: Node | null | undefined): number | undefined {
  return node?.range?.[0];
}
