import { expect, it } from 'vitest';
import { createStore } from '../../src/kube/store.ts';
import { createFakeClock } from './fake-clock.ts';
import { hearInto, type KeptPod, keepPod, recordLog } from './harness.ts';
import { pod } from './scripted-server.ts';

function start() {
  const clock = createFakeClock();
  const heard: string[] = [];
  const handler = hearInto(heard);
  const faults = { failing: false };
  const mayFail =
    <A extends readonly unknown[]>(report: (...args: A) => void) =>
    (...args: A): void => {
      if (faults.failing) throw new Error('handler is broken');
      report(...args);
    };
  const store = createStore<string, KeptPod>(
    { key: ({ name }) => name, project: keepPod },
    {
      replaced: mayFail(handler.replaced.bind(handler)),
      changed: mayFail(handler.changed.bind(handler)),
      deleted: mayFail(handler.deleted.bind(handler)),
    },
    { clock, random: () => 0.5, log: recordLog(), resource: 'pods' },
  );
  const swap = (...names: readonly string[]): void => {
    const next = store.gather();
    for (const name of names) next.set(...store.read(pod(name, '1')));
    store.replace(next);
  };
  return { store, clock, heard, faults, swap };
}

it('tells a handler that was broken all that vanished meanwhile, in swaps too, and nothing that came back', () => {
  const { store, clock, heard, faults, swap } = start();
  swap('a', 'b', 'c', 'd');
  faults.failing = true;
  store.remove(pod('a', '2'));
  store.remove(pod('b', '3'));
  swap('b', 'd');
  swap('b', 'e');
  faults.failing = false;
  clock.advance(400);
  expect(heard).toEqual(['replaced a b c d gone', 'replaced b e gone a c d']);
  store.put(pod('f', '4'));
  expect(heard.at(-1)).toBe('new f');
});

it('forgets a broken handler when closed', () => {
  const { store, clock, faults, swap } = start();
  faults.failing = true;
  swap('a');
  expect(clock.pending()).toBe(1);
  store.close();
  expect(clock.pending()).toBe(0);
});
