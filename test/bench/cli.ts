import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { stringify } from 'yaml';
import { connectivityOf } from '../../src/analysis/connectivity/connectivity.ts';
import { fileSystemIo } from '../../src/cli/input/input-io.ts';
import { loadInput } from '../../src/cli/input/load-input.ts';
import type { PhaseFigures } from './cli-phase.ts';
import { realCluster, realShape } from './real-cluster.ts';
import { type ApiObject, changedManifests, manifestsOf } from './real-manifests.ts';
import { suiteText } from './real-suite.ts';

// What the commands cost on a cluster of the published shape, as whoever types them sees it: the built command, each run in
// a process of its own, and what comes after the reading of the manifests apart. Figures, not assertions. Needs
// `npm run build`.
//
// Wanted: matrix, a test of 500 lines, diff and lint each within 3 s and 500 MB on two cores, apart from the reading; `can` on
// a small folder within 250 ms.

const root = path.resolve(import.meta.dirname, '../..');
const launcher = path.join(root, 'dist/ringfence.js');
const shop = path.join(root, 'rules/examples/shop');
const repeats = 3;

/** Has a process tell at its end what it used. The kernel's maxRSS would begin with what this process has. */
const tellUsage = `data:text/javascript,${encodeURIComponent(`
  import { readFileSync, writeSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    const peak = Number(/^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
    writeSync(3, JSON.stringify({ cpu: (user + system) / 1000, peak }));
  });
`)}`;

const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-bench-'));
try {
  await bench();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const { pods, namespaces, policies } = realShape;
  console.log(
    `${String(pods)} pods, ${String(namespaces)} namespaces, ${String(policies)} policies; ` +
      `${String(cpus().length)} cores, Node.js ${process.version}; the best of ${String(repeats)} runs`,
  );
  const [json, yaml, changed, suite] = await writeFiles();

  console.log('\nReading, in a process of its own');
  const fromJson = await phase('read', json);
  const fromYaml = await phase('read', yaml);
  await phaseRow('JSON', fromJson, json);
  await phaseRow('YAML', fromYaml, yaml);
  console.log(`YAML takes ${(fromYaml.wall / fromJson.wall).toFixed(1)} times as long as JSON`);

  console.log('\nWhat comes after the reading, with its output; memory with the cluster that it is about');
  for (const [name, ...files] of [
    ['matrix -o json', json],
    ['matrix -o csv', json],
    ['matrix, summed up', json],
    ['test', json, suite],
    ['test --coverage', json, suite],
    ['diff', json, changed],
    ['lint', json],
    ['init', json],
  ] as const) {
    const figures = await phase(name, ...files);
    row(name, figures, `${(figures.wall / fromJson.wall).toFixed(2)} of reading JSON`);
  }

  console.log('\nWhole commands on JSON: wall time and processor time with the start, most memory');
  for (const args of [
    ['matrix', '-f', json, '-o', 'json'],
    ['matrix', '-f', json],
    ['test', suite],
    ['diff', json, changed],
    ['lint', '-f', json],
    ['report', '-f', json, '-o', path.join(folder, 'report.html')],
  ]) {
    const figures = await best(repeats, () => command(args));
    row(nameOf(args), figures, `exit code ${String(figures.code)}`);
  }
  const onYaml = await best(1, () => command(['lint', '-f', yaml]));
  row('lint, on YAML', onYaml, `exit code ${String(onYaml.code)}`);

  console.log('\nSmall folders: wall time and processor time with the start, most memory');
  const nothing = await best(20, () => node(['-e', '0']));
  row('node -e 0', nothing);
  for (const args of [
    ['--version'],
    ['can', 'shop/web', 'shop/db:5432', '-f', shop],
    ['matrix', '-f', shop],
    ['lint', '-f', shop],
  ]) {
    const figures = await best(20, () => command(args));
    row(nameOf(args), figures, `${(figures.wall / nothing.wall).toFixed(2)} of node -e 0`);
  }
}

