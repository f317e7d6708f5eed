import { type ExplainedFailure, explainFailure } from '../../analysis/policy-test/failure-text.ts';
import type { Check, PreparedSuite } from '../../analysis/policy-test/run-suite.ts';
import type { Failure } from '../../analysis/policy-test/verdict.ts';
import { explanationLines, somebodyText } from '../../analysis/explain/text.ts';
import type { Reach } from '../../analysis/reach/reach.ts';
import type { Sample } from '../../analysis/trials/sample.ts';
import { type CheckTrials, type Trial, trialKey, type TrialPlan } from '../../analysis/trials/trial.ts';
import { isAgreement, type Observation } from '../../lab/trials/observation.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { printable } from '../../model/read/quote.ts';
import { otherProtocols, trafficOf } from '../../net/traffic.ts';
import { resultOf } from './results.ts';
import type { PacketCounts, Status, TestResult } from './test-result.ts';

/** Connections of one statement that are named: a person reads no further. */
const mostNamed = 3;

/**
 * The results of a suite by packets. A line passes where the policies say that it holds and no packet says otherwise; that
 * packets, compiler and policies disagree is a result of its own, for it is a fault of none of the lines.
 */
export function packetResults(
  { suite, world }: PreparedSuite,
  plan: TrialPlan,
  observations: ReadonlyMap<string, Observation>,
): readonly TestResult[] {
  const results = plan.checks.map((check) => packetResult(check, world.reach, observations));
  const tried = plan.checks.flatMap(({ trials }) => trials.map((trial) => observed(trial, observations)));
  const strange = tried.filter((one) => !isAgreement(one) || isRefuted(one)).map(strangeText);
  const lines = [...new Set(strange)];
  const disagreement: TestResult = {
    ...{ verb: 'packets', text: 'and compiler disagree', source: suite.source, status: 'unanswered' },
    detail: [
      ...lines.slice(0, 10),
      ...(lines.length > 10 ? [`and ${String(lines.length - 10)} more`] : []),
      'this is a bug in Ringfence or something about this host: please report it',
    ],
    failures: [],
  };
  const snapshot: readonly TestResult[] =
    suite.snapshot === undefined
      ? []
      : [
          {
            ...{ verb: 'snapshot', text: suite.snapshot.value, source: suite.snapshot.source },
            ...{ status: 'skipped', detail: ['packets are not compared with a lock file'], failures: [] },
          },
        ];
  return [...results, ...snapshot, ...(lines.length === 0 ? [] : [disagreement])];
}

/** A run of which no packet says anything shows nothing, though no line of it failed. */
export function untriedRun(results: readonly Pick<TestResult, 'status'>[]): readonly Diagnostic[] {
  if (results.length === 0 || results.some(({ status }) => status !== 'skipped')) return [];
  return [
    {
      code: 'nothing-tried',
      severity: 'error',
      message: 'every line was skipped, so packets show nothing',
      hint: 'each line says why; without --packets the policies alone answer',
    },
  ];
}

function observed(trial: Trial, observations: ReadonlyMap<string, Observation>): Observation {
  const found = observations.get(trialKey(trial));
  if (found === undefined) throw new Error('a connection was not tried');
  return { ...found, trial };
}

/** The policies alone say that this one is not as it should be, and packets say that it is. */
function isRefuted({ trial, saw }: Observation): boolean {
  return trial.isCounterexample && saw === asExpected(trial);
}

function asExpected({ expected }: Trial): Observation['saw'] {
  return expected === 'allowed' ? 'answered' : 'denied';
}

function packetResult(
  { check, trials, known, samples, untried }: CheckTrials,
  reach: Reach,
  observations: ReadonlyMap<string, Observation>,
): TestResult {
  const alone = resultOf(check, reach);
  if (check.verdict.kind === 'skipped' || (check.verdict.kind === 'unanswered' && trials.length === 0))
    return alone;
  const all = trials.map((trial) => observed(trial, observations));
  const seen = all.filter(({ saw }) => saw !== 'absent');
  const absent = all.flatMap(({ saw, reason }) => (saw === 'absent' && reason !== undefined ? [reason] : []));
  const wrong = seen.filter(({ trial, saw }) => saw !== 'unproven' && saw !== asExpected(trial));
  const unproven = seen.filter(({ saw }) => saw === 'unproven');
  const packets: PacketCounts = {
    known: known - absent.length,
    answered: seen.filter(({ saw }) => saw === 'answered').length,
    denied: seen.filter(({ saw }) => saw === 'denied').length,
    unproven: unproven.length,
    samples,
  };
  const named = onePerPair(wrong).slice(0, mostNamed);
  const explained = named.map((one) => explainFailure(reach, failureOf(one)));
  const status = statusOf(check, wrong.length, unproven.length, seen.length);
  const wrongLines = named.flatMap((one, at) => wrongText(one, explained[at]));
  return {
    ...alone,
    status,
    packets,
    failures: wrong.length > 0 ? explained : alone.failures,
    detail: [
      ...(wrong.length > 0 ? wrongLines : alone.detail),
      ...(wrong.length > named.length ? [`and ${String(wrong.length - named.length)} more`] : []),
      ...noteOf(check, wrong.length),
      ...unproven.slice(0, mostNamed).map((one) => `${connectionText(one)}: ${one.reason ?? 'no answer'}`),
      ...(unproven.length > mostNamed
        ? [`and ${String(unproven.length - mostNamed)} more without an answer`]
        : []),
      countsText(packets, seen.length),
      ...(seen.length === 0 ? [] : samples.map(sampleText)),
      ...[...new Set([...untried, ...absent])].map((reason) => `not tried: ${reason}`),
    ].map(printable),
  };
}

