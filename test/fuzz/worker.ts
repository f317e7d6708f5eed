import { parentPort, workerData } from 'node:worker_threads';
import { fuzz, inputText } from './fuzz.ts';
import { type Errand, inputBytes, lengthAt, type Report, triedAt } from './errand.ts';
import type { Target } from './target.ts';

// Tries targets in a thread that its parent can end: a reader that never returns cannot be stopped from within.

const { module, parts, done, limits, shared } = workerData as Errand;
const counters = new Int32Array(shared, 0, 2);
const bytes = Buffer.from(shared, inputBytes);
const report = (message: Report): void => parentPort?.postMessage(message);

const { targets } = (await import(module)) as { readonly targets: () => Promise<readonly Target[]> };
const wanted = (await targets()).filter(
  ({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)),
);
report({ kind: 'ready', names: wanted.map(({ name }) => name) });
const milliseconds = limits.milliseconds / wanted.length;
for (const target of wanted.filter((one) => !done.includes(one.name))) {
  const { name } = target;
  Atomics.store(counters, triedAt, 0);
  report({ kind: 'begins', name });
  const outcome = await fuzz(target, { ...limits, milliseconds }, (tried, input) => {
    Atomics.store(counters, lengthAt, bytes.write(inputText(input)));
    Atomics.store(counters, triedAt, tried);
  });
  report({ kind: 'ends', name, outcome });
}