async function writeFiles(): Promise<readonly [json: string, yaml: string, changed: string, suite: string]> {
  const cluster = realCluster();
  const objects = manifestsOf(cluster);
  const files = ['cluster.json', 'cluster.yaml', 'changed.json', 'large.policy-test.yaml'] as const;
  const [json, yaml, changed, suite] = files.map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  await writeFile(json, listJson(objects));
  await writeFile(changed, listJson(changedManifests(cluster)));
  await writeYaml(yaml, objects);
  const io = fileSystemIo(() => Promise.reject(new Error('no standard input')));
  const read = await loadInput({ files: [json] }, io);
  await writeFile(suite, suiteText(connectivityOf(read.cluster, 'workload'), 500, path.basename(json)));
  return [json, yaml, changed, suite];
}

/** As kubectl prints it. */
function listJson(items: readonly ApiObject[]): string {
  return `${JSON.stringify({ apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } }, undefined, 4)}\n`;
}

async function writeYaml(file: string, items: readonly ApiObject[]): Promise<void> {
  const stream = createWriteStream(file);
  stream.write('apiVersion: v1\nitems:\n');
  for (const item of items) {
    const lines = stringify(item, { aliasDuplicateObjects: false, indentSeq: false, lineWidth: 0 });
    stream.write(`- ${lines.trimEnd().replaceAll('\n', '\n  ')}\n`);
  }
  stream.end('kind: List\nmetadata:\n  resourceVersion: ""\n');
  await once(stream, 'finish');
}

/** Milliseconds of wall time and of processor time, and bytes. */
interface Figures {
  readonly wall: number;
  readonly cpu: number;
  readonly peak: number;
}

async function phase(name: string, ...files: readonly string[]): Promise<PhaseFigures> {
  const script = path.join(import.meta.dirname, 'cli-phase.ts');
  return best(repeats, async () => {
    const { stdout } = await run(['--expose-gc', script, name, ...files]);
    return JSON.parse(stdout) as PhaseFigures;
  });
}

function command(args: readonly string[]): Promise<Run> {
  return run([launcher, ...args]);
}

function node(args: readonly string[]): Promise<Run> {
  return run(args);
}

/** The run that took the least: what is more was the machine. */
async function best<T extends Figures>(times: number, measure: () => Promise<T>): Promise<T> {
  const all: T[] = [];
  for (let time = 0; time < times; time += 1) all.push(await measure());
  return all.reduce((a, b) => (b.wall < a.wall ? b : a));
}

interface Run extends Figures {
  readonly code: number | null;
  readonly stdout: string;
}

/** Runs Node.js, and has it tell at its end what it used. */
async function run(args: readonly string[]): Promise<Run> {
  const start = performance.now();
  const child = spawn(process.execPath, ['--import', tellUsage, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [stdout, stderr, usage] = child.stdio.slice(1).map((stream) => text(stream as Readable)) as [
    Promise<string>,
    Promise<string>,
    Promise<string>,
  ];
  const [code] = (await once(child, 'close')) as [number | null];
  const wall = performance.now() - start;
  if (code === null || code > 1)
    throw new Error(`${args.join(' ')}: exit code ${String(code)}\n${await stderr}`);
  const { cpu, peak } = JSON.parse(await usage) as Pick<Figures, 'cpu' | 'peak'>;
  return { wall, cpu, peak, code, stdout: await stdout };
}

async function phaseRow(name: string, figures: PhaseFigures, file: string): Promise<void> {
  const megabytes = (await stat(file)).size / 1e6;
  row(name, figures, `${megabytes.toFixed(0)} MB, ${(megabytes / (figures.wall / 1000)).toFixed(0)} MB/s`);
}

function row(name: string, { wall, cpu, peak }: Figures, more = ''): void {
  const columns = [
    name.padEnd(34),
    `${wall.toFixed(0)} ms`.padStart(9),
    `${cpu.toFixed(0)} ms cpu`.padStart(13),
    `${(peak / 1e6).toFixed(0)} MB`.padStart(8),
    ` ${more}`,
  ];
  console.log(columns.join(' ').trimEnd());
}

/** The command line without the paths of this run. */
function nameOf(args: readonly string[]): string {
  return args.map((arg) => (path.isAbsolute(arg) ? path.basename(arg) : arg)).join(' ');
}
