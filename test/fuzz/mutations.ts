import fc from 'fast-check';
import { textBombs, valueBombs } from './bombs.ts';

// Real samples, damaged: bytes as a broken disk or a hostile peer would, and values as a hostile author would.

/** What breaks readers: signs of the formats, steering characters, names of JavaScript, numbers at edges. */
const dictionary = [
  '\u0000', '\u001b[31m', '\u009b2J', '\u202e', '\u2028', '\ufeff', '\ud800', '\r', '\n', '\t', ' ', '"', "'", '\\', '{', '}', '[', ']',
  '[[[[', ',', ':', '- ', '---\n', '...', '&a ', '*a', '<<: ', '!!binary ', '!!js/function ', '|', '>', '#', '%', '@', '__proto__',
  'constructor', 'toString', 'null', '~', 'true', '-1', '0', '1e999', '9007199254740993', '99999999999999999999', '0x10', '1.5', 'NaN',
  '/33', '::', '::ffff:10.0.0.1/96', '10.0.0.0/08', '0.0.0.0/0', 'fe80::1%eth0', ' -> ', 'ns:*', '<<<<<<< ', '# new generation ', '# ERROR',
]; // prettier-ignore

interface TextChange {
  readonly kind: 'delete' | 'insert' | 'replace' | 'repeat' | 'move';
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

const textChange: fc.Arbitrary<TextChange> = fc.record({
  kind: fc.constantFrom('delete', 'insert', 'replace', 'repeat', 'move'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 8 }) },
    fc.integer({ min: 1, max: 400 }),
  ),
  text: fc.oneof(
    { weight: 150, arbitrary: fc.constantFrom(...dictionary) },
    { weight: 150, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constantFrom(...textBombs) },
  ),
});

/** One of the samples with a few changes of its text. */
export function damagedText(samples: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(textChange, { minLength: 1, maxLength: 4 }))
    .map(([sample, changes]) => changes.reduce(changeText, sample));
}

function changeText(text: string, { kind, at, length, text: inserted }: TextChange): string {
  const start = Math.floor(at * text.length);
  const [before, part, after] = [
    text.slice(0, start),
    text.slice(start, start + length),
    text.slice(start + length),
  ];
  switch (kind) {
    case 'delete':
      return before + after;
    case 'insert':
      return before + inserted + part + after;
    case 'replace':
      return before + inserted + after;
    case 'repeat':
      return before + part.repeat(20) + after;
    case 'move':
      return after + before + part;
  }
}

/** Bytes of a sample with a few of them changed, so that it need not be UTF-8 any more. */
export function damagedBytes(samples: readonly string[]): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 }));
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { minLength: 1, maxLength: 8 }))
    .map(([sample, changes]) => {
      const bytes = new TextEncoder().encode(sample);
      for (const [at, value] of changes) bytes[Math.floor(at * (bytes.length - 1))] = value;
      return bytes;
    });
}

type Json = fc.JsonValue;

const junk: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    '',
    0,
    -1,
    1.5,
    1e300,
    99_999,
    [],
    {},
    [null],
    [[]],
    { a: { b: [] } },
    'x'.repeat(300),
  ),
  fc.constantFrom(...dictionary),
  fc.jsonValue({ maxDepth: 2 }),
);

const junkOrBomb: fc.Arbitrary<Json> = fc.oneof(
  { weight: 300, arbitrary: junk },
  { weight: 1, arbitrary: fc.constantFrom(...valueBombs) },
);

interface ValueChange {
  readonly kind: 'remove' | 'replace' | 'rename' | 'double' | 'wrap' | 'transplant';
  readonly place: number;
  readonly other: number;
  readonly junk: Json;
}

const valueChange: fc.Arbitrary<ValueChange> = fc.record({
  kind: fc.constantFrom('remove', 'replace', 'rename', 'double', 'wrap', 'transplant'),
  place: fc.nat({ max: 1_000_000 }),
  other: fc.nat({ max: 1_000_000 }),
  junk: junkOrBomb,
});

/** One of the samples with a few of its values removed, replaced, renamed, doubled, wrapped, or put elsewhere. */
export function damagedValue(samples: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(valueChange, { minLength: 1, maxLength: 4 }))
    .map(([sample, changes]) => changes.reduce(changeValue, sample));
}

type Path = readonly (string | number)[];

function changeValue(root: unknown, change: ValueChange): unknown {
  const places = placesOf(root);
  const place = places[change.place % places.length] ?? [];
  const other = places[change.other % places.length] ?? [];
  return changeAt(root, place, change, valueAt(root, other));
}

function placesOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: readonly [string | number, unknown][] = Array.isArray(value)
    ? value.map((item, index): [number, unknown] => [index, item])
    : Object.entries(value);
  return [path, ...entries.flatMap(([key, item]) => placesOf(item, [...path, key]))];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inside, key) => (inside as Record<string | number, unknown>)[key], value);
}

function changeAt(value: unknown, [key, ...rest]: Path, change: ValueChange, other: unknown): unknown {
  if (key === undefined) return changed(value, change, other);
  if (Array.isArray(value)) {
    return value.flatMap((item: unknown, index): unknown[] => {
      if (index !== key) return [item];
      if (rest.length > 0) return [changeAt(item, rest, change, other)];
      if (change.kind === 'remove') return [];
      return change.kind === 'double' ? [item, item] : [changed(item, change, other)];
    });
  }
  return Object.fromEntries(
    Object.entries(value as object).flatMap(([name, item]): [string, unknown][] => {
      if (name !== key) return [[name, item]];
      if (rest.length > 0) return [[name, changeAt(item, rest, change, other)]];
      if (change.kind === 'remove') return [];
      if (change.kind === 'rename')
        return [[typeof change.junk === 'string' ? change.junk : `${name}s`, item]];
      return [[name, changed(item, change, other)]];
    }),
  );
}

function changed(value: unknown, { kind, junk: replacement }: ValueChange, other: unknown): unknown {
  switch (kind) {
    case 'wrap':
      return [value];
    case 'double':
      return { 0: value, 1: value };
    case 'transplant':
      return other;
    case 'remove':
    case 'replace':
    case 'rename':
      return replacement;
  }
}
