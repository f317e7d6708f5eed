import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as page from '../../src/page/is-ip.ts';

const group = fc.constantFrom('0', '1', 'ffff', 'abcd', '', '10000', 'g', '1.2.3.4', '256.1.1.1', '%eth0');
const texts = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.string(),
  fc.array(group, { minLength: 1, maxLength: 10 }).map((groups) => groups.join(':')),
  fc
    .array(fc.constantFrom('0', '9', '01', '255', '256', '-1', ''), { maxLength: 5 })
    .map((bytes) => bytes.join('.')),
);

test('the page and Node.js agree on what an address is', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect({ four: page.isIPv4(text), six: page.isIPv6(text) }).toEqual({
        four: isIPv4(text),
        six: isIPv6(text),
      });
    }),
    { numRuns: 5_000 },
  );
});
