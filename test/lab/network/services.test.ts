import { expect, it } from 'vitest';
import { runInLab } from './in-lab.ts';

it.each([
  ['bridge', 'routes'],
  ['bridge', 'vxlan'],
  ['routed', 'routes'],
  ['routed', 'vxlan'],
])('leads a Service to its ready endpoints, hairpin included: %s, %s', async (topology, interconnect) => {
  const report = await runInLab(`${import.meta.dirname}/services.lab.ts`, topology, interconnect);
  expect(report).toEqual({
    first: {
      spread: ['allowed x/one', 'allowed x/two'],
      hairpin: ['allowed x/one'],
      fromNode: ['allowed x/one'],
      withoutEndpoints: ['rejected n1'],
    },
    second: { spread: ['allowed x/two'], single: ['rejected n1'] },
  });
});
