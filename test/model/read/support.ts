import type { Diagnostic } from '../../../src/model/diagnostic.ts';
import type { ReadContext } from '../../../src/model/read/reading.ts';

export const strict: ReadContext = { mode: 'strict', defaultNamespace: 'default' };
export const tolerant: ReadContext = { mode: 'tolerant' };

/** `path: message` of each diagnostic, warnings marked as such. */
export function said(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ severity, path, message }) => {
    const where = path === undefined ? '' : `${path}: `;
    return `${severity === 'warning' ? 'warning: ' : ''}${where}${message}`;
  });
}
