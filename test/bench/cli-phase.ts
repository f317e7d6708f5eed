import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { connectivityIn, connectivityOf } from '../../src/analysis/connectivity/connectivity.ts';
import { coverageOf } from '../../src/analysis/coverage/coverage.ts';
import { differenceOf } from '../../src/analysis/difference/difference.ts';
import { proposeTest } from '../../src/analysis/first-test/propose.ts';
import { lint } from '../../src/analysis/lint/lint.ts';
import { pictureOf } from '../../src/analysis/picture/picture.ts';
import { createReach, type Reach } from '../../src/analysis/reach/reach.ts';
import { fileSystemIo } from '../../src/cli/input/input-io.ts';
import { loadInput } from '../../src/cli/input/load-input.ts';
import { connectivityJson } from '../../src/cli/output/connectivity-json.ts';
import { differenceJson } from '../../src/cli/output/difference/json.ts';
import { lintText } from '../../src/cli/output/lint-text.ts';
import { connectivityCsv } from '../../src/cli/output/matrix/csv.ts';
import { matrixSummary } from '../../src/cli/output/matrix/summary.ts';
import { testReportText } from '../../src/cli/output/policy-test/text.ts';
import { type RanSuite, runTests } from '../../src/cli/policy-test/run-tests.ts';
import type { Cluster } from '../../src/model/cluster.ts';

// One phase of one command, alone in a process, for test/bench/cli.ts: what comes after the reading, and what the memory has
// come to when it ends, the cluster that it is about included. Prints one line of JSON.

/** What a phase took. */
export interface PhaseFigures {
  /** Milliseconds of wall time, and of processor time of all threads. */
  readonly wall: number;
  readonly cpu: number;
  /** Resident bytes before it, and at most while it ran. */
  readonly before: number;
  readonly peak: number;
  /** Bytes of output, or of input for what reads. */
  readonly bytes: number;
}

const io = fileSystemIo(() => Promise.reject(new Error('no standard input')));

const [name = '', ...files] = process.argv.slice(2);
const phases: Readonly<Record<string, () => Promise<() => unknown>>> = {
  read: () => Promise.resolve(() => read(files[0])),
  'matrix -o json': async () => {
    const cluster = await read(files[0]);
    return () => sizeOf(connectivityJson(connectivityOf(cluster, 'workload'), everyone));
  },
  'matrix -o csv': async () => {
    const cluster = await read(files[0]);
    return () => sizeOf(connectivityCsv(connectivityOf(cluster, 'workload'), everyone));
  },
  'matrix, summed up': async () => {
    const cluster = await read(files[0]);
    return () => {
      const connectivity = connectivityOf(cluster, 'workload');
      // The command folds the workloads first, sees that they are too many, and takes the namespaces.
      pictureOf(connectivity);
      return sizeOf([matrixSummary(pictureOf(connectivityIn(connectivity.reach, 'namespace')))]);
    };
  },
  lint: async () => {
    const cluster = await read(files[0]);
    return () => sizeOf([lintText(lint({ cluster }, { masqueradeAll: false }), { showIgnored: false })]);
  },
  test: async () => {
    const cluster = await read(files[0]);
    return async () => {
      const ran = await runSuites(createReach(cluster));
      return sizeOf([testReportText({ suites: ran.map(({ report }) => report), diagnostics: [] })]);
    };
  },
  'test --coverage': async () => {
    const reach = createReach(await read(files[0]));
    const ran = await runSuites(reach);
    return () =>
      coverageOf(ran.flatMap(({ prepared }) => (prepared === undefined ? [] : [{ prepared, reach }])));
  },
  init: async () => {
    const cluster = await read(files[0]);
    return () => proposeTest(createReach(cluster), 'default');
  },
  diff: async () => {
    const [before, after] = [await read(files[0]), await read(files[1])];
    return () => sizeOf(differenceJson(differenceOf(before, after, 'workload')));
  },
};

const prepare = phases[name];
if (prepare === undefined) throw new RangeError(`no phase ${name}`);
const run = await prepare();
gc?.();
const before = resident('VmRSS');
// From here on the kernel counts the most memory anew (proc(5), clear_refs).
writeFileSync('/proc/self/clear_refs', '5');
const cpu = process.cpuUsage();
const start = performance.now();
const result = await run();
const wall = performance.now() - start;
const { user, system } = process.cpuUsage(cpu);
const figures: PhaseFigures = {
  wall,
  cpu: (user + system) / 1000,
  before,
  peak: resident('VmHWM'),
  bytes: typeof result === 'number' ? result : 0,
};
console.log(JSON.stringify(figures));

async function read(file = ''): Promise<Cluster> {
  const { cluster, diagnostics } = await loadInput({ files: [file] }, io);
  const [first] = diagnostics;
  if (first !== undefined) throw new Error(`${file}: ${first.message}`);
  return cluster;
}

/** Runs the policy tests on a cluster that has been read. */
function runSuites(reach: Reach): Promise<readonly RanSuite[]> {
  const testCluster = { reach, diagnostics: [], ignored: [], sourceLine: () => undefined };
  return runTests(files.slice(1), {
    io,
    defaultNamespace: 'default',
    clusterOf: () => Promise.resolve(testCluster),
    more: () => Promise.resolve([]),
  });
}

function everyone(): boolean {
  return true;
}

function sizeOf(pieces: Iterable<string>): number {
  let bytes = 0;
  for (const piece of pieces) bytes += Buffer.byteLength(piece);
  return bytes;
}

function resident(field: 'VmRSS' | 'VmHWM'): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(found?.[1]) * 1024;
}
