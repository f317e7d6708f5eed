import { describe, expect, test } from 'vitest';
import { selectorText } from '../../../src/model/label-selector.ts';
import { rootCursor } from '../../../src/model/read/cursor.ts';
import { readLabelSelector } from '../../../src/model/read/label-selector.ts';
import { said, strict, tolerant } from './support.ts';

function read(value: unknown) {
  const cursor = rootCursor(value, tolerant);
  const selector = readLabelSelector(cursor);
  return { text: selector && selectorText(selector), said: said(cursor.report.diagnostics) };
}

const expression = (requirement: object) => ({ matchExpressions: [requirement] });

describe('understood', () => {
  test.each([
    [undefined, ''],
    [null, ''],
    [{}, ''],
    [{ matchLabels: {} }, ''],
    [{ matchLabels: { app: 'web' } }, 'app=web'],
    [{ matchLabels: { app: '' } }, 'app='],
    [{ matchLabels: { b: '2', a: '1' } }, 'a=1,b=2'],
    [expression({ key: 'app', operator: 'In', values: ['b', 'a', 'b'] }), 'app in (a,b)'],
    [expression({ key: 'app', operator: 'NotIn', values: ['a'] }), 'app!=a'],
    [expression({ key: 'app', operator: 'Exists' }), 'app'],
    [expression({ key: 'app', operator: 'Exists', values: [] }), 'app'],
    [expression({ key: 'app', operator: 'DoesNotExist', values: null }), '!app'],
    [
      {
        matchLabels: { app: 'web' },
        matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }],
      },
      'app=web',
    ],
    [{ matchLabels: { 'kubernetes.io/metadata.name': 'shop' } }, 'kubernetes.io/metadata.name=shop'],
  ])('%j', (value, text) => {
    expect(read(value)).toEqual({ text, said: [] });
  });
});

describe('broken', () => {
  test.each([
    ['app=web', 'must be an object, not a string'],
    [[], 'must be an object, not a list'],
    [{ matchLabels: ['app'] }, 'matchLabels: Invalid value: [...]: must be an object, not a list'],
    [{ matchLabels: { app: 1 } }, 'matchLabels: Invalid value: 1: must be a string, not a number'],
    [{ matchLabels: { app: 'a b' } }, 'matchLabels: Invalid value: "a b": a valid label must be'],
    [{ matchLabels: { '': 'a' } }, 'matchLabels: Invalid value: "": name part must be non-empty'],
    [{ matchLabels: { 'a/': 'a' } }, 'matchLabels: Invalid value: "a/": name part must be non-empty'],
    [{ matchLabels: { '/a': 'a' } }, 'matchLabels: Invalid value: "/a": prefix part must be non-empty'],
    [{ matchLabels: { 'A/a': 'a' } }, 'matchLabels: Invalid value: "A/a": prefix part a lowercase RFC 1123'],
    [{ matchLabels: { 'a/b/c': 'a' } }, 'matchLabels: Invalid value: "a/b/c": a qualified name must'],
    [{ matchLabels: { a: 'x'.repeat(64) } }, 'must be no more than 63 bytes'],
    [{ matchLabels: { ['x'.repeat(64)]: 'a' } }, 'name part must be no more than 63 bytes'],
    [{ matchLabels: { 'a\nb': 'a' } }, 'matchLabels: Invalid value: "a\\nb": name part must consist of'],
    [{ matchExpressions: {} }, 'matchExpressions: Invalid value: {...}: must be a list, not an object'],
    [expression({ operator: 'Exists' }), 'matchExpressions[0].key: Required value: a label key'],
    [expression({ key: 'a' }), 'matchExpressions[0].operator: Required value: a selector operator'],
    [
      expression({ key: 'a', operator: 'Gt', values: ['1'] }),
      'matchExpressions[0].operator: Invalid value: "Gt": not a valid selector operator',
    ],
    [
      expression({ key: 'a', operator: 'In' }),
      "matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
    [expression({ key: 'a', operator: 'NotIn', values: [] }), 'matchExpressions[0].values: Required value'],
    [
      expression({ key: 'a', operator: 'Exists', values: ['b'] }),
      "matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    ],
    [
      expression({ key: 'a', operator: 'DoesNotExist', values: ['b'] }),
      'matchExpressions[0].values: Forbidden',
    ],
    [
      expression({ key: 'a', operator: 'In', values: ['b', '!'] }),
      'matchExpressions[0].values[1]: Invalid value: "!": a valid label must be',
    ],
    [
      expression({ key: 'a', operator: 'In', values: [1] }),
      'matchExpressions[0].values[0]: Invalid value: 1',
    ],
  ])('%j', (value, message) => {
    const { text, said: messages } = read(value);
    expect(text).toBeUndefined();
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(message);
  });
});

test('null is the empty string, as the API server reads it', () => {
  expect(read({ matchLabels: { app: null } })).toEqual({
    text: 'app=',
    said: ['warning: matchLabels: null is read as the empty string'],
  });
});

test('a label in the place of a selector field is told from a misspelled one', () => {
  const cursor = rootCursor({ app: 'web', matchLables: {} }, strict);
  expect(readLabelSelector(cursor)).toBeUndefined();
  expect(cursor.report.diagnostics.map(({ hint }) => hint)).toEqual([
    'labels belong under matchLabels',
    'did you mean "matchLabels"?',
  ]);
});
