import type { SourcePosition } from '../../../model/diagnostic.ts';
import type { Cursor } from '../../../model/read/cursor.ts';
import { pathSegments } from '../../../model/read/field-path.ts';
import type { SourceText } from '../source-text.ts';

/** Reports an error in a policy test, in words of its own. */
export function reportProblem(
  cursor: Cursor,
  code: string,
  message: string,
  hint?: string,
  source: SourcePosition = placeOf(cursor),
): void {
  cursor.report.diagnostics.push({
    code,
    severity: 'error',
    message,
    ...(hint === undefined ? {} : { hint }),
    source,
  });
}

/** Where the value was written. */
export function placeOf(cursor: Cursor, what: 'key' | 'value' = 'value'): SourcePosition {
  const { locate } = cursor.report.context;
  return locate?.(pathSegments(cursor.path), what) ?? { file: '', line: 1, column: 1 };
}

/** Where a part of the cursor's text was written; the place of the whole where the file spells it another way. */
export function placeWithin(cursor: Cursor, source: SourceText, offset: number): SourcePosition {
  const place = placeOf(cursor);
  const written = source.lineAt(place.line).slice(place.column - 1);
  const text = String(cursor.value);
  for (const before of ['', '"', "'"]) {
    if (written.startsWith(before + text)) return { ...place, column: place.column + before.length + offset };
  }
  return place;
}
