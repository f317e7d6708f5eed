import { describe, expect, test } from 'vitest';
import { trialKey } from '../../../src/analysis/trials/trial.ts';
import { packetResults, untriedRun } from '../../../src/cli/policy-test/packet-results.ts';
import { familyNote } from '../../../src/cli/policy-test/packet-run.ts';
import type { TestResult } from '../../../src/cli/policy-test/test-result.ts';
import type { Observation } from '../../../src/lab/trials/observation.ts';
import type { Family } from '../../../src/net/protocol.ts';
import { planOf, type Planned } from '../../analysis/trials/plan-of.ts';
import { clusterOf, namespaceOf, nodeOf, podOf } from '../../cases/builders.ts';

// What observations make of a line; test/packets/policy-tests.test.ts makes real ones.

const world = clusterOf({
  nodes: ['n1', 'n2'].map((name) => nodeOf(name)),
  namespaces: [namespaceOf('x')],
  pods: [...['a', 'b', 'c', 'd'].map((name) => podOf(`x/${name}`)), podOf('x/far', { nodeName: 'n2' })],
});

function resultOf(plan: Planned, saw: Observation['saw']): TestResult {
  const trials = plan.checks.flatMap((check) => check.trials);
  const observations = trials.map((trial): readonly [string, Observation] => {
    const said = saw === 'answered' ? 'allowed' : 'denied';
    const packets = saw === 'answered' ? 'allowed' : saw === 'denied' ? 'dropped' : 'unknown';
    return [trialKey(trial), { trial, saw, packets, reason: 'for a reason', compiled: said, policies: said }];
  });
  const [result] = packetResults(plan.prepared, plan, new Map(observations));
  if (result === undefined) throw new Error('no result');
  return result;
}

describe('a line passes only by packets', () => {
  test('all answered', () => {
    const result = resultOf(planOf(world, 'allow: ["a -> far:80"]'), 'answered');
    expect(result).toMatchObject({ status: 'passed', detail: ['1 connection tried: 1 answered'] });
  });

  test.each<readonly [string, Observation['saw'], TestResult['status']]>([
    ['the lab has no such connection', 'absent', 'skipped'],
    ['it says nothing', 'unproven', 'unanswered'],
    ['it was denied', 'denied', 'failed'],
  ])('%s', (_, saw, status) => {
    expect(resultOf(planOf(world, 'allow: ["a -> far:80"]'), saw).status).toBe(status);
  });

  test('nobody can be in the lab', () => {
    // True by the policies, and nothing to send.
    const result = resultOf(planOf(world, 'allow: ["224.0.0.1 -> far:80"]'), 'answered');
    expect(result.status).toBe('skipped');
    expect(result.packets).toMatchObject({ known: 0, answered: 0, denied: 0, unproven: 0 });
    expect(result.detail).toEqual([
      'no connection could be tried',
      'not tried: no host of the lab can have an address of 224.0.0.1/32',
    ]);
  });
});

test.each<readonly [readonly TestResult['status'][], readonly string[]]>([
  [['skipped', 'skipped'], ['nothing-tried']],
  [['skipped', 'passed'], []],
  [['skipped', 'failed'], []],
  [['skipped', 'unanswered'], []],
  [[], []],
])('lines of %j: %j', (ends, codes) => {
  expect(untriedRun(ends.map((status) => ({ status }))).map(({ code }) => code)).toEqual(codes);
});

test('what just some were tried of is said with numbers', () => {
  const result = resultOf(planOf(world, 'allow: ["x/* -> x/*"]', { most: 5 }), 'answered');
  expect(result.status).toBe('passed');
  expect(result.packets?.samples).toEqual([{ what: 'pods', tried: 2, of: 5 }]);
  expect(result.detail).toEqual([
    '5 of 14 connections tried: 5 answered',
    'tried 2 of 5 pods: the policies do not tell the others from them',
  ]);
});

test.each([
  ['senders', 'tried 60 of 70 senders at each receiver'],
  ['ports', 'tried 60 of 70 ports at which the policies may begin or end'],
  ['backends', 'tried 60 of 70 pods behind the Service, whichever it led to'],
  ['pods to come', 'tried 60 of 70 kinds of pods to come'],
] as const)('so is a choice of %s', (what, text) => {
  const plan = planOf(world, 'allow: ["a -> far:80"]');
  const checks = plan.checks.map((check) => ({ ...check, samples: [{ what, tried: 60, of: 70 }] }));
  expect(resultOf({ ...plan, checks }, 'answered').detail).toContain(text);
});

test.each<readonly [readonly Family[], string | undefined]>([
  [['IPv4', 'IPv6'], undefined],
  [['IPv4'], 'note: the cluster speaks IPv4, so IPv6 is not tried; --family dual tries both\n'],
  [['IPv6'], 'note: the cluster speaks IPv6, so IPv4 is not tried; --family dual tries both\n'],
])('of %j, the family that goes untried is said', (spoken, note) => {
  expect(familyNote(spoken)).toBe(note);
});
