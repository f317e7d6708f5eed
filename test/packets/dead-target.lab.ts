import { readFile } from 'node:fs/promises';
import { prepareSuite } from '../../src/analysis/policy-test/run-suite.ts';
import { worldOf } from '../../src/analysis/policy-test/world.ts';
import { createReach } from '../../src/analysis/reach/reach.ts';
import { placeSuite } from '../../src/analysis/trials/place-suite.ts';
import { planTrials } from '../../src/analysis/trials/plan-trials.ts';
import { fileSystemIo } from '../../src/cli/input/input-io.ts';
import { loadInput } from '../../src/cli/input/load-input.ts';
import { readSuites } from '../../src/cli/input/policy-test/read-suites.ts';
import { sourceText } from '../../src/cli/input/source-text.ts';
import { packetResults } from '../../src/cli/policy-test/packet-results.ts';
import { startTrialLab } from '../../src/lab/trials/trial-lab.ts';
import { report } from '../lab/network/in-lab.ts';
import { agentCommand } from './agent-command.ts';

// Both lines are true, but nobody listens on the port of the first: packets prove it for the second alone.

const families = ['IPv4'] as const;
const folder = `${import.meta.dirname}/../../rules/examples/shop`;
const { cluster } = await loadInput(
  { files: [folder], recursive: true, strictCidrs: false },
  fileSystemIo(() => readFile('/dev/null')),
);
const text =
  'deny:\n  - partner -> shop/db:22\n  - partner -> shop/db:5432\nnames: { partner: 203.0.113.7 }\n';
const [reading] = readSuites(sourceText('dead.policy-test.yaml', text), 'default');
if (reading?.suite === undefined) throw new Error('the suite cannot be read');
const placed = placeSuite(reading.suite, createReach(cluster), families);
const world = worldOf(placed.suite, placed.reach, 'default');
if (!world.ok) throw new Error('the suite does not fit the cluster');
const prepared = prepareSuite(placed.suite, world.world);
const plan = planTrials(prepared, { families, most: 100 });

const trialLab = await startTrialLab(world.world.reach.cluster, {
  network: { families },
  command: agentCommand(),
  agentFlags: ['--log-level', 'warn'],
  manifests: [],
  enforce: true,
  onLog: () => undefined,
  settleTimeout: 30_000,
  compiler: { deny: 'drop', nodeEgress: 'allow' },
});
// Pods answer on the ports that they declare, and nobody starts more servers.
const { lab } = trialLab;
Object.assign(lab, { prober: { ...lab.prober, listenFor: () => undefined } });
const observations = await trialLab.play(plan);
// As if the compiler had said otherwise than the kernel does.
const forged = new Map(
  [...observations].map(([key, one]) => [key, { ...one, compiled: 'allowed' as const }]),
);
report({
  results: packetResults(prepared, plan, observations),
  forged: packetResults(prepared, plan, forged),
});
await trialLab.close();
