import { expect, it } from 'vitest';
import { createServerObjects } from '../../src/lab/api-server/server-objects.ts';
import { createStore } from '../../src/lab/api-server/store.ts';
import { generateCases } from '../suites/cyclonus/generate.ts';
import { baseWorld, changesBetween, namespaceOf, type World, worldsOf } from '../suites/cyclonus/world.ts';

it('the embedded API server takes every change of every case, one world after the other', () => {
  const server = createServerObjects(createStore(100_000), { serviceCidrs: ['10.96.0.0/12'] });
  let served: World = new Map();
  for (const cyclonusCase of generateCases()) {
    for (const world of [baseWorld(), ...worldsOf(cyclonusCase).map((one) => one.world)]) {
      for (const { kind, object } of changesBetween(served, world)) {
        if (kind === 'put') server.apply(object);
        else expect(server.delete(object.kind, namespaceOf(object), object.metadata.name)).toBe(true);
      }
      served = world;
      const policies = [...world.values()].filter(({ kind }) => kind === 'NetworkPolicy');
      expect(server.list('NetworkPolicy')).toHaveLength(policies.length);
    }
  }
});
