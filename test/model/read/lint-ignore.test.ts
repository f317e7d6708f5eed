import { expect, test } from 'vitest';
import { readNamespace } from '../../../src/model/read/namespace.ts';
import { readPod } from '../../../src/model/read/pod.ts';
import { readService } from '../../../src/model/read/service.ts';
import { readWorkload } from '../../../src/model/read/workload.ts';
import { strict } from './support.ts';

// The annotation by which an object says what the linter need not say.

const key = 'ringfence.dev/lint-ignore';
const meta = (text?: string): object => ({
  namespace: 'shop',
  name: 'web',
  ...(text === undefined ? {} : { annotations: { [key]: text, other: 'x' } }),
});
const deployment = (own: string | undefined, template: unknown): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: meta(own),
  spec: { template: { metadata: { labels: {}, annotations: template } } },
});

test.each<[string, () => { readonly lintIgnore?: string } | undefined, string | undefined]>([
  ['a pod', () => readPod({ metadata: meta('a: b') }, strict).object, 'a: b'],
  ['a pod without', () => readPod({ metadata: meta() }, strict).object, undefined],
  ['a Service', () => readService({ metadata: meta('a: b') }, strict).object, 'a: b'],
  [
    'a namespace',
    () => readNamespace({ metadata: { name: 'shop', annotations: { [key]: 'a: b' } } }, strict).object,
    'a: b',
  ],
  ['a Deployment', () => readWorkload(deployment('a: b', {}), strict).object, 'a: b'],
  ['its template', () => readWorkload(deployment(undefined, { [key]: 'c: d' }), strict).object, 'c: d'],
  ['both', () => readWorkload(deployment('a: b', { [key]: 'c: d' }), strict).object, 'a: b'],
  ['a template with odd annotations', () => readWorkload(deployment(undefined, 8), strict).object, undefined],
  [
    'a template with a number',
    () => readWorkload(deployment(undefined, { [key]: 8 }), strict).object,
    undefined,
  ],
])('%s', (_, read, expected) => {
  const object = read();
  expect(object).toBeDefined();
  expect(object?.lintIgnore).toBe(expected);
  expect(object !== undefined && 'lintIgnore' in object).toBe(expected !== undefined);
});
