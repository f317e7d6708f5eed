import { Command } from 'commander';
import type { Connection } from '../../lab/connectivity.ts';
import { policyManifest } from '../../lab/manifests.ts';
import { exitCode } from '../exit-code.ts';
import { readInput } from '../input-options.ts';
import { type LabFlags, labOptions, withLabOptions } from '../lab-options.ts';
import { agreementText, changesText, connectivityTable } from '../output/connectivity.ts';
import type { Finish } from '../program.ts';
import { sampleFolder } from '../sample-folder.ts';
import type { Terminal } from '../terminal.ts';

/** `ringfence lab demo`: the sample cluster, its policies one after the other, packets beside the compiler. */
export function labDemoCommand(terminal: Terminal, finish: Finish): Command {
  return withLabOptions(new Command('demo'))
    .summary('enforce the sample policies on real packets, one after the other')
    .description(
      `Builds the sample cluster in network namespaces of its own, applies its policies one after the other, and
shows after each what real packets do beside what the compiler says. Exit code 0 where both agree, 1 where not.`,
    )
    .addHelpText(
      'after',
      `
Examples:
  ringfence lab demo
  ringfence lab demo --topology routed --family dual`,
    )
    .action(async (flags: LabFlags) => {
      // Loaded only here: the lab needs Linux and koffi, and other commands do without.
      const [{ enterLab }, { startLab }, { measureConnectivity }] = await Promise.all([
        import('../../lab/network/enter.ts'),
        import('../../lab/lab.ts'),
        import('../../lab/connectivity.ts'),
      ]);
      await enterLab();
      const cluster = await readInput({ filename: [sampleFolder] }, terminal);
      if (cluster === undefined) {
        finish(exitCode.cannotAnswer);
        return;
      }
      const { policies } = cluster;
      const lab = await startLab(
        { ...cluster, policies: [] },
        labOptions(flags, cluster, () => undefined),
      );
      try {
        const { nodes, pods } = lab.network.cluster;
        terminal.out(
          `A cluster in network namespaces: ${String(nodes.length)} nodes, ${String(pods.length)} pods, an outside world; ${flags.topology}, ${flags.interconnect}.\n` +
            'An API server, and one agent process on each node, as the DaemonSet runs them.\n\n',
        );
        await lab.enforce();
        let before = await measureConnectivity(lab, flags);
        terminal.out(
          `Before any policy:\n\n${connectivityTable(before, terminal.colour.out)}\n${agreementText(before)}`,
        );
        let agree = isAgreement(before);
        // In the order of the file, as a person would apply them.
        for (const policy of policies.toSorted((a, b) => (a.source?.line ?? 0) - (b.source?.line ?? 0))) {
          const start = performance.now();
          await lab.apply(policyManifest(policy));
          const applied = performance.now() - start;
          const after = await measureConnectivity(lab, flags);
          agree &&= isAgreement(after);
          terminal.out(
            `\nnetworkpolicy ${policy.namespace}/${policy.name} applied, in all kernels after ${applied.toFixed(0)} ms\n` +
              changesText(before, after) +
              agreementText(after),
          );
          before = after;
        }
        terminal.out(`\nWith all policies:\n\n${connectivityTable(before, terminal.colour.out)}\n`);
        terminal.out(agree ? 'Packets and compiler agree.\n' : 'Packets and compiler DISAGREE.\n');
        finish(agree ? exitCode.yes : exitCode.no);
      } finally {
        await lab.close();
      }
    });
}

function isAgreement(connections: readonly Connection[]): boolean {
  return connections.every(({ agrees }) => agrees);
}
