import { describe, expect, it } from 'vitest';
import { groups } from '../suites/cyclonus/case.ts';
import { cellsOf } from '../suites/cyclonus/cells.ts';
import { generateCases } from '../suites/cyclonus/generate.ts';
import { allTags, excludedByDefault } from '../suites/cyclonus/tags.ts';
import { clusterOfWorld, worldsOf } from '../suites/cyclonus/world.ts';

const cases = generateCases();

function countBy(keys: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(keys, (key) => key)].map(([key, { length }]) => [key, length]));
}

describe('generateCases', () => {
  it('makes as many cases of each group as cyclonus does, group by group', () => {
    expect(countBy(cases.map(({ group }) => group))).toEqual({
      target: 6,
      rules: 4,
      peers: 112,
      'port-protocol': 70,
      example: 1,
      action: 6,
      conflict: 16,
      namespace: 2,
      'upstream-e2e': 13,
    });
    expect(cases).toHaveLength(230);
    const places = cases.map(({ group }) => groups.indexOf(group));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('has 256 steps: one in most cases', () => {
    const steps = cases.flatMap((one) => one.steps.map(() => one.group));
    expect(steps).toHaveLength(256);
    expect(cases.filter((one) => one.steps.length === 1)).toHaveLength(
      210 + cases.filter((one) => one.group === 'upstream-e2e' && one.steps.length === 1).length,
    );
    expect(countBy(steps)).toMatchObject({ action: 16, example: 7, 'upstream-e2e': 23 });
  });

  it('gives each case an id of its own, though not a description', () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(230);
    expect(new Set(cases.map(({ description }) => description)).size).toBeLessThan(230);
    expect(cases.map(({ id }) => id)).toEqual(cases.map(({ group, index }) => `${group}/${index}`));
  });

  it('tags cases as cyclonus does', () => {
    expect(countBy(cases.flatMap(({ tags }) => tags))).toMatchObject({
      'multi-peer': 90,
      'upstream-e2e': 13,
      example: 1,
      'end-port': 12,
      'namespaces-by-default-label': 2,
      'target-namespace': 3,
      'target-pod-selector': 3,
      conflict: 17,
      pathological: 6,
      'any-peer': 2,
      'any-port-protocol': 2,
      'multi-port/protocol': 14,
    });
    const kept = cases.filter(({ tags }) => !tags.some((tag) => excludedByDefault.includes(tag)));
    expect(kept).toHaveLength(112);
    const used = new Set(cases.flatMap(({ tags }) => tags));
    expect(allTags.filter((tag) => !used.has(tag))).toEqual([]);
    for (const { tags } of cases) expect(new Set(tags).size).toBe(tags.length);
  });

  it('says the same twice', () => {
    expect(JSON.stringify(generateCases())).toBe(JSON.stringify(cases));
  });

  it.each(['ingress', 'egress'] as const)('makes no two peers or ports cases of %s alike', (direction) => {
    for (const group of ['peers', 'port-protocol']) {
      const ofGroup = cases.filter((one) => one.group === group && one.tags.includes(direction));
      expect(new Set(ofGroup.map(({ steps }) => JSON.stringify(steps))).size).toBe(ofGroup.length);
    }
  });

  it('looks at 486 cells in a step that adds no pod', () => {
    const counts = cases.flatMap((one) =>
      worldsOf(one).map(({ step, world }) => cellsOf(clusterOfWorld(world), step.probe, ['IPv4']).length),
    );
    expect(countBy(counts.map(String))).toEqual({ 486: 250, 81: 3, 600: 2, 726: 1 });
  });
});
