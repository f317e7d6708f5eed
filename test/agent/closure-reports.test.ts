import { expect, test, vi } from 'vitest';
import { createClosureReports } from '../../src/agent/closure-reports.ts';
import type { PodKey } from '../../src/model/pod.ts';
import type { PodClosure } from '../../src/ruleset/compiler.ts';

const web: PodClosure = {
  pod: 'shop/web' as PodKey,
  uid: 'u',
  direction: 'ingress',
  reason: 'defect',
  message: 'why',
};
const db: PodClosure = { ...web, pod: 'shop/db' as PodKey };

test('says it once for as long as it lasts', () => {
  const report = vi.fn();
  const reports = createClosureReports(report);
  reports.read([]);
  reports.read([web]);
  reports.read([web]);
  expect(report).toHaveBeenCalledExactlyOnceWith(web);
  reports.read([web, db]);
  expect(report).toHaveBeenLastCalledWith(db);
  expect(report).toHaveBeenCalledTimes(2);
  reports.read([db]);
  reports.read([web, db]);
  expect(report).toHaveBeenCalledTimes(3);
  reports.read([
    { ...web, direction: 'egress' },
    { ...web, message: 'other' },
  ]);
  expect(report).toHaveBeenCalledTimes(5);
});
