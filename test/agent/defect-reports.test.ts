import { expect, test, vi } from 'vitest';
import { createDefectReports } from '../../src/agent/defect-reports.ts';
import type { PodKey } from '../../src/model/pod.ts';
import type { CompilerDefect } from '../../src/ruleset/compiler.ts';

const web: CompilerDefect = { pod: 'shop/web' as PodKey, direction: 'ingress', message: 'why' };
const db: CompilerDefect = { ...web, pod: 'shop/db' as PodKey };

test('says it once for as long as it lasts', () => {
  const report = vi.fn();
  const reports = createDefectReports(report);
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
