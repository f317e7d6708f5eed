import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { latencyOf } from './latency.ts';
import { plot } from './plot.ts';
import { startFaultNode } from './fault-node.ts';

// An agent under a steady stream of changes for minutes or hours: does it stay right, and does it stay small?

const usage = `usage: npm run soak -- [options]

  --minutes N   how long (2)
  --rate R      changes of the cluster per second (50)
  --seed N      which changes (1)
  --csv FILE    the samples

Exit codes: 0 right all the time and no larger, 1 not, 2 could not run.
`;

/** Seconds between samples, and between comparisons with a compile from scratch. */
const sampleEvery = 2;
const compareEvery = 10;
/** Seconds in which a process takes what it needs: resident memory grows by 60 MB until then. */
const warmUp = 60;
/** What it may gain between the first and the last fifth of the time after that. */
const slack = { heap: 10e6, rss: 40e6, descriptors: 10 };

interface Sample {
  readonly seconds: number;
  /** Bytes after garbage collection, and of resident memory. */
  readonly heap: number;
  readonly rss: number;
  readonly descriptors: number;
  /** Milliseconds from the event to the kernel, since the sample before. */
  readonly p50: number;
  readonly p99: number;
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    rate: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    csv: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(usage);
else {
  const [minutes, rate, seed] = [values.minutes, values.rate, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  if (!(minutes > 0 && rate > 0 && Number.isInteger(seed))) {
    process.stderr.write(usage);
    process.exit(2);
  }
  try {
    process.exitCode = (await soak(minutes * 60, rate, seed)) ? 0 : 1;
  } catch (error) {
    process.exitCode = 2;
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

async function soak(duration: number, rate: number, seed: number): Promise<boolean> {
  const node = await startFaultNode({ seed });
  const samples: Sample[] = [];
  let comparisons = 0;
  let wrong: string | undefined;
  const started = performance.now();
  const elapsed = (): number => (performance.now() - started) / 1000;
  const latency = latencyOf(() => node.agent.metrics());
  await latency();
  const changesBefore = node.churn.changes();
  while (elapsed() < duration && wrong === undefined) {
    const stop = new AbortController();
    const churn = node.churn.run(rate, stop.signal);
    const until = Math.min(duration, elapsed() + compareEvery);
    while (elapsed() < until) {
      await delay(sampleEvery * 1000);
      const { heap, rss, descriptors } = await node.agent.measure();
      samples.push({ seconds: elapsed(), heap, rss, descriptors, ...(await latency()) });
    }
    stop.abort();
    await churn;
    try {
      await node.converged();
      comparisons += 1;
    } catch (error) {
      wrong = error instanceof Error ? error.message : String(error);
    }
  }
  const changes = node.churn.changes() - changesBefore;
  const taken = elapsed();
  await node.close();
  if (values.csv !== undefined) writeFileSync(values.csv, csvOf(samples));

  const column = (of: keyof Sample): readonly number[] => samples.map((sample) => sample[of]);
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  const milliseconds = (value: number): string => `${value.toFixed(0)} ms`;
  for (const [what, of, words] of [
    ['heap after collection', 'heap', megabytes],
    ['resident memory', 'rss', megabytes],
    ['file descriptors', 'descriptors', String],
    ['event to kernel, p50', 'p50', milliseconds],
    ['event to kernel, p99', 'p99', milliseconds],
  ] as const) {
    console.log(plot(what, column(of), words));
  }
  console.log(
    `${String(changes)} changes in ${taken.toFixed(0)} s (${(changes / taken).toFixed(0)}/s), ${String(comparisons)} comparisons with a compile from scratch${wrong === undefined ? ', all equal' : ''}`,
  );
  if (wrong !== undefined) console.log(`NOT EQUAL: ${wrong}`);
  const settled = samples.filter(({ seconds }) => seconds > warmUp);
  const fifth = Math.floor(settled.length / 5);
  if (fifth === 0) console.log(`too short to tell whether it grows: more than ${String(warmUp)} s would`);
  const grown = (['heap', 'rss', 'descriptors'] as const).filter((what) => {
    const all = settled.map((sample) => sample[what]);
    return fifth > 0 && median(all.slice(-fifth)) - median(all.slice(0, fifth)) > slack[what];
  });
  if (grown.length > 0) console.log(`GROWN: ${grown.join(', ')}`);
  return wrong === undefined && grown.length === 0 && comparisons > 0;
}

function csvOf(samples: readonly Sample[]): string {
  const columns = ['seconds', 'heap', 'rss', 'descriptors', 'p50', 'p99'] as const;
  return [
    columns.join(','),
    ...samples.map((sample) => columns.map((of) => sample[of].toFixed(1)).join(',')),
    '',
  ].join('\n');
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
