import type { Suite } from '../../../analysis/policy-test/suite.ts';
import type { Diagnostic } from '../../../model/diagnostic.ts';
import { rootCursor } from '../../../model/read/cursor.ts';
import type { ParsedDocument } from '../document.ts';
import type { SourceText } from '../source-text.ts';
import { parseYaml } from '../yaml-documents.ts';
import { readSuite } from './read-suite.ts';

/** What came of reading one document of a policy test file. */
export interface SuiteReading {
  /** Counts from 1. */
  readonly document: number;
  /** Absent: something is wrong with it, and it cannot be run. */
  readonly suite?: Suite;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a policy test file. A document with a mistake is not run, whatever else it says; the others are.
 * @param defaultNamespace where names are looked up that have no namespace
 */
export function readSuites(source: SourceText, defaultNamespace: string): readonly SuiteReading[] {
  const readings = [...parseYaml(source.text)].map((result, index): SuiteReading => {
    const document = index + 1;
    if (result.kind === 'document') return readDocument(result, source, document, defaultNamespace);
    const { code, message, hint, offset } = result;
    const problem = { code, severity: 'error', message, source: source.positionAt(offset) } as const;
    return { document, diagnostics: [hint === undefined ? problem : { ...problem, hint }] };
  });
  if (readings.length > 0) return readings;
  const message = 'the file is empty: a policy test has lines under allow, only or deny';
  const start = { file: source.file, line: 1, column: 1 };
  return [{ document: 1, diagnostics: [{ code: 'empty-file', severity: 'error', message, source: start }] }];
}

function readDocument(
  { value, offsetOf }: ParsedDocument,
  source: SourceText,
  document: number,
  defaultNamespace: string,
): SuiteReading {
  const root = rootCursor(value, {
    mode: 'strict',
    defaultNamespace,
    locate: (path, what) => source.positionAt(offsetOf(path, what)),
  });
  const suite = readSuite(root, source, document);
  const { diagnostics } = root.report;
  const isBroken = suite === undefined || diagnostics.some(({ severity }) => severity === 'error');
  return isBroken ? { document, diagnostics } : { document, suite, diagnostics };
}
