import { expect, test, vi } from 'vitest';
import { createPolicyReports } from '../../src/agent/policy-reports.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import type { PolicyKey } from '../../src/model/network-policy.ts';

const error: Diagnostic = { code: 'invalid-cidr', severity: 'error', message: 'must be a valid CIDR' };
const warning: Diagnostic = { code: 'host-bits', severity: 'warning', message: 'host bits are ignored' };

function policy(generation: number, uid = 'u1') {
  return { key: 'shop/a' as PolicyKey, namespace: 'shop', name: 'a', uid, generation };
}

test('says it once for each generation, counts what is wrong now', () => {
  const report = vi.fn();
  const reports = createPolicyReports(report);
  reports.read(policy(1), [error, warning]);
  reports.read(policy(1), [error, warning]);
  expect(report).toHaveBeenCalledExactlyOnceWith(policy(1), [error, warning]);
  expect(reports.invalid()).toBe(1);
  expect(reports.of('shop/a' as PolicyKey)).toEqual([error, warning]);

  reports.read(policy(2), [warning]);
  expect(report).toHaveBeenCalledTimes(2);
  expect(reports.invalid()).toBe(0);

  reports.read(policy(3), []);
  expect(report).toHaveBeenCalledTimes(2);
  expect(reports.of('shop/a' as PolicyKey)).toEqual([]);

  reports.read(policy(1, 'u2'), [error]);
  expect(report).toHaveBeenCalledTimes(3);
  reports.delete('shop/a' as PolicyKey);
  reports.delete('shop/a' as PolicyKey);
  expect(reports.invalid()).toBe(0);
});

test('says what annotations changed, which raise no generation', () => {
  const report = vi.fn();
  const reports = createPolicyReports(report);
  const mode: Diagnostic = { code: 'unknown-mode', severity: 'warning', message: 'unknown mode "a"' };
  reports.read(policy(1), [warning]);
  reports.read(policy(1), [warning, mode]);
  expect(report).toHaveBeenLastCalledWith(policy(1), [warning, mode]);
  reports.read(policy(1), [warning, { ...mode, message: 'unknown mode "b"' }]);
  expect(report).toHaveBeenCalledTimes(3);
  reports.read(policy(1), [warning, { ...mode, message: 'unknown mode "b"' }]);
  expect(report).toHaveBeenCalledTimes(3);
});
