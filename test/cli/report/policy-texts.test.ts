import { describe, expect, test } from 'vitest';
import { loadInput } from '../../../src/cli/input/load-input.ts';
import { policyText } from '../../../src/cli/report/policy-texts.ts';
import type { PolicyText } from '../../../src/page/data.ts';
import { memoryIo } from '../input/memory-io.ts';

const object = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
const spec = { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }, { ports: [{ port: 80 }] }] };
const named = (name: string): object => ({ ...object, metadata: { name, namespace: 'shop' }, spec });

const document = (name: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: shop }
spec:
  podSelector: {}

  # who comes in
  ingress:
  - from:
    - podSelector: {}
  - ports: [{ port: 80 }]
`;

describe('the lines of a policy, and of its rules', () => {
  test('documents of YAML', async () => {
    const [, second] = await textsOf(
      `${document('a')}---\n${document('b')}---\nkind: List\napiVersion: v1\nitems: []\n`,
    );
    expect(second).toMatchObject({
      first: 13,
      cut: false,
      ruleEnds: { ingress: { 0: 22, 1: 23 }, egress: {} },
    });
    expect(second?.lines).toHaveLength(11);
    expect(second?.lines.at(-1)).toBe('  - ports: [{ port: 80 }]');
  });

  test('items of a list', async () => {
    const item = (name: string): string =>
      document(name)
        .trimEnd()
        .split('\n')
        .map((line, at) => `${at === 0 ? '- ' : '  '}${line}`.trimEnd())
        .join('\n');
    const [first, second] = await textsOf(`apiVersion: v1\nkind: List\nitems:\n${item('a')}\n${item('b')}\n`);
    expect([first?.first, first?.lines.length]).toEqual([4, 11]);
    expect([second?.first, second?.lines.length]).toEqual([15, 11]);
  });

  test('JSON, item by item', async () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [named('a'), named('b')] };
    const [first, second] = await textsOf(JSON.stringify(list, null, 2));
    expect(first?.lines.map((line) => line.trim()).at(-1)).toBe('},');
    expect(second?.lines.map((line) => line.trim()).at(-1)).toBe('}');
    expect((first?.first ?? 0) + (first?.lines.length ?? 0)).toBe(second?.first);
  });

  test('a file of one line is cut', async () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: Array.from({ length: 50 }, (_, at) => named(`a${at}`)),
    };
    const [first] = await textsOf(JSON.stringify(list));
    expect(first?.cut).toBe(true);
    expect(first?.lines).toHaveLength(1);
    expect(first?.lines[0]?.length).toBeLessThan(500);
  });
});

async function textsOf(text: string): Promise<readonly (PolicyText | null)[]> {
  const { cluster, sourceLine } = await loadInput({ files: ['in.yaml'] }, memoryIo({ 'in.yaml': text }));
  return cluster.policies.map((policy) => policyText(policy, sourceLine));
}
