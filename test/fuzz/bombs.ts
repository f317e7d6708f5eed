import type { JsonValue } from 'fast-check';

// What is small to send and large to read.

/** Levels below and beyond what readers take, and beyond what a call stack takes. */
const depths = [200, 300, 20_000];

export const textBombs: readonly string[] = [
  ...depths.flatMap((depth) => [
    '['.repeat(depth),
    '['.repeat(depth) + ']'.repeat(depth),
    '{"a":'.repeat(depth),
    '- '.repeat(depth),
    '? '.repeat(depth),
  ]),
  Array.from({ length: 300 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
  `\nx0: &x0 [1, 1, 1]\n${Array.from(
    { length: 9 },
    (_, at) =>
      `x${String(at + 1)}: &x${String(at + 1)} [${Array(9)
        .fill(`*x${String(at)}`)
        .join()}]\n`,
  ).join('')}`,
  'x'.repeat(100_000),
  ' '.repeat(100_000),
  '\n'.repeat(50_000),
  '9'.repeat(5000),
  `0.${'0'.repeat(5000)}1`,
  '"'.repeat(5001),
  "'".repeat(5001),
  '\\'.repeat(5001),
  'a: '.repeat(3000),
  'a=b,'.repeat(3000),
  '!'.repeat(5000),
  '*'.repeat(5000),
  '&a '.repeat(3000),
  '/'.repeat(5000),
  ':'.repeat(5000),
  '0.'.repeat(5000),
  '{"a":1,'.concat('"a":1,'.repeat(5000)),
  'a: 1\n'.repeat(5000),
  '<<: {a: 1}\n'.repeat(1000),
  '\u0301'.repeat(5000),
  '\ud83d\ude00'.repeat(5000),
];

export const valueBombs: readonly JsonValue[] = [
  nested(255),
  nested(1000),
  Array<JsonValue>(2001).fill({}),
  Array<JsonValue>(10_001).fill(null),
  Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`k${String(at)}`, ''])),
  JSON.parse(
    '{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}',
  ) as JsonValue,
  'x'.repeat(100_000),
  Number.MAX_SAFE_INTEGER,
  -Number.MAX_VALUE,
];

function nested(depth: number): JsonValue {
  let value: JsonValue = [];
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
