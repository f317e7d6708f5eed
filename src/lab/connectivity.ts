import { compileNodes, isCompiledAllowed } from '../analysis/compiled-verdict.ts';
import type { Cluster } from '../model/cluster.ts';
import { readNamespace } from '../model/read/namespace.ts';
import { readNetworkPolicy } from '../model/read/network-policy.ts';
import { readNode } from '../model/read/node.ts';
import { readPod } from '../model/read/pod.ts';
import { readService } from '../model/read/service.ts';
import type { Reading, ReadContext } from '../model/read/reading.ts';
import { type Address, familyOf } from '../net/address.ts';
import { families, type Family } from '../net/protocol.ts';
import { evaluate } from '../policy/evaluate.ts';
import { endpointAt, type Flow } from '../policy/flow.ts';
import { type CompilerOptions, defaultCompilerOptions } from '../ruleset/compiler.ts';
import type { Lab } from './lab.ts';
import type { LabHost } from './network/host.ts';
import type { ProbeFlow, ProbeVerdict } from './probe/probe.ts';

/** One connection that was tried, and what the compiled rulesets say of it. */
export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly family: Family;
  readonly address: Address;
  readonly protocol: ProbeFlow['protocol'];
  readonly port: number;
  readonly packets: ProbeVerdict;
  readonly compiled: 'allowed' | 'denied';
  /** What the policies say, read without the compiler. */
  readonly policies: 'allowed' | 'denied';
  /** Whether packets did as the compiler says, and the compiler as the policies. An undecided probe never does. */
  readonly agrees: boolean;
}

/**
 * Tries every pod, node and outside host against every declared port of every pod, and against outside hosts, with real
 * packets, and asks the compiler the same.
 */
export async function measureConnectivity(
  lab: Lab,
  options: Partial<CompilerOptions> = {},
): Promise<readonly Connection[]> {
  const questions = questionsOf(lab);
  lab.prober.listenFor(questions);
  const cluster = storedCluster(lab);
  const witnesses = witnessesOf(lab, cluster, options);
  const results = await lab.prober.probe(questions);
  return results.map(({ flow, verdict, answeredBy }, index) => {
    const question = questions[index];
    if (question === undefined) throw new Error('the prober answered more than it was asked');
    const { source, destination } = question;
    const asked: Flow = {
      source: endpointAt(cluster, source),
      destination: endpointAt(cluster, flow.to),
      protocol: flow.protocol === 'OTHER' ? 'other' : flow.protocol,
      port: flow.port,
    };
    const compiled = witnesses.compiled(asked);
    const meant = witnesses.policies(asked);
    const rightHost =
      answeredBy === undefined ||
      lab.network.hosts.get(answeredBy)?.netns === lab.network.hosts.get(destination)?.netns;
    return {
      from: flow.from,
      to: destination,
      family: familyOf(flow.to),
      address: flow.to,
      protocol: flow.protocol,
      port: flow.port,
      packets: verdict,
      compiled: compiled ? 'allowed' : 'denied',
      policies: meant ? 'allowed' : 'denied',
      agrees:
        compiled === meant &&
        agrees(verdict, compiled, options.deny ?? defaultCompilerOptions.deny) &&
        (verdict !== 'allowed' || rightHost),
    };
  });
}

/** The cluster as the API server of the lab holds it now, read as the agent reads it. */
export function storedCluster(lab: Lab): Cluster {
  const read = <T>(
    kind: string,
    reader: (value: unknown, context: ReadContext) => Reading<T>,
  ): readonly T[] =>
    lab.api.list(kind).flatMap((object) => reader(object, { mode: 'tolerant' }).object ?? []);
  return {
    namespaces: read('Namespace', readNamespace),
    nodes: read('Node', readNode),
    pods: read('Pod', readPod),
    policies: read('NetworkPolicy', readNetworkPolicy),
    services: read('Service', readService),
    ingresses: [],
  };
}

/** Whether a connection is allowed: by the compiled rulesets, and by the policies as written. */
export interface Witnesses {
  readonly compiled: (flow: Flow) => boolean;
  readonly policies: (flow: Flow) => boolean;
}

/** Where no agent runs, nothing is enforced, and both say so. */
export function witnessesOf(lab: Lab, cluster: Cluster, options: Partial<CompilerOptions>): Witnesses {
  if (lab.agents.size === 0) return { compiled: () => true, policies: () => true };
  const rulesets = compileNodes(cluster, options);
  const { nodeEgress } = { ...defaultCompilerOptions, ...options };
  return {
    compiled: (flow) => isCompiledAllowed(rulesets, flow),
    policies: (flow) => evaluate(cluster, flow, { nodeEgress }).allowed,
  };
}

interface Question extends ProbeFlow {
  readonly source: Address;
  /** The name of the host that is asked. */
  readonly destination: string;
}

function questionsOf(lab: Lab): readonly Question[] {
  const hosts = [...lab.network.hosts.values()];
  const hostNetworked = new Set(
    lab.network.cluster.pods
      .filter((pod) => pod.hostNetwork)
      .map(({ namespace, name }) => `${namespace}/${name}`),
  );
  // A hostNetwork pod is its node: asking both is asking twice.
  const sources = hosts.filter(({ name }) => !hostNetworked.has(name));
  const targets = hosts.filter(({ kind }) => kind !== 'node');
  return sources.flatMap((from) =>
    targets.flatMap((to) =>
      from === to || (from.kind === 'external' && to.kind === 'external')
        ? []
        : families.flatMap((family) => questionsBetween(from, to, family)),
    ),
  );
}

function questionsBetween(from: LabHost, to: LabHost, family: Family): readonly Question[] {
  const source = from.addresses.find((address) => familyOf(address) === family);
  const target = to.addresses.find((address) => familyOf(address) === family);
  if (source === undefined || target === undefined) return [];
  const ports = to.kind === 'external' ? [{ protocol: 'TCP' as const, number: 80 }] : to.ports;
  return ports.map(({ protocol, number }) => ({
    from: from.name,
    source,
    to: target,
    destination: to.name,
    protocol,
    port: number,
  }));
}

/** Whether packets did as was said. A reset where agents drop means that nobody listened, not that somebody forbade it. */
export function agrees(verdict: ProbeVerdict, compiled: boolean, deny: 'drop' | 'reject'): boolean {
  switch (verdict) {
    case 'allowed':
      return compiled;
    case 'dropped':
      return !compiled && deny === 'drop';
    case 'rejected':
    case 'reset':
      return !compiled && deny === 'reject';
    case 'unreachable':
    case 'unknown':
      return false;
  }
}
