import { parseAllDocuments } from 'yaml';
import type { Cluster } from '../../src/model/cluster.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { podKey } from '../../src/model/pod.ts';
import { readNamespace } from '../../src/model/read/namespace.ts';
import { readNetworkPolicy } from '../../src/model/read/network-policy.ts';
import { readNode } from '../../src/model/read/node.ts';
import { readPod } from '../../src/model/read/pod.ts';
import type { ReadContext } from '../../src/model/read/reading.ts';
import { readService } from '../../src/model/read/service.ts';
import { type Address, familyOf, parseAddress } from '../../src/net/address.ts';
import { families, type Family, type Protocol } from '../../src/net/protocol.ts';
import { type Endpoint, endpointAt, type Flow } from '../../src/policy/flow.ts';
import { clusterOf } from './builders.ts';
import { baseManifests } from './cluster.ts';
import type { FlowRow, PolicyCase } from './policy-case.ts';

/** One flow of a case: a row, in one family, with the addresses of both ends. */
export interface CaseFlow {
  /** The row as written, with its family: `x/a -> x/b:80/TCP (IPv4)`. */
  readonly text: string;
  /** The ends by name, as the row has them, without family and port: `x/a`, `node/n1`, `external/203.0.113.10`. */
  readonly from: string;
  readonly to: string;
  readonly family: Family;
  readonly flow: Flow;
  readonly verdict: 'allow' | 'deny';
  /** Whether audit policies would deny it. */
  readonly audited: boolean;
}

/** An object of the Kubernetes API, as JSON has it. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name: string };
}

/** The objects of the base cluster and of the case, each once: what an API server would hold. */
export function objectsOf(policyCase: PolicyCase): readonly ApiObject[] {
  const objects = [...parsedBase, ...parseManifests(policyCase.manifests)];
  return [...new Map(objects.map((object) => [keyOf(object), object])).values()];
}

/** The cluster that the case is about, as read from what is stored; `diagnostics` is what the readers say. */
export function readCase(
  policyCase: PolicyCase,
  context: ReadContext = { mode: 'tolerant' },
): { readonly cluster: Cluster; readonly diagnostics: readonly Diagnostic[] } {
  const objects = objectsOf(policyCase);
  const readings = <T>(
    kind: string,
    read: (value: unknown, context: ReadContext) => Result<T>,
  ): Result<T>[] => objects.filter((object) => object.kind === kind).map((object) => read(object, context));
  const nodes = readings('Node', readNode);
  const namespaces = readings('Namespace', readNamespace);
  const pods = readings('Pod', readPod);
  const policies = readings('NetworkPolicy', readNetworkPolicy);
  const services = readings('Service', readService);
  const all = [...nodes, ...namespaces, ...pods, ...policies, ...services];
  if (all.length !== objects.length) throw new Error(`${policyCase.name}: a kind that no case should need`);
  return {
    cluster: clusterOf({
      nodes: understood(nodes),
      namespaces: understood(namespaces),
      pods: understood(pods),
      policies: understood(policies),
      services: understood(services),
    }),
    diagnostics: all.flatMap(({ diagnostics }) => diagnostics),
  };
}

/** The flows of a case with their addresses, in every family that both ends have. */
export function flowsOf(policyCase: PolicyCase, cluster: Cluster): readonly CaseFlow[] {
  return policyCase.flows.flatMap((row) => {
    const flows = families.flatMap((family) => flowOf(cluster, row, family) ?? []);
    if (flows.length === 0) throw new Error(`${policyCase.name}: no family for ${row[0]} -> ${row[1]}`);
    return flows;
  });
}

/** Every address outside the cluster that the flows of the case name, for whoever has to set them up. */
export function externalAddressesOf(policyCase: PolicyCase): readonly Address[] {
  const ends = policyCase.flows.flatMap(([from, to]) => [from, receiverOf(to).name]);
  const addresses = ends
    .filter((end) => end.startsWith('external/'))
    .map((end) => end.slice('external/'.length));
  return [...new Set(addresses)].map(addressFrom);
}

type Result<T> = { readonly object?: T; readonly diagnostics: readonly Diagnostic[] };

const parsedBase = parseManifests(baseManifests);

function parseManifests(text: string): readonly ApiObject[] {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as ApiObject;
  });
}

function keyOf({ kind, metadata }: ApiObject): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

function understood<T>(readings: readonly Result<T>[]): readonly T[] {
  return readings.flatMap(({ object }) => (object === undefined ? [] : [object]));
}

/** The row in this family; `undefined` where one of its ends has no address there. */
function flowOf(
  cluster: Cluster,
  [from, to, verdict, audited]: FlowRow,
  family: Family,
): CaseFlow | undefined {
  const receiver = receiverOf(to);
  const source = endpointIn(cluster, from, family);
  const destination = endpointIn(cluster, receiver.name, family);
  if (source === undefined || destination === undefined) return undefined;
  return {
    text: `${from} -> ${to} (${family})`,
    from: nameOf(from),
    to: nameOf(receiver.name),
    family,
    flow: { source, destination, ...receiver.what },
    verdict,
    audited: audited !== undefined,
  };
}

interface Receiver {
  readonly name: string;
  readonly what: { readonly protocol: Flow['protocol']; readonly port?: number };
}

function receiverOf(to: string): Receiver {
  const [, name, port, protocol, portless] = /^(.+):(?:(\d+)\/(TCP|UDP|SCTP)|(ICMP|other))$/.exec(to) ?? [];
  if (name === undefined) throw new Error(`no destination: ${to}`);
  return port === undefined
    ? { name, what: { protocol: portless as 'ICMP' | 'other' } }
    : { name, what: { protocol: protocol as Protocol, port: Number(port) } };
}

/** `x/a@IPv4` without the family. */
function nameOf(end: string): string {
  return end.replace(/@.*$/, '');
}

function endpointIn(cluster: Cluster, end: string, family: Family): Endpoint | undefined {
  const held = /@(.*)$/.exec(end)?.[1];
  if (held !== undefined && held !== family) return undefined;
  const name = nameOf(end);
  const address = addressesOf(cluster, name).find((candidate) => familyOf(candidate) === family);
  if (address === undefined) return undefined;
  const endpoint = endpointAt(cluster, address);
  const owner = endpoint.kind === 'pod' ? podKey(endpoint.pod) : endpoint.kind;
  const expected = /^(node|external)\//.exec(name)?.[1] ?? name;
  const isHostNetwork = cluster.pods.some((pod) => podKey(pod) === name && pod.hostNetwork);
  if (owner !== (isHostNetwork ? 'node' : expected))
    throw new Error(`${address} is not ${name} but ${owner}`);
  return endpoint;
}

function addressesOf(cluster: Cluster, name: string): readonly Address[] {
  const [kind = '', rest = ''] = name.split('/');
  if (kind === 'external') return [addressFrom(rest)];
  const addresses =
    kind === 'node'
      ? cluster.nodes.find((node) => node.name === rest)?.addresses
      : cluster.pods.find((pod) => podKey(pod) === name)?.addresses;
  if (addresses === undefined) throw new Error(`nothing is called ${name}`);
  return addresses;
}

function addressFrom(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`no address: ${text}`);
  return address;
}
