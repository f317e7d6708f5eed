import type { Cluster } from '../model/cluster.ts';
import type { Address } from '../net/address.ts';
import type { Endpoint, Flow, FlowProtocol } from '../policy/flow.ts';
import { compile, type CompilerOptions, defaultCompilerOptions } from '../ruleset/compiler.ts';
import { interpret } from '../ruleset/interpret.ts';
import type { Hook, Ruleset } from '../ruleset/objects.ts';
import { sharedChains } from '../ruleset/verdict-chains.ts';
import type { Packet } from '../ruleset/packet.ts';

/** The ruleset of each node of the cluster, by node name. */
export function compileNodes(
  cluster: Cluster,
  options: Partial<CompilerOptions> = {},
): ReadonlyMap<string, Ruleset> {
  return new Map(
    cluster.nodes.map(({ name }) => [
      name,
      compile(cluster, { ...defaultCompilerOptions, ...options, nodeName: name }),
    ]),
  );
}

/**
 * Whether the compiled rulesets let the first packet of a connection through, on every node that it crosses.
 * @param rulesets by node name; a node without one enforces nothing
 */
export function isCompiledAllowed(rulesets: ReadonlyMap<string, Ruleset>, flow: Flow): boolean {
  return crossings(flow).every(({ node, hook }) => {
    const ruleset = rulesets.get(node);
    return ruleset === undefined || interpret(ruleset, firstPacket(flow, hook)).verdict === 'accept';
  });
}

/** Whether the compiled rulesets tell the first packet of a connection as one that audit policies would deny. */
export function isCompiledAudited(rulesets: ReadonlyMap<string, Ruleset>, flow: Flow): boolean {
  return crossings(flow).some(({ node, hook }) => {
    const ruleset = rulesets.get(node);
    if (ruleset === undefined) return false;
    return interpret(ruleset, firstPacket(flow, hook)).trace.some(
      ({ chain }) => chain === sharedChains.audited,
    );
  });
}

interface Crossing {
  readonly node: string;
  readonly hook: Hook;
}

/** The hooks that the first packet crosses on its way, node by node. */
function crossings({ source, destination }: Flow): readonly Crossing[] {
  const [from, to] = [nodeOf(source), nodeOf(destination)];
  const path: Crossing[] = [];
  if (from !== undefined) path.push({ node: from, hook: source.kind === 'node' ? 'output' : 'forward' });
  if (to !== undefined && to !== from) path.push({ node: to, hook: 'forward' });
  // What is for a node itself is never forwarded there.
  return destination.kind === 'node'
    ? [
        ...path.filter(({ node, hook }) => node !== to || hook === 'output'),
        { node: destination.node, hook: 'input' },
      ]
    : path;
}

function nodeOf(endpoint: Endpoint): string | undefined {
  switch (endpoint.kind) {
    case 'pod':
      return endpoint.pod.nodeName;
    case 'node':
      return endpoint.node;
    case 'external':
      return undefined;
  }
}

function firstPacket(flow: Flow, hook: Hook): Packet {
  const isIPv6 = flow.source.address.includes(':');
  return {
    hook,
    source: flow.source.address,
    destination: flow.destination.address,
    sourceIsLocal: hook === 'output' && flow.source.kind === 'node',
    protocol: packetProtocol(flow.protocol, isIPv6),
    ...(flow.port === undefined ? {} : { destinationPort: flow.port }),
    ...(flow.protocol === 'ICMP' && isIPv6 ? { icmpv6Type: 128 } : {}),
    ct: {
      ...{ state: 'new', direction: 'original', mark: 0 },
      // Only behind a Service does a pod meet itself on the way.
      ...(flow.source.address === flow.destination.address
        ? { originalDestination: (isIPv6 ? '::' : '0.0.0.0') as Address }
        : {}),
    },
  };
}

function packetProtocol(protocol: FlowProtocol, isIPv6: boolean): Packet['protocol'] {
  switch (protocol) {
    case 'ICMP':
      return isIPv6 ? 'ICMPv6' : 'ICMP';
    case 'other':
      return 253;
    case 'TCP':
    case 'UDP':
    case 'SCTP':
      return protocol;
  }
}
