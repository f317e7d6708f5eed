import { expect, test } from 'vitest';
import { trafficText } from '../../src/net/traffic.ts';
import { readFilter } from '../../src/page/filter.ts';

test.for([
  ['', { isEmpty: true }],
  ['  web ', { words: ['web'] }],
  ['ns:Shop web', { namespaces: ['shop'], words: ['web'] }],
  [
    'app=web tier=',
    {
      labels: [
        ['app', 'web'],
        ['tier', ''],
      ],
    },
  ],
  ['10.0.0.0/8', { words: ['10.0.0.0/8'] }],
  ['=x', { words: ['=x'] }],
] as const)('%j', ([text, expected]) => {
  expect(readFilter(text)).toMatchObject(expected);
});

test.for([
  [':443', '443/tcp,443/udp,443/sctp'],
  ['port:53/udp', '53/udp'],
] as const)('%s', ([text, ports]) => {
  const filter = readFilter(text);
  expect(filter.ports && trafficText(filter.ports)).toBe(ports);
  expect(filter.words).toEqual([]);
});
