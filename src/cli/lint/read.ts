import type { LintInput } from '../../analysis/lint/lint.ts';
import type { Diagnostic, SourcePosition } from '../../model/diagnostic.ts';
import { loadInput } from '../input/load-input.ts';
import { loadLive } from '../input/live-input.ts';
import { type ClusterOptions, noteIgnored, requestOf, sourceOf } from '../input-options.ts';
import { formatDiagnostics } from '../output/diagnostics.ts';
import type { Terminal } from '../terminal.ts';

/** What there is to lint, and the lines of its files. */
export interface ReadForLint extends LintInput {
  readonly problems: readonly Diagnostic[];
  /** Whether a file could not be taken apart: what is found is then not all. */
  readonly isIncomplete: boolean;
  readonly sourceLine: (position: SourcePosition) => string | undefined;
}

/**
 * Reads what the options name; what is wrong inside of a file is left to the linter. `undefined` where something could not
 * be read at all, which is said on stderr.
 */
export async function readForLint(
  options: ClusterOptions,
  terminal: Terminal,
): Promise<ReadForLint | undefined> {
  const live = sourceOf(options);
  if (live !== undefined) {
    const { cluster, diagnostics } = await loadLive(live, terminal.signal);
    return { cluster, problems: diagnostics, isIncomplete: false, sourceLine: () => undefined };
  }
  const request = { ...requestOf(options), keepLocators: true };
  const { cluster, diagnostics, isUnparsed, ignored, sourceLine, locate } = await loadInput(
    request,
    terminal.input,
  );
  const problems = diagnostics.filter(isInFile);
  const others = diagnostics.filter((diagnostic) => !isInFile(diagnostic));
  if (others.length > 0) terminal.err(formatDiagnostics(others, { sourceLine, colour: terminal.colour.err }));
  if (others.some(({ severity }) => severity === 'error')) return undefined;
  noteIgnored(ignored, terminal);
  return { cluster, problems, isIncomplete: isUnparsed, locate, sourceLine };
}

/** Whether somebody could mend it in the file: a file that is no text is none of which anything can be said. */
function isInFile({ source, code }: Diagnostic): boolean {
  return source !== undefined && code !== 'not-text' && code !== 'too-large';
}
