import { expect } from 'vitest';
import { type Input, loadInput } from '../../../src/cli/input/load-input.ts';
import { lint } from '../../../src/analysis/lint/lint.ts';
import type { Finding, LintOptions } from '../../../src/analysis/lint/rule.ts';
import { memoryIo } from '../../cli/input/memory-io.ts';

/** Reads one YAML text as the file `in.yaml`, as the linter does: with everything that it takes to find places. */
export function loadForLint(text: string): Promise<Input> {
  return loadInput({ files: ['in.yaml'], keepLocators: true }, memoryIo({ 'in.yaml': text }));
}

/** Everything that all rules find in one YAML text and no annotation ignores. */
export async function lintText(
  text: string,
  options: Partial<LintOptions> = {},
): Promise<readonly Finding[]> {
  const { cluster, diagnostics, locate } = await loadForLint(text);
  const findings = lint({ cluster, problems: diagnostics, locate }, { masqueradeAll: false, ...options });
  return findings.filter(({ ignored }) => ignored === undefined);
}

/** `line:column message` of everything that one rule finds. */
export async function foundBy(
  rule: string,
  text: string,
  options: Partial<LintOptions> = {},
): Promise<readonly string[]> {
  const findings = await lintText(text, options);
  return findings
    .filter((finding) => finding.rule === rule)
    .map(({ place, message }) => `${place?.line}:${place?.column} ${message}`);
}

/** `severity: message` of what a rule finds in some documents. */
export async function found(rule: string, ...documents: readonly string[]): Promise<readonly string[]> {
  const findings = await lintText(documents.join(''));
  return findings
    .filter((finding) => finding.rule === rule)
    .map(({ severity, message }) => `${severity}: ${message}`);
}

/**
 * Holds that a rule finds something on the lines that end in a comment `# <-`, one finding for each, and nowhere else.
 */
export async function expectMarked(
  rule: string,
  text: string,
  options: Partial<LintOptions> = {},
): Promise<void> {
  const marked = text.split('\n').flatMap((line, index) => (/#\s*<-/.test(line) ? [index + 1] : []));
  const findings = (await lintText(text, options)).filter((finding) => finding.rule === rule);
  expect(
    findings.map(({ place }) => place?.line),
    findings.map(({ message }) => message).join('\n'),
  ).toEqual(marked);
}
