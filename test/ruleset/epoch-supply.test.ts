import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NetworkPolicy } from '../../src/model/network-policy.ts';
import { createCompiler, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import { epochOfMark } from '../../src/ruleset/epoch.ts';
import { createEpochSupply } from '../../src/ruleset/epoch-supply.ts';
import { interpret } from '../../src/ruleset/interpret.ts';
import { address, cidr, nodeOf, podOf, policyOf } from '../cases/builders.ts';
import { runs } from '../property/runs.ts';

// Three bits: epochs 1 to 6.
const mask = 0x70000000;

describe('the supply', () => {
  test('gives out each epoch once, then none', () => {
    const supply = createEpochSupply(mask, { first: 4 });
    expect([supply.take(), supply.take(), supply.take(), supply.take()]).toEqual([4, 5, 6, 0]);
  });

  test('gives out again what no connection holds, going on where it was', () => {
    const supply = createEpochSupply(mask, { first: 3 });
    supply.take();
    supply.applied();
    supply.restock()(new Set([1, 4, 6]));
    expect([supply.take(), supply.take(), supply.take()]).toEqual([5, 2, 0]);
  });

  test('keeps what the kernel may have marked with while connections were listed', () => {
    const supply = createEpochSupply(mask, { first: 1 });
    supply.take();
    supply.applied();
    supply.take();
    // 1 is in the kernel, 2 on its way.
    const refill = supply.restock();
    supply.take();
    refill(new Set());
    expect([supply.take(), supply.take(), supply.take()]).toEqual([4, 5, 6]);
  });
});

test('however often policies change, no connection passes by an epoch that came round', () => {
  const [a, b] = [address('10.244.1.5'), address('10.244.1.6')];
  const server = podOf('x/server', { labels: { app: 'server' }, addresses: [b] });
  const client = podOf('x/client', { addresses: [a] });
  const closed = policyOf('x/p', { policyTypes: ['ingress'] });
  const open: NetworkPolicy = { ...closed, ingress: [{ index: 0 }] };
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('open', 'close') }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('send'), flow: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('list') }) },
  );
  let [passed, exhausted] = [0, 0];
  fc.assert(
    fc.property(fc.array(event, { minLength: 20, maxLength: 120 }), (events) => {
      const epochs = createEpochSupply(mask, { first: 1 });
      const options = { ...defaultCompilerOptions, nodeName: 'n1', ctMarkMask: mask };
      const compiler = createCompiler({ ...options, epoch: epochs.take(), epochs });
      compiler.setNode(nodeOf('n1', { podCIDRs: [cidr('10.244.1.0/24')] }));
      for (const pod of [server, client]) compiler.setPod(pod);
      let isOpen = true;
      compiler.setPolicy(open);
      compiler.step().commit();
      const marks = new Map<number, number>();
      for (const each of events) {
        if (each.kind === 'open' || each.kind === 'close') {
          isOpen = each.kind === 'open';
          compiler.setPolicy(isOpen ? open : closed);
          compiler.step().commit();
        } else if (each.kind === 'list') {
          epochs.restock()(new Set([...marks.values()].map((mark) => epochOfMark(mask, mark))));
        } else if ('flow' in each) {
          const { verdict, mark } = interpret(compiler.ruleset(), {
            ...{ hook: 'forward', source: a, destination: b, sourceIsLocal: false, protocol: 'UDP' },
            destinationPort: 80,
            ct: { state: 'established', direction: 'original', mark: marks.get(each.flow) ?? 0 },
          });
          expect(verdict).toBe(isOpen ? 'accept' : 'drop');
          marks.set(each.flow, mark);
          passed += verdict === 'accept' ? 1 : 0;
          exhausted += epochs.left() === 0 ? 1 : 0;
        }
      }
    }),
    runs(200),
  );
  expect(passed).toBeGreaterThan(100);
  expect(exhausted).toBeGreaterThan(10);
});

test('without an epoch nothing is marked; with the next one judging goes on as before', () => {
  const epochs = createEpochSupply(mask, { first: 7 });
  const options = { ...defaultCompilerOptions, nodeName: 'n1', ctMarkMask: mask };
  const compiler = createCompiler({ ...options, epoch: epochs.take(), epochs });
  compiler.setNode(nodeOf('n1', { podCIDRs: [cidr('10.244.1.0/24')] }));
  compiler.setPod(podOf('x/a', { addresses: [address('10.244.1.5')] }));
  compiler.setPolicy(policyOf('x/p', { policyTypes: ['egress'], egress: [{ index: 0 }] }));
  compiler.step().commit();
  const send = (mark: number) =>
    interpret(compiler.ruleset(), {
      ...{ hook: 'forward', source: address('10.244.1.5'), destination: address('203.0.113.9') },
      ...{ sourceIsLocal: false, protocol: 'TCP', destinationPort: 80 },
      ct: { state: 'established', direction: 'original', mark },
    });
  expect(send(0x1234)).toMatchObject({ verdict: 'accept', mark: 0x1234 });
  expect(send(0x1234).trace.length).toBeGreaterThan(2);
  epochs.restock()(new Set([1]));
  expect(compiler.step().transaction.operations).not.toEqual([]);
  expect(send(0x1234)).toMatchObject({ verdict: 'accept', mark: 0x20001234 });
});
