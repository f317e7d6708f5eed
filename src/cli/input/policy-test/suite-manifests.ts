import type { Suite } from '../../../analysis/policy-test/suite.ts';
import type { Diagnostic, SourcePosition } from '../../../model/diagnostic.ts';
import { quote } from '../../../model/read/quote.ts';
import type { InputIo } from '../input-io.ts';
import { unreadableFile } from '../list-files.ts';
import { expandGlob, isGlob } from './expand-glob.ts';
import { besideFile } from './paths.ts';

/** The files and directories that a suite names, as paths from here. Directories are meant with all below them. */
export async function manifestsOf(
  manifests: NonNullable<Suite['manifests']>,
  io: InputIo,
): Promise<{ readonly paths: readonly string[]; readonly diagnostics: readonly Diagnostic[] }> {
  const paths: string[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { value, source } of manifests) {
    if (value === '-' || /^https?:\/\//.test(value)) {
      paths.push(value);
      continue;
    }
    const path = besideFile(source.file, value);
    if (isGlob(value)) {
      const found = await expandGlob(path, io);
      if (found.length === 0) diagnostics.push(matchesNothing(value, source));
      paths.push(...found);
      continue;
    }
    try {
      await io.kindOf(path);
      paths.push(path);
    } catch (error) {
      const hint = 'paths are relative to the file of the test';
      diagnostics.push({ ...unreadableFile(path, error), source, hint });
    }
  }
  return { paths, diagnostics };
}

function matchesNothing(pattern: string, source: SourcePosition): Diagnostic {
  return {
    code: 'unreadable-file',
    severity: 'error',
    message: `${quote(pattern)} matches no manifest`,
    source,
    hint: '* and ? stand within a name, ** for any directories',
  };
}
