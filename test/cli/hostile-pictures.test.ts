import { expect, test } from 'vitest';
import { connectivityOf } from '../../src/analysis/connectivity/connectivity.ts';
import { pictureOf } from '../../src/analysis/picture/picture.ts';
import { connectivityJson } from '../../src/cli/output/connectivity-json.ts';
import { connectivityCsv } from '../../src/cli/output/matrix/csv.ts';
import { matrixDot } from '../../src/cli/output/matrix/dot.ts';
import { matrixText } from '../../src/cli/output/matrix/text.ts';
import { printable } from '../../src/model/read/quote.ts';
import { address, clusterOf, podOf } from '../cases/builders.ts';

// Names as no API server takes them, but perhaps one that somebody else has taken over.

const name = 'a\u001b[2J\u202e\u009b1m"\r\nb';
const connectivity = connectivityOf(
  clusterOf({
    pods: [
      podOf('x/a', { namespace: name, name, addresses: [address('10.0.0.1')] }),
      podOf('x/b', { addresses: [address('10.0.0.2')] }),
    ],
  }),
  'pod',
);
const all = (): boolean => true;

test.each([
  ['JSON', () => [...connectivityJson(connectivity, all)].join('')],
  ['CSV', () => [...connectivityCsv(connectivity, all)].join('').replaceAll('\r\n', '\n')],
  ['DOT', () => matrixDot(pictureOf(connectivity))],
])('%s: steers no terminal, whatever a name holds', (_format, print) => {
  const text = print();
  expect(text.split('\n').map(printable)).toEqual(text.split('\n'));
});

test.each([0, 1])('text: a name is never cut within a character (%i)', (shift) => {
  const long = 'a'.repeat(shift) + '\u{1f600}'.repeat(100);
  const pods = [podOf('x/a', { name: long, addresses: [address('10.0.0.1')] })];
  const picture = pictureOf(connectivityOf(clusterOf({ pods }), 'pod'));
  const text = matrixText(picture, { width: 80, colour: false });
  expect(text).toContain('…');
  expect(text.isWellFormed()).toBe(true);
});

test('JSON: names are as they were', () => {
  const { endpoints } = JSON.parse([...connectivityJson(connectivity, all)].join('')) as {
    readonly endpoints: readonly { readonly name?: string }[];
  };
  expect(endpoints.map((endpoint) => endpoint.name)).toContain(name);
});
