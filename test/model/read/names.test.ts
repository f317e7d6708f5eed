import { describe, expect, test } from 'vitest';
import {
  dnsLabelErrors,
  dnsSubdomainErrors,
  labelKeyErrors,
  labelValueErrors,
  portNameErrors,
} from '../../../src/model/read/names.ts';
import { printable, quote } from '../../../src/model/read/quote.ts';
import { closest } from '../../../src/model/read/suggestion.ts';
import { processorTime } from '../../support/processor-time.ts';

const long = (length: number): string => 'a'.repeat(length);

describe.each([
  [
    'DNS labels',
    dnsLabelErrors,
    ['a', '0', 'a-b', long(63)],
    ['', '-a', 'a-', 'A', 'a.b', 'a_b', 'a b', long(64), 'ä', 'a\n'],
  ],
  [
    'DNS subdomains',
    dnsSubdomainErrors,
    ['a', 'a.b', 'web-0.example.com', long(253)],
    ['', '.', 'a.', '.a', 'a..b', 'A', 'a/b', '-a', 'a-.b', long(254), 'a\n'],
  ],
  [
    'label keys',
    labelKeyErrors,
    ['a', 'A_b.c-d', 'example.com/a', `${long(253)}/${long(63)}`],
    [
      '',
      'a/',
      '/a',
      'a/b/c',
      '-a',
      'a-',
      'a b',
      'Ex.com/a',
      long(64),
      `${long(254)}/a`,
      long(400),
      '__proto__',
      'a\n',
    ],
  ],
  [
    'label values',
    labelValueErrors,
    ['', 'a', 'A_b.c-d', long(63)],
    ['-a', 'a-', 'a b', 'a/b', long(64), 'a\n', ' '],
  ],
  [
    'port names',
    portNameErrors,
    ['http', 'a', 'h-2', '8080a', 'a-very-long-one'],
    ['', '80', 'HTTP', 'a--b', '-a', 'a-', 'a_b', 'a-very-long-name', 'a\n'],
  ],
] as const)('%s', (_name, errors, good, bad) => {
  test.each(good)('%.70j is one', (text) => {
    expect(errors(text)).toEqual([]);
  });
  test.each(bad)('%.70j is none', (text) => {
    expect(errors(text)).not.toEqual([]);
  });
});

test('hostile names are judged in no time', () => {
  const took = processorTime(() => {
    for (const text of [long(1e7), `${'a-'.repeat(5e6)}!`, `${'a.'.repeat(120)}!`, '/'.repeat(1e6)]) {
      for (const errors of [
        dnsLabelErrors,
        dnsSubdomainErrors,
        labelKeyErrors,
        labelValueErrors,
        portNameErrors,
      ]) {
        errors(text);
      }
    }
  });
  expect(took).toBeLessThan(2000);
});

test.each([
  ['policyType', 'policyTypes'],
  ['POLICYTYPES', 'policyTypes'],
  ['ingres', 'ingress'],
  ['egresss', 'egress'],
  ['xyz', undefined],
  ['', undefined],
  [long(100_000), undefined],
])('%.20s is probably %s', (written, meant) => {
  expect(closest(written, ['ingress', 'egress', 'policyTypes'])).toBe(meant);
});

test('two letters in the wrong order are one mistake', () => {
  expect(closest('form', ['from', 'ports'])).toBe('from');
  expect(closest('UPD', ['TCP', 'UDP', 'SCTP'])).toBe('UDP');
  expect(closest('ICMP', ['TCP', 'UDP', 'SCTP'])).toBeUndefined();
});

test('text from outside cannot steer a terminal', () => {
  expect(quote('a"b\\c')).toBe('"a\\"b\\\\c"');
  expect(quote('\u001b[2J\r\n\u202e\u2028\u009b\u0000')).toBe(
    '"\\u001b[2J\\r\\n\\u202e\\u2028\\u009b\\u0000"',
  );
  expect(quote('\ud800')).toBe('"\\ud800"');
  expect(quote('größe 😀')).toBe('"größe 😀"');
  expect(quote(long(1000))).toHaveLength(125);
  expect(printable('\t\u007f')).toBe('\\t\\u007f');
});
