import { type Lab, startLab } from '../../src/lab/lab.ts';
import type { Interconnect, Topology } from '../../src/lab/network/terrain.ts';
import type { Manifest } from '../../src/lab/manifests.ts';
import type { Service } from '../../src/model/cluster.ts';
import type { Pod } from '../../src/model/pod.ts';
import { families } from '../../src/net/protocol.ts';
import { agentCommand } from './agent-command.ts';
import { nodeOf } from '../cases/builders.ts';
import { cluster } from '../lab/network/cluster.ts';

/** The topology that the script was started for. */
export const terrain = process.argv.slice(2, 4) as [Topology, Interconnect];

/** A lab of two nodes, n1 and n2, in both families, with these pods and an agent a node. */
export function startFlowLab(
  pods: readonly Pod[],
  {
    services = [],
    agentFlags = [],
    command = agentCommand(),
    onLog = (node, line) => process.stderr.write(`${node}: ${line}\n`),
  }: {
    services?: readonly Service[];
    agentFlags?: readonly string[];
    command?: readonly string[];
    onLog?: (node: string, line: string) => void;
  } = {},
): Promise<Lab> {
  const [topology, interconnect] = terrain;
  return startLab(cluster(pods, { nodes: ['n1', 'n2'].map((name) => nodeOf(name)), services }), {
    network: { topology, interconnect, families },
    command,
    // Nobody reads it but where a script fails.
    agentFlags: ['--log-level', 'debug', ...agentFlags],
    manifests: [],
    enforce: true,
    onLog,
    settleTimeout: 30_000,
  });
}

/** A policy in namespace x. */
export function policy(
  name: string,
  spec: unknown,
  annotations: Readonly<Record<string, string>> = {},
): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: 'x', name, annotations },
    spec,
  };
}
