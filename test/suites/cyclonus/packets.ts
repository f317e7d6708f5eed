import { parseArgs } from 'node:util';
import { enterLab } from '../../../src/lab/network/enter.ts';
import type { Interconnect, Topology } from '../../../src/lab/network/terrain.ts';
import { families, type Family } from '../../../src/net/protocol.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { type CyclonusCase, type Probe } from './case.ts';
import { cellsOf } from './cells.ts';
import { generateCases } from './generate.ts';
import { type CheckResult, type LabWorld, startLabWorld } from './lab-world.ts';
import { allTags } from './tags.ts';
import { baseWorld, clusterOfWorld, type World, worldsOf } from './world.ts';

// All cases with real packets: the agents of two nodes follow the embedded API server step by step, and after each step
// every pod tries every port of every pod. What must come out is what the API's words say (src/policy/evaluate.ts).

const usage = `usage: node test/suites/cyclonus/packets.ts [options]

  --case ID              run this case; may be given several times (peers/17)
  --include TAG          run the cases that have one of these tags
  --exclude TAG          leave out the cases that have one of these tags
  --family FAMILY        IPv4 or IPv6; both unless given
  --topology HOW         bridge (default) or routed
  --interconnect HOW     routes (default) or vxlan
  --agent-flag FLAG      handed to the agents
  --verbose              show what the agents log

Exit codes: 0 all passed, 1 some failed, 2 could not run.
`;

const shownDifferences = 50;

interface Options {
  readonly cases: readonly CyclonusCase[];
  readonly families: readonly Family[];
  readonly topology: Topology;
  readonly interconnect: Interconnect;
  readonly agentFlags: readonly string[];
  readonly verbose: boolean;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else {
    await enterLab();
    process.exitCode = (await runAll(options)) ? 0 : 1;
  }
} catch (error) {
  process.exitCode = 2;
  process.stderr.write(`error: ${explain(error)}\n`);
}

/** Runs the cases one after the other in one lab; whether all passed. */
async function runAll(options: Options): Promise<boolean> {
  const start = performance.now();
  const lab = await startLabWorld({
    network: {
      topology: options.topology,
      interconnect: options.interconnect,
      families: options.families,
    },
    agentFlags: ['--log-level', options.verbose ? 'info' : 'error', ...options.agentFlags],
    onLog: (node, line) => {
      process.stderr.write(`${node}: ${line}\n`);
    },
  });
  let failed = 0;
  try {
    for (const cyclonusCase of options.cases) {
      if (!(await runCase(lab, cyclonusCase, options.families))) failed += 1;
    }
  } finally {
    await lab.close();
  }
  process.stdout.write(`took ${secondsSince(start)} s\n`);
  process.stdout.write(`${options.cases.length - failed} passed, ${failed} failed\n`);
  return failed === 0;
}

async function runCase(
  lab: LabWorld,
  cyclonusCase: CyclonusCase,
  inFamilies: readonly Family[],
): Promise<boolean> {
  const start = performance.now();
  let [cells, late] = [0, 0];
  const wrong: string[] = [];
  await lab.moveTo(baseWorld());
  for (const [index, { step, world }] of worldsOf(cyclonusCase).entries()) {
    await lab.moveTo(world);
    const result = await lookAt(lab, world, step.probe, inFamilies);
    cells += result.cells;
    late += result.late;
    for (const { cell, expected, seen } of result.differences) {
      wrong.push(`       step ${index + 1}: ${cell.text}: must be ${expected}, was ${seen}\n`);
    }
  }
  const { id, description, steps } = cyclonusCase;
  const counts = `${steps.length} ${steps.length === 1 ? 'step' : 'steps'}, ${cells} cells`;
  const facts = `${counts}${late === 0 ? '' : `, ${late} answered late`}, ${secondsSince(start)} s`;
  process.stdout.write(`${wrong.length === 0 ? 'ok  ' : 'FAIL'}  ${id}  ${description}  (${facts})\n`);
  process.stdout.write(wrong.slice(0, shownDifferences).join(''));
  if (wrong.length > shownDifferences) {
    process.stdout.write(`       and ${wrong.length - shownDifferences} more\n`);
  }
  return wrong.length === 0;
}

async function lookAt(
  lab: LabWorld,
  world: World,
  probe: Probe,
  inFamilies: readonly Family[],
): Promise<CheckResult & { readonly cells: number }> {
  const cluster = clusterOfWorld(world);
  const cells = cellsOf(cluster, probe, inFamilies);
  const result = await lab.check(cells, ({ flow }) => evaluate(cluster, flow).allowed);
  return { ...result, cells: cells.length };
}

/** `undefined` where help is asked for. */
function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      case: { type: 'string', multiple: true, default: [] },
      include: { type: 'string', multiple: true, default: [] },
      exclude: { type: 'string', multiple: true, default: [] },
      family: { type: 'string', multiple: true, default: [] },
      topology: { type: 'string', default: 'bridge' },
      interconnect: { type: 'string', default: 'routes' },
      'agent-flag': { type: 'string', multiple: true, default: [] },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const include = values.include.map((tag) => oneOf('--include', tag, allTags));
  const exclude = values.exclude.map((tag) => oneOf('--exclude', tag, allTags));
  const known = generateCases();
  for (const id of values.case) {
    oneOf(
      '--case',
      id,
      known.map((one) => one.id),
    );
  }
  const cases = known.filter(
    ({ id, tags }) =>
      (values.case.length === 0 || values.case.includes(id)) &&
      (include.length === 0 || include.some((tag) => tags.includes(tag))) &&
      !exclude.some((tag) => tags.includes(tag)),
  );
  if (cases.length === 0) throw new Error('no case is left to run');
  const asked = values.family.map((family) => oneOf('--family', family, families));
  return {
    cases,
    families: asked.length === 0 ? families : families.filter((family) => asked.includes(family)),
    topology: oneOf('--topology', values.topology, ['bridge', 'routed']),
    interconnect: oneOf('--interconnect', values.interconnect, ['routes', 'vxlan']),
    agentFlags: values['agent-flag'],
    verbose: values.verbose,
  };
}

function oneOf<const Choice extends string>(
  option: string,
  text: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((known) => known === text);
  if (choice !== undefined) return choice;
  const some =
    choices.length > 20 ? `one of ${choices.length} (${choices[0] ?? ''}, ...)` : choices.join(', ');
  throw new Error(`${option} ${text}: must be ${some}`);
}

function secondsSince(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(1);
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes = error instanceof AggregateError ? error.errors : [error.cause];
  const because = causes
    .filter((cause) => cause !== undefined)
    .map((cause) => `\n  because: ${explain(cause)}`);
  return `${error.message}${because.join('')}`;
}
