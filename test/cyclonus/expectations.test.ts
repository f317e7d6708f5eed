import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/policy/evaluate.ts';
import { cellsOf } from '../suites/cyclonus/cells.ts';
import { generateCases } from '../suites/cyclonus/generate.ts';
import { clusterOfWorld, worldsOf } from '../suites/cyclonus/world.ts';

// Worked out by hand, so that the oracle of the suite is held to something that it did not compute. A pod that is cut off
// in one direction loses 8 peers x 6 ports = 48 cells; it always reaches itself. The base policy takes 44 from x/a in each
// direction: four peers keep TCP 80.
const denied: readonly { readonly id: string; readonly steps: readonly number[] }[] = [
  { id: 'target/1', steps: [88] },
  // y/a: from x/b, x/c, y/b, y/c; to y/b, z/a, z/b (y/a itself does not count).
  { id: 'target/2', steps: [44 + 45] },
  { id: 'rules/1', steps: [48 + 44] },
  { id: 'rules/2', steps: [44] },
  { id: 'rules/3', steps: [44 + 48] },
  { id: 'rules/4', steps: [44] },
  // Any peer; x/b and x/c; x/c alone; every pod, spelled in two ways; c of every namespace.
  { id: 'peers/1', steps: [40 + 44] },
  { id: 'peers/2', steps: [46 + 44] },
  { id: 'peers/3', steps: [47 + 44] },
  { id: 'peers/4', steps: [40 + 44] },
  { id: 'peers/5', steps: [40 + 44] },
  { id: 'peers/6', steps: [45 + 44] },
  // n1 has x/c, y/b, z/a and z/c beside x/a; the except takes z/a and z/c.
  { id: 'peers/10', steps: [44 + 44] },
  { id: 'peers/11', steps: [46 + 44] },
  // Two peers are the union: what the except takes, the whole block beside it gives back.
  { id: 'peers/56', steps: [44 + 44] },
  // Every port: four peers keep all six. Then every TCP port, TCP 80, TCP 81.
  { id: 'port-protocol/1', steps: [24 + 44] },
  { id: 'port-protocol/2', steps: [40 + 44] },
  { id: 'port-protocol/3', steps: [44 + 44] },
  { id: 'port-protocol/4', steps: [44 + 44] },
  // 53-80 and 53-84 in TCP: one served port, both.
  { id: 'port-protocol/20', steps: [44 + 44] },
  { id: 'port-protocol/21', steps: [40 + 44] },
  // Names of another protocol, names and numbers that are nowhere.
  { id: 'port-protocol/26', steps: [48 + 44] },
  { id: 'port-protocol/27', steps: [48 + 44] },
  { id: 'port-protocol/28', steps: [48 + 44] },
  // All TCP and all UDP.
  { id: 'port-protocol/31', steps: [32 + 44] },
  // Named port 81 of three pods stays; with w/a there is one more source, and w/a itself is not isolated.
  { id: 'example/1', steps: [120, 135, 120, 120, 120, 0, 0] },
  { id: 'action/1', steps: [88, 0] },
  { id: 'action/2', steps: [88, 88] },
  // y-2 is labelled ns=y: y-2/b may connect to x/a, and x/a to y-2/a and y-2/b; the other 5 + 6 + 5 + 5 cells are lost.
  { id: 'action/3', steps: [88, 88 + 6 + 5 + 5 + 5, 88] },
  { id: 'action/4', steps: [48 + 44, 45 + 44, 48 + 44] },
  { id: 'action/5', steps: [88, 88 + 6 + 6, 88] },
  { id: 'action/6', steps: [48 + 44, 47 + 44, 48 + 44] },
  // Deny on one end, allow on the other: denied. Both on one end: the union allows.
  { id: 'conflict/1', steps: [48] },
  { id: 'conflict/2', steps: [48] },
  ...Array.from({ length: 10 }, (_, index) => ({ id: `conflict/${index + 3}`, steps: [0] })),
  ...Array.from({ length: 4 }, (_, index) => ({ id: `conflict/${index + 13}`, steps: [48] })),
  // Pods of z: TCP 80 from three; to three.
  { id: 'namespace/1', steps: [45 + 44] },
  { id: 'namespace/2', steps: [44 + 45] },
  { id: 'upstream-e2e/1', steps: [144] },
  // Egress and ingress of three pods; their connections to each other count once.
  { id: 'upstream-e2e/2', steps: [144 + 144 - 36] },
  // From y/b, y/c, z/b, z/c.
  { id: 'upstream-e2e/3', steps: [48 - 24] },
  { id: 'upstream-e2e/4', steps: [45, 45, 42] },
  { id: 'upstream-e2e/5', steps: [0, 0] },
  { id: 'upstream-e2e/6', steps: [0, 120] },
  { id: 'upstream-e2e/7', steps: [0, 144] },
  { id: 'upstream-e2e/8', steps: [48, 30] },
  { id: 'upstream-e2e/9', steps: [48, 42] },
  { id: 'upstream-e2e/10', steps: [0, 48] },
  // Ingress from x/b alone; egress to TCP 80 of everybody.
  { id: 'upstream-e2e/11', steps: [42 + 40, 42 + 40] },
  // x/a reaches y/a alone; y/a and y/b are reached by x/a alone; x/a to y/b is denied on the client side.
  { id: 'upstream-e2e/12', steps: [42 + 42 + 42] },
  { id: 'upstream-e2e/13', steps: [252, 0] },
];

describe('cells that are denied, in IPv4', () => {
  const cases = new Map(generateCases().map((one) => [one.id, one]));

  it.each(denied)('$id', ({ id, steps }) => {
    const counts = worldsOf(cases.get(id)!).map(({ step, world }) => {
      const cluster = clusterOfWorld(world);
      return cellsOf(cluster, step.probe, ['IPv4']).filter(({ flow }) => !evaluate(cluster, flow).allowed)
        .length;
    });
    expect(counts).toEqual(steps);
  });
});
