import type { Suite, Written } from '../../../analysis/policy-test/suite.ts';
import {
  type Cursor,
  fieldOf,
  hasOnlyFields,
  isAbsent,
  itemsOf,
  stringOf,
} from '../../../model/read/cursor.ts';
import { reportUnsupported, reportWrongType } from '../../../model/read/field-error.ts';
import { mostItems } from '../../../model/read/limits.ts';
import { dnsLabelErrors } from '../../../model/read/names.ts';
import { reportEach } from '../../../model/read/object-meta.ts';
import { quote } from '../../../model/read/quote.ts';
import type { SourceText } from '../source-text.ts';
import { readLines } from './read-line.ts';
import { readMatrix } from './read-matrix.ts';
import { readNames } from './read-names.ts';
import { placeOf, reportProblem } from './suite-problem.ts';

/** The schema for editors describes each of them. */
export const suiteFields = [
  'manifests',
  'names',
  'allow',
  'only',
  'deny',
  'tests',
  'matrix',
  'otherwise',
  'scope',
  'snapshot',
] as const;
const hints = {
  apiVersion: 'a policy test is no manifest: it has no apiVersion and no kind',
  kind: 'a policy test is no manifest: it has no apiVersion and no kind',
  files: 'the field is manifests',
  default: 'the field is otherwise',
  namespaces: 'the field is scope',
};

/** Reads one document of a policy test file. What is wrong with it is in the cursor's report. */
export function readSuite(root: Cursor, source: SourceText, document: number): Suite | undefined {
  const { value } = root;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const hint = 'a policy test begins with allow:, only: or deny:, and has its lines below';
    reportProblem(root, 'invalid-suite', 'this is no policy test', hint);
    return undefined;
  }
  hasOnlyFields(root, suiteFields, hints);
  const manifests = readList(fieldOf(root, 'manifests'), 'a path');
  const scope = readList(fieldOf(root, 'scope'), 'a namespace');
  for (const item of itemsWithin(fieldOf(root, 'scope'))) {
    if (typeof item.value === 'string') reportEach(item, 'invalid-name', dnsLabelErrors(item.value));
  }
  const lists = (['allow', 'only', 'deny', 'tests'] as const).flatMap((name) =>
    readLines(fieldOf(root, name), name, source),
  );
  const lines = [...lists, ...readMatrix(fieldOf(root, 'matrix'), source)];
  const otherwise = readOtherwise(fieldOf(root, 'otherwise'));
  const snapshot = readSnapshot(fieldOf(root, 'snapshot'));
  const isEmpty = lines.length === 0 && otherwise === undefined && snapshot === undefined;
  if (isEmpty && root.report.diagnostics.length === 0) {
    const hint = 'write lines under allow, only or deny, for example - shop/web -> shop/api:8080';
    reportProblem(root, 'empty-suite', 'there is nothing to check', hint);
  }
  return {
    source: placeOf(root),
    document,
    ...(manifests === undefined ? {} : { manifests }),
    names: readNames(fieldOf(root, 'names')),
    lines: [...lines].sort((a, b) => a.source.line - b.source.line || a.source.column - b.source.column),
    ...(otherwise === undefined ? {} : { otherwise }),
    ...(scope === undefined ? {} : { scope }),
    ...(snapshot === undefined ? {} : { snapshot }),
  };
}

/** One text, or a list of texts; `undefined` where nothing is written. */
function readList(cursor: Cursor, item: string): readonly Written<string>[] | undefined {
  if (isAbsent(cursor)) return undefined;
  const values = itemsWithin(cursor).flatMap((one): readonly Written<string>[] => {
    if (typeof one.value === 'string' && one.value !== '')
      return [{ value: one.value, source: placeOf(one) }];
    reportWrongType(one, item);
    return [];
  });
  if (Array.isArray(cursor.value) && cursor.value.length === 0) {
    reportProblem(
      cursor,
      'empty-list',
      `${quote(String(cursor.path?.segment))} is empty`,
      `name ${item}, or leave the field out`,
    );
  }
  return values;
}

function itemsWithin(cursor: Cursor): readonly Cursor[] {
  if (isAbsent(cursor)) return [];
  return Array.isArray(cursor.value) ? (itemsOf(cursor, mostItems) ?? []) : [cursor];
}

function readOtherwise(cursor: Cursor): Written<'deny'> | undefined {
  const value = stringOf(cursor, 'ignore');
  if (value === undefined || value === 'ignore') return undefined;
  if (value === 'deny') return { value, source: placeOf(cursor) };
  reportUnsupported(cursor, ['deny', 'ignore']);
  return undefined;
}

/**
 * A lock file is written: its name says that it is one, and it lies beside the test or below, so that no test file can have
 * another file overwritten.
 */
function readSnapshot(cursor: Cursor): Written<string> | undefined {
  if (isAbsent(cursor)) return undefined;
  const value = stringOf(cursor, '');
  if (value === undefined) return undefined;
  const example = 'for example snapshot: connectivity.lock';
  if (!value.endsWith('.lock') || value.endsWith('/.lock') || value === '.lock') {
    reportProblem(cursor, 'invalid-snapshot', `${quote(value)} does not end in .lock`, example);
    return undefined;
  }
  if (value.startsWith('/') || value.split('/').includes('..') || value.includes('\0')) {
    const message = `${quote(value)} is not in the directory of the test, nor below it`;
    reportProblem(cursor, 'invalid-snapshot', message, example);
    return undefined;
  }
  return { value, source: placeOf(cursor) };
}
