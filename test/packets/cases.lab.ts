import type { Interconnect, Topology } from '../../src/lab/network/terrain.ts';
import { allCases } from '../cases/all.ts';
import type { PolicyCase } from '../cases/policy-case.ts';
import { externalAddressesOf } from '../cases/run.ts';
import { report } from '../lab/network/in-lab.ts';
import { type CaseReport, namesOther, startCaseLab } from './case-lab.ts';

// Every case that packets can show, in one topology. Cases whose agents need other flags have a lab of their own.
// Further arguments are names of cases: only these are played then.

const [topology, interconnect, ...names] = process.argv.slice(2) as [Topology, Interconnect, ...string[]];

const chosen = allCases.filter(
  ({ name, packets }) => packets === undefined && (names.length === 0 || names.includes(name)),
);
const externals = [...new Set(chosen.flatMap((policyCase) => externalAddressesOf(policyCase)))];
const groups = Map.groupBy(chosen, ({ options }: PolicyCase) => options?.nodeEgress ?? 'allow');

const reports: CaseReport[] = [];
for (const [nodeEgress, cases] of groups) {
  const lab = await startCaseLab({ topology, interconnect, nodeEgress, externals });
  for (const policyCase of spread(cases)) reports.push(await lab.play(policyCase));
  await lab.close();
}
report(reports);

/** The cases that have to wait for each other, evenly among the rest. */
function spread(cases: readonly PolicyCase[]): readonly PolicyCase[] {
  const waiting = cases.filter(namesOther);
  const rest = cases.filter((policyCase) => !namesOther(policyCase));
  const gap = Math.ceil(rest.length / Math.max(waiting.length, 1));
  return [
    ...waiting.flatMap((policyCase, index) => [...rest.slice(index * gap, (index + 1) * gap), policyCase]),
    ...rest.slice(waiting.length * gap),
  ];
}
