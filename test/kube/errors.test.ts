import { describe, expect, it } from 'vitest';
import { createBackoff } from '../../src/kube/backoff.ts';
import { statusError } from '../../src/kube/errors.ts';

const noon = Date.parse('2026-01-01T12:00:00Z');

// status, body, Retry-After, then what is expected of the error
const rows: readonly [number | undefined, unknown, string | undefined, object][] = [
  [410, '', undefined, { code: 'expired', status: 410 }],
  [undefined, { code: 410, reason: 'Expired' }, undefined, { code: 'expired', status: 410 }],
  [undefined, { reason: 'Gone' }, undefined, { code: 'expired' }],
  [504, { message: 'Too large resource version: 9, current: 7' }, undefined, { code: 'version-too-large' }],
  [504, { reason: 'Timeout', message: 'slow' }, undefined, { code: 'rejected', reason: 'Timeout' }],
  [429, '<html>', '2', { code: 'rejected', retryAfter: 2000 }],
  [429, { details: { retryAfterSeconds: 3 } }, undefined, { retryAfter: 3000 }],
  [503, null, 'Thu, 01 Jan 2026 12:00:05 GMT', { retryAfter: 5000 }],
  [503, [], 'Thu, 01 Jan 2026 11:00:00 GMT', { retryAfter: 0 }],
  [503, { details: { causes: 'none' } }, 'soon', { retryAfter: undefined }],
];

describe('statusError', () => {
  it.each(rows)('%s %j %s', (status, body, retryAfter, expected) => {
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    expect(statusError(body, status, headers, noon)).toMatchObject(expected);
  });
});

describe('backoff', () => {
  it('doubles its bound from 0.8 s to 30 s, and jitters over all of it', () => {
    const [least, most] = [createBackoff(() => 0), createBackoff(() => 1)];
    const bounds = Array.from({ length: 8 }, () => most.next());
    expect(bounds).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    expect([least.next(), least.next(1000)]).toEqual([0, 1000]);
    most.reset();
    expect(most.next(1000)).toBe(1800);
  });
});
