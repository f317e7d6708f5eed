import process from 'node:process';
import { parseArgs } from 'node:util';
import { foundText } from './found-text.ts';
import { runTargets } from './run-targets.ts';

// npm run fuzz -- [--seconds N] [--runs N] [--seed N [--path P]] [TARGET...]: every reader of input against damaged samples.

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
  },
  allowPositionals: true,
});
const { path } = values;
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const runs = Number(values.runs ?? 1e9);
const seconds = Number(values.seconds ?? (values.runs === undefined ? 60 : 1e6));

process.stdout.write(`seed ${String(seed)}\n`);
const endings = await runTargets(positionals, {
  module: new URL('targets.ts', import.meta.url).href,
  limits: { seed, runs, milliseconds: seconds * 1000, ...(path === undefined ? {} : { path }) },
  patience: 60_000,
  memory: 1024,
  begins: (name) => process.stdout.write(name.padEnd(32)),
  ends: (name, ending) => {
    const tried = `${String(ending.tried).padStart(9)} inputs`;
    process.stdout.write(
      ending.kind === 'kept' ? `${tried}\n` : `${tried}, BROKEN\n${foundText(name, ending, seed)}`,
    );
  },
});
if (endings.size === 0) {
  process.stderr.write('there is no such target; without one all are tried\n');
  process.exitCode = 2;
}
const all = [...endings.values()];
const sum = all.reduce((total, { tried }) => total + tried, 0);
process.stdout.write(`${'all'.padEnd(32)}${String(sum).padStart(9)} inputs, seed ${String(seed)}\n`);
if (all.some(({ kind }) => kind !== 'kept')) process.exitCode = 1;
