import type { Somebody } from '../../analysis/ends/place.ts';
import { podKey } from '../../model/pod.ts';
import type { ResultData, SuiteData } from '../../page/data.ts';
import { blockLines, resultTitle } from '../output/policy-test/text.ts';
import { suiteName, type SuiteReport, type TestResult } from '../policy-test/test-result.ts';

/** A document of policy tests, as the page has it. */
export function suiteData(suite: SuiteReport): SuiteData {
  return {
    name: suiteName(suite),
    problems: suite.diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ message, source }) =>
        source === undefined ? message : `${source.file}:${String(source.line)}: ${message}`,
      ),
    results: suite.results.map(resultData),
  };
}

function resultData(result: TestResult): ResultData {
  const pair = result.failures
    .map(({ example }) => [nameOf(example.from), nameOf(example.to)] as const)
    .find((names): names is readonly [string, string] => !names.includes(undefined));
  return {
    status: result.status,
    title: resultTitle(result),
    place: result.source,
    lines: blockLines(result),
    ...(pair === undefined ? {} : { pair }),
  };
}

function nameOf(end: Somebody): string | undefined {
  return end.kind === 'pod' ? podKey(end.pod) : undefined;
}
