import process from 'node:process';
import { type Command, Option } from 'commander';
import { familiesOf } from '../model/schedule.ts';
import type { NetworkOptions } from '../lab/network/terrain.ts';
import type { LabOptions } from '../lab/lab.ts';
import type { Cluster } from '../model/cluster.ts';
import { families, type Family } from '../net/protocol.ts';

/** Options of every command that builds a lab. */
export interface LabFlags {
  readonly topology: NetworkOptions['topology'];
  readonly interconnect: NetworkOptions['interconnect'];
  readonly family?: 'ipv4' | 'ipv6' | 'dual';
  readonly deny: 'drop' | 'reject';
  readonly nodeEgress: 'allow' | 'enforce';
}

export function withLabOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--topology <kind>',
        'how pods hang on their node: a bridge as flannel has it, or routed as Calico',
      )
        .choices(['bridge', 'routed'])
        .default('bridge'),
    )
    .addOption(
      new Option('--interconnect <kind>', 'how nodes reach pods of each other')
        .choices(['routes', 'vxlan'])
        .default('vxlan'),
    )
    .addOption(
      new Option(
        '--family <which>',
        'families of addresses that the lab gives (default: those of the input)',
      ).choices(['ipv4', 'ipv6', 'dual']),
    )
    .addOption(
      new Option('--deny <how>', 'what agents do to denied connections')
        .choices(['drop', 'reject'])
        .default('drop'),
    )
    .addOption(
      new Option('--node-egress <how>', "whether egress rules judge traffic to the pod's own node")
        .choices(['allow', 'enforce'])
        .default('allow'),
    );
}

/** What a lab of this cluster is built with. The program starts itself as the agents. */
export function labOptions(flags: LabFlags, cluster: Cluster, onLog: LabOptions['onLog']): LabOptions {
  return {
    network: {
      topology: flags.topology,
      interconnect: flags.interconnect,
      families: labFamilies(flags, cluster),
    },
    command: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
    agentFlags: ['--deny', flags.deny, '--node-egress', flags.nodeEgress],
    manifests: [],
    enforce: false,
    onLog,
    settleTimeout: 20_000,
  };
}

/** The families of addresses that a lab of this cluster gives. */
export function labFamilies({ family }: LabFlags, cluster: Cluster): readonly Family[] {
  return familiesOfFlag(family) ?? familiesOf(cluster);
}

function familiesOfFlag(family: LabFlags['family']): readonly Family[] | undefined {
  switch (family) {
    case 'ipv4':
      return ['IPv4'];
    case 'ipv6':
      return ['IPv6'];
    case 'dual':
      return families;
    case undefined:
      return undefined;
  }
}
