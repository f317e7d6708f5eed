/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access --
   answers are read as whatever the server sent: the expectation is their type */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonPatch, PatchError } from '../../../src/lab/api-server/patch/json-patch.ts';
import { mergePatch } from '../../../src/lab/api-server/patch/merge-patch.ts';
import { strategicMergePatch } from '../../../src/lab/api-server/patch/strategic-merge-patch.ts';
import { type ApiServer, startApiServer } from '../../../src/lab/api-server/server.ts';
import { call, pod, policy } from './client.ts';

test('merge patch: the examples of RFC 7386', () => {
  const table: readonly (readonly [never, never, unknown])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ] as never;
  for (const [target, patch, result] of table) expect(mergePatch(target, patch)).toEqual(result);
});

test('JSON patch: the operations of RFC 6902', () => {
  const document = { a: { 'b/c': 1, '~': 2 }, list: ['x', 'y'] };
  const apply = (...operations: unknown[]) => jsonPatch(document, operations as never);
  expect(apply({ op: 'replace', path: '/a/b~1c', value: 3 })).toMatchObject({ a: { 'b/c': 3 } });
  expect(apply({ op: 'remove', path: '/a/~0' })).toEqual({ a: { 'b/c': 1 }, list: ['x', 'y'] });
  expect(apply({ op: 'add', path: '/list/-', value: 'z' })).toMatchObject({ list: ['x', 'y', 'z'] });
  expect(apply({ op: 'add', path: '/list/1', value: 'z' })).toMatchObject({ list: ['x', 'z', 'y'] });
  expect(apply({ op: 'move', from: '/list/0', path: '/first' })).toMatchObject({ list: ['y'], first: 'x' });
  expect(apply({ op: 'copy', from: '/a', path: '/b' })).toMatchObject({ b: { 'b/c': 1 } });
  expect(apply({ op: 'test', path: '/list', value: ['x', 'y'] })).toEqual(document);
  for (const bad of [
    { op: 'test', path: '/list', value: [] },
    { op: 'remove', path: '/nothing' },
    { op: 'replace', path: '/list/2', value: 1 },
    { op: 'add', path: '/list/9', value: 1 },
    { op: 'spoil', path: '/a' },
  ]) {
    expect(() => apply(bad), JSON.stringify(bad)).toThrow(PatchError);
  }
});

describe('strategic merge patch', () => {
  const spec = {
    containers: [
      { name: 'a', image: 'a:1', ports: [{ containerPort: 80 }], env: [{ name: 'X', value: '1' }] },
      { name: 'b', image: 'b:1' },
    ],
    tolerations: [{ key: 'one' }],
  };
  const patch = (change: unknown) =>
    strategicMergePatch({ metadata: { finalizers: ['x/a', 'x/b'] }, spec }, change as never, 'V1Pod') as {
      metadata: { finalizers: string[] };
      spec: typeof spec;
    };

  test('lists of maps merge by their key, others are replaced', () => {
    const merged = patch({
      spec: {
        containers: [
          { name: 'b', image: 'b:2' },
          { name: 'c', image: 'c:1' },
        ],
        tolerations: [{ key: 'two' }],
      },
    });
    expect(merged.spec.containers.map(({ name, image }) => `${name} ${image}`)).toEqual([
      'a a:1',
      'b b:2',
      'c c:1',
    ]);
    expect(merged.spec.tolerations).toEqual([{ key: 'two' }]);
  });

  test('nested lists merge too', () => {
    const merged = patch({
      spec: { containers: [{ name: 'a', ports: [{ containerPort: 81 }], env: [{ name: 'X', value: '2' }] }] },
    });
    expect(merged.spec.containers[0]).toMatchObject({
      image: 'a:1',
      ports: [{ containerPort: 80 }, { containerPort: 81 }],
      env: [{ name: 'X', value: '2' }],
    });
  });

  test('$patch deletes and replaces, $setElementOrder orders, $deleteFromPrimitiveList removes', () => {
    expect(patch({ spec: { containers: [{ name: 'a', $patch: 'delete' }] } }).spec.containers).toHaveLength(
      1,
    );
    expect(
      patch({ spec: { containers: [{ $patch: 'replace' }, { name: 'z', image: 'z' }] } }).spec.containers,
    ).toEqual([{ name: 'z', image: 'z' }]);
    const ordered = patch({
      spec: {
        '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }],
        containers: [{ name: 'a', image: 'a:2' }],
      },
    });
    expect(ordered.spec.containers.map(({ name }) => name)).toEqual(['b', 'a']);
    expect(
      patch({ metadata: { '$deleteFromPrimitiveList/finalizers': ['x/a'] } }).metadata.finalizers,
    ).toEqual(['x/b']);
    expect(patch({ metadata: { finalizers: ['x/c'] } }).metadata.finalizers).toEqual(['x/a', 'x/b', 'x/c']);
    expect(patch({ spec: { $retainKeys: ['tolerations'], tolerations: [] } }).spec).toEqual({
      tolerations: [],
    });
  });

  test('an item without its merge key is an error', () => {
    expect(() => patch({ spec: { containers: [{ image: 'x' }] } })).toThrow(
      'does not contain declared merge key: name',
    );
  });
});

describe('over HTTP', () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  });
  afterAll(async () => {
    await server.close();
  });
  const send = (path: string, type: string, body: unknown) =>
    call(`${server.url}${path}`, 'PATCH', body, { 'content-type': `application/${type}+json` });

  test('a rule list of a NetworkPolicy is replaced, not merged', async () => {
    server.apply(policy('web', { ingress: [{ ports: [{ port: 80 }] }, { ports: [{ port: 81 }] }] }));
    const path = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies/web';
    const { body } = await send(path, 'strategic-merge-patch', {
      spec: { ingress: [{ ports: [{ port: 82 }] }] },
    });
    expect(body.spec.ingress).toEqual([{ ports: [{ port: 82, protocol: 'TCP' }] }]);
    expect(body.metadata.generation).toBe(2);
  });

  test('a patch is validated, may be conditional, and names its faults', async () => {
    server.apply(pod('web'));
    const path = '/api/v1/namespaces/default/pods/web';
    expect(
      (await send(path, 'json-patch', [{ op: 'add', path: '/metadata/labels', value: { a: 'b' } }])).body
        .metadata.labels,
    ).toEqual({ a: 'b' });
    const failed = await send(path, 'json-patch', [{ op: 'test', path: '/metadata/name', value: 'other' }]);
    expect(failed.code).toBe(422);
    expect((await send(path, 'merge-patch', { metadata: { resourceVersion: '1' } })).code).toBe(409);
    expect((await send(path, 'merge-patch', { metadata: { labels: { 'a b': 'c' } } })).code).toBe(422);
    expect((await send(path, 'apply-patch', {})).code).toBe(415);
    expect((await send(`${path}2`, 'merge-patch', {})).code).toBe(404);
  });
});
