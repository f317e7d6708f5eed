import type { Coverage, UncoveredRule } from '../../../analysis/coverage/coverage.ts';
import type { Mutant } from '../../../analysis/mutation/mutants.ts';
import type { SourcePosition } from '../../../model/diagnostic.ts';
import { policyKey } from '../../../model/network-policy.ts';
import { printable } from '../../../model/read/quote.ts';
import { trafficText } from '../../../net/traffic.ts';
import {
  hasSurvivors,
  isCovered,
  type MutantsNotTried,
  type MutationReport,
  type Status,
  type SuiteReport,
  type TestReport,
  type TestResult,
} from '../../policy-test/test-result.ts';

/** How much the tests are worth: what no line is about, and which mistakes in the policies no test notices. */
export function adequacyLines(report: TestReport): readonly string[] {
  const { coverage, mutation } = report;
  return [
    ...(coverage === undefined ? [] : coverageLines(coverage, report)),
    ...(mutation === undefined ? [] : mutationLines(mutation)),
  ];
}

/** The same as results, for formats that know suites and cases alone; none where nobody asked. */
export function adequacySuite(report: TestReport): readonly SuiteReport[] {
  const { coverage, mutation } = report;
  const results = [
    ...(coverage === undefined
      ? []
      : [
          resultOf(
            'coverage',
            isCovered(report) ? 'passed' : 'failed',
            coverageLines(coverage, report),
            report,
          ),
        ]),
    ...(mutation === undefined
      ? []
      : [resultOf('mutants', mutationStatus(report), mutationLines(mutation), report)]),
  ];
  if (results.length === 0) return [];
  return [{ file: 'coverage and mutants', document: 1, documents: 1, diagnostics: [], results }];
}

function mutationStatus(report: TestReport): Status {
  if (report.mutation?.kind === 'not-tried') return 'skipped';
  return hasSurvivors(report) ? 'failed' : 'passed';
}

function resultOf(
  verb: 'coverage' | 'mutants',
  status: Status,
  [head = '', ...lines]: readonly string[],
  { coverage, mutation, suites }: TestReport,
): TestResult {
  const places =
    verb === 'coverage'
      ? coverage?.rules.uncovered
      : mutation?.kind === 'tried'
        ? mutation.survivors
        : undefined;
  const source = places?.find((one) => one.source !== undefined)?.source;
  return {
    verb,
    text: '',
    source: source ?? { file: suites[0]?.file ?? '', line: 1, column: 1 },
    status,
    detail: [head.slice(verb.length + 2), ...lines.map((line) => line.trimStart())],
    failures: [],
  };
}

/** Connections that are listed: of many a number says as much. */
const mostConnections = 20;

function coverageLines({ rules, connections }: Coverage, report: TestReport): readonly string[] {
  const shown = connections.uncovered.slice(0, mostConnections);
  const left = connections.uncovered.length - shown.length;
  return [
    `coverage: rules ${fraction(rules)}, allowed connections ${fraction(connections)}`,
    ...(isCovered(report)
      ? []
      : [`  fewer rules than the ${String(report.minCoverage)}% that were asked for`]),
    ...rules.uncovered.map((rule) => item(rule.source, `no line is about ${ruleText(rule)}`)),
    ...shown.map(({ from, to, traffic, suite }) =>
      item(suite, `no line is about ${from} -> ${to}:${trafficText(traffic)}`),
    ),
    ...(left === 0 ? [] : [`  and ${String(left)} more connections`]),
  ];
}

function fraction({ covered, total }: { readonly covered: number; readonly total: number }): string {
  return `${String(covered)}/${String(total)}`;
}

/** `shop/api ingress[0]`; `shop/deny ingress, which it denies` where the policy has no rule in that direction. */
export function ruleText({ policy, direction, rule }: UncoveredRule): string {
  return rule === undefined
    ? `${policy} ${direction}, which it denies`
    : `${policy} ${direction}[${String(rule)}]`;
}

function mutationLines(mutation: MutationReport | MutantsNotTried): readonly string[] {
  if (mutation.kind === 'not-tried') return [`mutants: none tried, for ${mutation.reason}`];
  const { possible, tried, killed, survived, equivalent, survivors } = mutation;
  const left = possible - tried;
  const counts = `${String(killed)} killed, ${String(survived)} survived, ${String(equivalent)} without effect`;
  return [
    `mutants: ${String(tried)} tried, ${counts}`,
    ...(left === 0
      ? []
      : [`  ${String(left)} more were not tried: --max-mutants ${String(possible)} tries all`]),
    ...survivors.map((mutant) => item(mutant.source, `${mutantText(mutant)}, and every test still passes`)),
  ];
}

/** `shop/db ingress[0]: delete this rule`. */
export function mutantText({ policy, path, text }: Mutant): string {
  return `${policyKey(policy)}${path === undefined ? '' : ` ${path}`}: ${text}`;
}

function item(source: SourcePosition | undefined, text: string): string {
  const place = source === undefined ? '' : `${source.file}:${String(source.line)}  `;
  return printable(`  ${place}${text}`);
}
