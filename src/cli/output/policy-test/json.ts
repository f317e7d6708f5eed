import type { Coverage } from '../../../analysis/coverage/coverage.ts';
import { type ExplainedFailure, counterexampleText } from '../../../analysis/policy-test/failure-text.ts';
import type { Diagnostic } from '../../../model/diagnostic.ts';
import { policyKey } from '../../../model/network-policy.ts';
import {
  countsOf,
  isBroken,
  type MutantsNotTried,
  type MutationReport,
  type SuiteReport,
  type TestReport,
  type TestResult,
} from '../../policy-test/test-result.ts';
import { explainedJson } from '../explanation-json.ts';
import { jsonText } from '../json-text.ts';
import { apiVersion, trafficJson } from '../traffic-json.ts';
import { suiteStatus } from './text.ts';

/** A report as a document of kind TestReport. Its schema is `ringfence schema test-report`. */
export function testReportJson(report: TestReport): string {
  return jsonText({
    apiVersion,
    kind: 'TestReport',
    suites: report.suites.map(suiteJson),
    diagnostics: report.diagnostics.map(diagnosticJson),
    counts: countsOf(report),
    coverage: report.coverage === undefined ? undefined : coverageJson(report.coverage),
    mutation: report.mutation === undefined ? undefined : mutationJson(report.mutation),
  });
}

function coverageJson({ rules, connections }: Coverage): object {
  return {
    rules: { ...rules, uncovered: rules.uncovered.map(({ source, ...rule }) => ({ ...rule, ...source })) },
    connections: {
      ...connections,
      uncovered: connections.uncovered.map(({ from, to, traffic, suite }) => ({
        from,
        to,
        traffic: trafficJson(traffic),
        ...suite,
      })),
    },
  };
}

function mutationJson(mutation: MutationReport | MutantsNotTried): object {
  if (mutation.kind === 'not-tried') return mutation;
  const survivors = mutation.survivors.map(({ kind, policy, path, text, source }) => ({
    kind,
    policy: policyKey(policy),
    path,
    text,
    ...source,
  }));
  return { ...mutation, survivors };
}

function suiteJson(suite: SuiteReport): object {
  const { file, document, diagnostics, results } = suite;
  return {
    file,
    document,
    status: isBroken(suite) ? 'broken' : suiteStatus(suite),
    diagnostics: diagnostics.map(diagnosticJson),
    results: results.map(resultJson),
  };
}

function diagnosticJson({ code, severity, message, path, hint, object, source }: Diagnostic): object {
  return { code, severity, message, path, hint, object, ...source };
}

function resultJson({
  verb,
  text,
  name,
  why,
  source,
  status,
  detail,
  failures,
  packets,
  changes,
}: TestResult): object {
  return {
    verb,
    text,
    name,
    why,
    ...source,
    status,
    detail,
    failures: failures.map(failureJson),
    packets,
    changes,
  };
}

function failureJson(failure: ExplainedFailure): object {
  const { kind, example, explanation } = failure;
  const { from, to, family, egress, ingress } = explainedJson(explanation);
  return {
    kind,
    message: counterexampleText(failure),
    from,
    to,
    family,
    traffic: trafficJson(example.traffic),
    egress,
    ingress,
  };
}
