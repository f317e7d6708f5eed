import { kernelEpoch } from '../../src/agent/kernel-epoch.ts';
import type { ApiServer } from '../../src/lab/api-server/server.ts';
import { readNamespace } from '../../src/model/read/namespace.ts';
import { readNetworkPolicy } from '../../src/model/read/network-policy.ts';
import { readNode } from '../../src/model/read/node.ts';
import { readPod } from '../../src/model/read/pod.ts';
import type { Reading } from '../../src/model/read/reading.ts';
import type { Nft } from '../../src/nft/nft.ts';
import { createCompiler, defaultCompilerOptions } from '../../src/ruleset/compiler.ts';
import type { Ruleset } from '../../src/ruleset/objects.ts';
import { nodeName } from './objects.ts';

/** What the agent should have made of the API server's objects: a compiler fed once, in the kernel's epoch. */
export async function desiredRuleset(server: ApiServer, nft: Nft, node: string = nodeName): Promise<Ruleset> {
  const mask = defaultCompilerOptions.ctMarkMask;
  const epoch = kernelEpoch((await nft.list('ringfence', { terse: true })) ?? [], mask) ?? 1;
  const compiler = createCompiler({ ...defaultCompilerOptions, nodeName: node, epoch });
  const all = <T>(kind: string, read: (raw: unknown, context: { mode: 'tolerant' }) => Reading<T>): T[] =>
    server.list(kind).flatMap((raw) => read(raw, { mode: 'tolerant' }).object ?? []);
  for (const each of all('Node', readNode)) if (each.name === node) compiler.setNode(each);
  for (const namespace of all('Namespace', readNamespace)) compiler.setNamespace(namespace);
  for (const policy of all('NetworkPolicy', readNetworkPolicy)) compiler.setPolicy(policy);
  for (const pod of all('Pod', readPod)) compiler.setPod(pod);
  compiler.replacement();
  return compiler.ruleset();
}
