import { planTrials } from '../../analysis/trials/plan-trials.ts';
import { placeSuite } from '../../analysis/trials/place-suite.ts';
import type { Cluster } from '../../model/cluster.ts';
import { families, type Family } from '../../net/protocol.ts';
import { startTrialLab, type TrialLab } from '../../lab/trials/trial-lab.ts';
import { labFamilies, type LabFlags, labOptions } from '../lab-options.ts';
import { packetResults, untriedRun } from './packet-results.ts';
import type { PacketRun } from './run-tests.ts';

/** Connections that are tried for one line: silence takes its time. */
const mostTrials = 200;

/** That a family goes untried because the cluster does not speak it is said once; who asks for one family knows. */
export function familyNote(spoken: readonly Family[]): string | undefined {
  const untried = families.filter((family) => !spoken.includes(family));
  return untried.length === 0
    ? undefined
    : `note: the cluster speaks ${spoken.join(', ')}, so ${untried.join(', ')} is not tried; --family dual tries both\n`;
}

/** Tries suites in labs, each in the lab of its cluster. The process must be inside a lab (`enterLab`). */
export function createPacketRun(
  flags: LabFlags,
  onLog: (node: string, line: string) => void,
  note: (text: string) => void,
): PacketRun & { close(): Promise<void> } {
  const noted = new Set<string>();
  let current: { readonly key: string; readonly lab: TrialLab } | undefined;
  const close = async (): Promise<void> => {
    await current?.lab.close();
    current = undefined;
  };
  const labOf = async (cluster: Cluster): Promise<TrialLab> => {
    const options = labOptions(flags, cluster, onLog);
    // Suites of one cluster follow each other, mostly: to build a lab takes longer than to change its policies.
    const key = JSON.stringify({ ...cluster, policies: [] });
    if (current?.key === key) return current.lab;
    await close();
    const { deny, nodeEgress } = flags;
    const lab = await startTrialLab(cluster, { ...options, compiler: { deny, nodeEgress } });
    current = { key, lab };
    return lab;
  };
  return {
    place(suite, reach) {
      const families = labFamilies(flags, reach.cluster);
      const text = flags.family === undefined ? familyNote(families) : undefined;
      if (text !== undefined && !noted.has(text)) note(text);
      if (text !== undefined) noted.add(text);
      return placeSuite(suite, reach, families);
    },
    async results(prepared) {
      const { cluster } = prepared.world.reach;
      const plan = planTrials(prepared, { families: labFamilies(flags, cluster), most: mostTrials });
      const lab = await labOf(cluster);
      return packetResults(prepared, plan, await lab.play(plan));
    },
    problemsOf: untriedRun,
    close,
  };
}