/** Two that differ at many ports are named once. */
function onePerPair(wrong: readonly Observation[]): readonly Observation[] {
  return [...Map.groupBy(wrong, ({ trial: { from, to } }) => `${from.host} ${to.host}`).values()].flatMap(
    ([first]) => first ?? [],
  );
}

/** What was seen is wrong, whatever the policies say; nothing passes on the word of packets alone, nor without any. */
function statusOf({ verdict }: Check, wrong: number, unproven: number, trials: number): Status {
  if (wrong > 0 || verdict.kind === 'failed') return 'failed';
  if (unproven > 0 || verdict.kind === 'unanswered') return 'unanswered';
  return trials === 0 ? 'skipped' : 'passed';
}

function noteOf({ verdict }: Check, wrong: number): readonly string[] {
  if (verdict.kind === 'failed' && wrong === 0) return ['no packet showed it'];
  return verdict.kind === 'passed' && wrong > 0
    ? [
        'the policies alone say that the line holds; in the lab pods to come have addresses, and blocks of addresses may hold them',
      ]
    : [];
}

function failureOf({ trial, saw }: Observation): Failure {
  const { from, to, family, protocol, port } = trial;
  const traffic = protocol === 'ICMP' ? otherProtocols : trafficOf([{ protocol, first: port, last: port }]);
  return {
    kind: saw === 'answered' ? 'open' : 'closed',
    example: { from: from.somebody, to: to.somebody, traffic, family },
  };
}

function wrongText(one: Observation, explained: ExplainedFailure | undefined): readonly string[] {
  const said = one.saw === 'answered' ? 'was answered' : `was ${one.packets}`;
  return [
    `${connectionText(one)} ${said}`,
    ...(explained === undefined || one.trial.service !== undefined
      ? []
      : explanationLines(explained.explanation)),
  ];
}

function connectionText({ trial: { from, to, family, protocol, port, service } }: Observation): string {
  const target =
    service === undefined ? somebodyText(to.somebody) : `svc/${service.namespace}/${service.name}`;
  const what = protocol === 'ICMP' ? 'ICMP' : `${String(port)}/${protocol.toLowerCase()}`;
  return `${somebodyText(from.somebody)} -> ${target} (${what}, ${family})`;
}

function strangeText(one: Observation): string {
  const { saw, packets, compiled = 'unknown', policies = 'unknown' } = one;
  const seen = saw === 'answered' ? 'answered' : packets;
  return printable(
    isAgreement(one)
      ? `${connectionText(one)}: ${seen}, though it is the counterexample of a line`
      : `${connectionText(one)}: packets ${seen}, compiler ${compiled}, policies ${policies}`,
  );
}

/** `24 connections tried: 12 answered, 12 denied`. */
function countsText({ known, answered, denied, unproven }: PacketCounts, tried: number): string {
  const parts = [
    [answered, 'answered'],
    [denied, 'denied'],
    [unproven, 'without an answer'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, word]) => `${String(count)} ${word}`);
  const of = known > tried ? ` of ${String(known)}` : '';
  const noun = tried === 1 && of === '' ? 'connection' : 'connections';
  return tried === 0
    ? 'no connection could be tried'
    : `${String(tried)}${of} ${noun} tried: ${said.join(', ')}`;
}

function sampleText({ what, tried, of }: Sample): string {
  const numbers = `tried ${String(tried)} of ${String(of)}`;
  switch (what) {
    case 'pods':
      return `${numbers} pods: the policies do not tell the others from them`;
    case 'pods to come':
      return `${numbers} kinds of pods to come`;
    case 'senders':
      return `${numbers} senders at each receiver`;
    case 'backends':
      return `${numbers} pods behind the Service, whichever it led to`;
    case 'ports':
      return `${numbers} ports at which the policies may begin or end`;
  }
}
