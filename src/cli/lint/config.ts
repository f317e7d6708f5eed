import type { ConfiguredIgnore } from '../../analysis/lint/configured-ignores.ts';
import { ignoreError, longestIgnore } from '../../analysis/lint/ignores.ts';
import { lintRuleIds } from '../../analysis/lint/registry.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import {
  type Cursor,
  fieldOf,
  hasOnlyFields,
  isAbsent,
  itemsOf,
  rootCursor,
  sourceOf,
  stringOf,
} from '../../model/read/cursor.ts';
import { reportInvalid, reportRequired } from '../../model/read/field-error.ts';
import { mostItems } from '../../model/read/limits.ts';
import type { InputIo } from '../input/input-io.ts';
import { decodeText, type SourceText, sourceText } from '../input/source-text.ts';
import { parseYaml } from '../input/yaml-documents.ts';
import { UsageError } from '../usage-error.ts';

/** Read from the working directory where nothing else is named. */
export const defaultConfigFile = '.ringfence-lint.yaml';

export interface LintConfig {
  readonly ignores: readonly ConfiguredIgnore[];
  readonly diagnostics: readonly Diagnostic[];
  readonly source?: SourceText;
}

/**
 * Reads the configuration of the linter: `ignore`, a list of `rule`, `reason` and, to say less, `path` and `object`.
 * @param file what the user named; absent: the file of the working directory, if there is one
 * @throws {UsageError} where the named file cannot be read
 */
export async function readLintConfig(file: string | undefined, io: InputIo): Promise<LintConfig> {
  const path = file ?? defaultConfigFile;
  const bytes = await io.readFile(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    if (code === 'ENOENT' && file === undefined) return undefined;
    throw new UsageError(`cannot read the configuration ${path}: ${code}`);
  });
  if (bytes === undefined) return { ignores: [], diagnostics: [] };
  const text = decodeText(bytes);
  if (text === undefined) throw new UsageError(`the configuration ${path} is no text`);
  const source = sourceText(path, text);
  return { ...readConfigText(source), source };
}

function readConfigText(source: SourceText): LintConfig {
  const ignores: ConfiguredIgnore[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const result of parseYaml(source.text)) {
    if (result.kind === 'problem') {
      const { code, message, offset } = result;
      diagnostics.push({ code, severity: 'error', message, source: source.positionAt(offset) });
      continue;
    }
    const root = rootCursor(result.value, {
      mode: 'strict',
      locate: (path, what) => source.positionAt(result.offsetOf(path, what)),
    });
    if (hasOnlyFields(root, ['ignore']))
      ignores.push(...(itemsOf(fieldOf(root, 'ignore'), mostItems) ?? []).flatMap(readIgnore));
    diagnostics.push(...root.report.diagnostics);
  }
  return { ignores, diagnostics };
}

function readIgnore(cursor: Cursor): readonly ConfiguredIgnore[] {
  if (!hasOnlyFields(cursor, ['rule', 'reason', 'path', 'object'])) return [];
  const rule = required(fieldOf(cursor, 'rule'));
  const reason = required(fieldOf(cursor, 'reason'));
  if (rule === undefined || reason === undefined) return [];
  const error = ignoreError({ rule, reason }, lintRuleIds);
  if (error !== undefined) {
    reportInvalid(fieldOf(cursor, 'rule'), 'invalid-ignore', error);
    return [];
  }
  const path = stringOf(fieldOf(cursor, 'path'), '');
  const object = stringOf(fieldOf(cursor, 'object'), '');
  return [
    {
      rule,
      reason,
      ...(path === undefined || path === '' ? {} : { path }),
      ...(object === undefined || object === '' ? {} : { object }),
      ...sourceOf(cursor),
    },
  ];
}

function required(cursor: Cursor): string | undefined {
  const text = stringOf(cursor, '')?.trim();
  if (text === '' || isAbsent(cursor)) {
    reportRequired(cursor, '');
    return undefined;
  }
  if (text !== undefined && text.length > longestIgnore) {
    reportInvalid(cursor, 'too-long', `must be at most ${String(longestIgnore)} characters`);
    return undefined;
  }
  return text;
}

/**
 * Reads `--ignore RULE=REASON`.
 * @throws {UsageError} where the rule is unknown or the reason is missing
 */
export function ignoreOption(text: string): ConfiguredIgnore {
  const equals = text.indexOf('=');
  const rule = equals < 0 ? text : text.slice(0, equals);
  const reason = equals < 0 ? '' : text.slice(equals + 1).trim();
  const error = ignoreError({ rule, reason }, lintRuleIds);
  if (error !== undefined) throw new UsageError(`--ignore: ${error}`, 'write --ignore RULE=REASON');
  return { rule, reason };
}
