import { isDeepStrictEqual } from 'node:util';
import type { Expressed } from '../../src/analysis/ends/expressed.ts';
import { readDestination, readEnd } from '../../src/analysis/ends/expression.ts';
import { portExpressionText, readPorts } from '../../src/analysis/ends/port-expression.ts';
import { readLockFile } from '../../src/analysis/snapshot/lock-file.ts';
import { readSuites } from '../../src/cli/input/policy-test/read-suites.ts';
import { sourceText } from '../../src/cli/input/source-text.ts';
import { formatDiagnostics } from '../../src/cli/output/diagnostics.ts';
import { selectorText } from '../../src/model/label-selector.ts';
import { readSelectorText } from '../../src/model/read/selector-text.ts';
import { damagedText } from './mutations.ts';
import { printableLines, promise, said } from './promises.ts';
import * as samples from './samples.ts';
import { type Target, target } from './target.ts';

/** What people write for this program alone: ends and ports of a command line, policy tests, lock files. */
export function expressionTargets(): readonly Target[] {
  return [
    target('ends', damagedText(samples.ends), ends),
    target('ports', damagedText(samples.ports), ports),
    target('selectors', damagedText(samples.selectors), selector),
    target('policy tests', damagedText(samples.policyTests()), policyTest),
    target('lock files', damagedText(samples.lockFiles()), lockFile),
  ];
}

/** An end that is understood is understood again as it is printed. */
function ends(text: string): void {
  const destination = readDestination(text);
  for (const reading of [readEnd(text), destination]) complains(reading);
  const end = readEnd(text);
  if (!end.ok) return;
  const again = readEnd(`${end.value.text}${end.value.optional ? '?' : ''}`);
  promise(again.ok && isDeepStrictEqual(again.value, end.value), `${end.value.text} is read in two ways`);
}

function ports(text: string): void {
  const reading = readPorts(text);
  complains(reading);
  if (!reading.ok) return;
  for (const port of reading.value) {
    if (port.kind !== 'range') continue;
    const { first, last } = port;
    promise(Number.isInteger(first) && Number.isInteger(last), `no ports: ${JSON.stringify(port)}`);
    promise(first >= 1 && last <= 65_535 && first <= last, `no ports: ${JSON.stringify(port)}`);
  }
  const printed = reading.value.map(portExpressionText).join(',');
  const again = readPorts(printed);
  promise(again.ok && isDeepStrictEqual(again.value, reading.value), `${printed} is read in two ways`);
}

function selector(text: string): void {
  const reading = readSelectorText(text);
  if (!reading.ok) {
    isShort(reading.message);
    return;
  }
  const printed = selectorText(reading.selector);
  const again = readSelectorText(printed);
  promise(again.ok && isDeepStrictEqual(again, reading), `${printed} is read in two ways`);
}

function complains(reading: Expressed<unknown>): void {
  if (reading.ok) return;
  isShort(reading.message);
  isShort(reading.hint ?? 'no hint');
}

function isShort(text: string): void {
  printableLines(text);
  promise(text !== '' && text.length < 2000 && !text.includes('\n'), `not one short line: ${text}`);
}

function policyTest(text: string): void {
  const source = sourceText('a.policy-test.yaml', text);
  for (const { suite, diagnostics } of readSuites(source, 'default')) {
    promise(suite !== undefined || diagnostics.length > 0, 'neither a suite nor a mistake');
    said(diagnostics, (all) => formatDiagnostics(all, { sourceLine: ({ line }) => source.lineAt(line) }));
  }
}

function lockFile(text: string): void {
  const reading = readLockFile(text);
  if (reading.ok) return;
  isShort(reading.message);
  isShort(reading.hint);
}
