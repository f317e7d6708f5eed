import {
  connectionText,
  type ExplainedFailure,
  explainFailure,
  failureLines,
} from '../../analysis/policy-test/failure-text.ts';
import { mostExamples } from '../../analysis/policy-test/check-otherwise.ts';
import type { Check } from '../../analysis/policy-test/run-suite.ts';
import type { Failure } from '../../analysis/policy-test/verdict.ts';
import type { Reach } from '../../analysis/reach/reach.ts';
import { printable } from '../../model/read/quote.ts';
import type { TestResult } from './test-result.ts';

/** Connections of one check that are named: a person reads no further. */
const mostNamed = 10;

/** A check in words, with the cause of each failure. */
export function resultOf(check: Check, reach: Reach): TestResult {
  const { verdict, ...rest } = check;
  switch (verdict.kind) {
    case 'passed':
      return { ...rest, status: 'passed', detail: [], failures: [] };
    case 'skipped':
      return { ...rest, status: 'skipped', detail: [printable(verdict.reason)], failures: [] };
    case 'unanswered': {
      const hint = verdict.hint === undefined ? [] : [`hint: ${verdict.hint}`];
      const detail = [verdict.message, ...hint].map(printable);
      return { ...rest, status: 'unanswered', detail, failures: [] };
    }
    case 'failed': {
      const explained = verdict.failures.slice(0, mostNamed).map((failure) => explainFailure(reach, failure));
      const detail = detailOf(explained, verdict.failures);
      return { ...rest, status: 'failed', detail, failures: explained };
    }
  }
}

/**
 * What is wrong with a line has its cause each, there are two at most. Of connections that no line mentions there may be many:
 * the first has its cause, others a line.
 */
function detailOf(explained: readonly ExplainedFailure[], all: readonly Failure[]): readonly string[] {
  const named = all[0]?.kind === 'unmentioned' ? explained.slice(1) : [];
  const left = all.length - explained.length;
  const most = all.length >= mostExamples ? 'at least ' : '';
  return [
    ...explained.slice(0, explained.length - named.length).flatMap(failureLines),
    ...named.map(({ example }) => printable(`also ${connectionText(example)}`)),
    ...(left === 0 ? [] : [`and ${most}${String(left)} more`]),
  ];
}
