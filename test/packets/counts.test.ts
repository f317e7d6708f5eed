import { expect, test } from 'vitest';
import { runInLab } from '../lab/network/in-lab.ts';

test('connections are counted exactly, across syncs, a restart, a replacement of the table, and the end of a pod', async () => {
  const report = await runInLab<Report>(`${import.meta.dirname}/counts.lab.ts`, 'routed', 'routes');
  const lines = (allowed: number, denied: number, rule: number) => [
    `ringfence_pod{pod="server",direction="ingress",verdict="allowed"} ${allowed}`,
    `ringfence_pod{pod="server",direction="ingress",verdict="denied"} ${denied}`,
    'ringfence_pod{pod="twin",direction="ingress",verdict="allowed"} 7',
    'ringfence_pod{pod="twin",direction="ingress",verdict="denied"} 0',
    `ringfence_policy_rule{policy="to-friends",direction="ingress",rule="0"} ${rule}`,
  ];
  const expected: Report = {
    'at first': lines(20, 5, 27),
    'after two syncs': lines(23, 9, 30),
    'after a restart': lines(23, 9, 30),
    'after a replacement': lines(25, 10, 32),
    'after a deletion': lines(25, 10, 32).slice(2),
  };
  expect(report).toEqual(expected);
});

type Report = Readonly<Record<string, readonly string[]>>;
