import { setTimeout as delay } from 'node:timers/promises';
import { type Lab, startLab } from '../../src/lab/lab.ts';
import type { LabHost } from '../../src/lab/network/host.ts';
import { run } from '../../src/lab/network/run.ts';
import type { Interconnect, Topology } from '../../src/lab/network/terrain.ts';
import {
  type ProbeFlow,
  type ProbeOptions,
  type ProbeResult,
  startProber,
} from '../../src/lab/probe/probe.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { type Pod, podKey } from '../../src/model/pod.ts';
import type { Address } from '../../src/net/address.ts';
import { families } from '../../src/net/protocol.ts';
import type { PolicyCase } from '../cases/policy-case.ts';
import { agentCommand } from './agent-command.ts';
import { type ApiObject, type CaseFlow, flowsOf, objectsOf, readCase } from '../cases/run.ts';

/** A lab that holds the base cluster of the case tables and becomes one case after the other. */
export interface CaseLab {
  /** Plays a case: first without its policies, when everything has to pass, then with them. */
  play(policyCase: PolicyCase): Promise<CaseReport>;
  close(): Promise<void>;
}

/** What packets did in one case. */
export interface CaseReport {
  readonly name: string;
  readonly flows: number;
  readonly denied: number;
  /** Flows that did not pass before there were policies: what is denied later proves nothing for them. */
  readonly closedWithoutPolicies: readonly string[];
  /** Where packets and the table differ. */
  readonly differences: readonly string[];
  /** Flows that were answered only when they were asked again, with more time. */
  readonly late: number;
  /** The slowest answer in milliseconds. */
  readonly slowestAnswer: number;
  /** After how much silence a flow counted as denied. */
  readonly silenceMs: number;
  /** From the first change to the last verdict, in milliseconds. */
  readonly took: number;
}

export interface CaseLabOptions {
  readonly topology: Topology;
  readonly interconnect: Interconnect;
  readonly nodeEgress: 'allow' | 'enforce';
  /** Every address outside of the cluster that a case speaks of. */
  readonly externals: readonly Address[];
}

// Silence is taken for a denial after this many times the slowest answer of the case before it had policies: the longer
// the busier the machine, and never shorter than the minimum. An allowed flow that is late all the same is asked again,
// for nothing answers by mistake.
const patience = 5;
const shortestMs = 100;
const longestMs = 3000;

const emptyCase: PolicyCase = { name: 'base', source: '', manifests: '', flows: [] };

/** Starts a lab of the base cluster with one agent a node. The process must be the root process of a lab. */
export async function startCaseLab(options: CaseLabOptions): Promise<CaseLab> {
  const { cluster } = readCase(emptyCase);
  const lab = await startLab(cluster, {
    network: {
      topology: options.topology,
      interconnect: options.interconnect,
      families,
      externals: options.externals.map((address) => ({ name: `external/${address}`, addresses: [address] })),
    },
    command: agentCommand(),
    agentFlags: ['--log-level', 'warn', '--node-egress', options.nodeEgress],
    manifests: objectsOf(emptyCase).map((object) => ({ ...object })),
    enforce: true,
    onLog: () => undefined,
    settleTimeout: 30_000,
  });
  const senders = new Map<string, LabHost>();
  const prober = startProber(senders);
  for (const { name } of lab.network.cluster.nodes) await forgetOther(lab, name);
  let lastOther = -Infinity;

  /** Without its policies, or with them. */
  const become = async (policyCase: PolicyCase, what: 'open' | 'whole'): Promise<void> => {
    const objects = objectsOf(policyCase).filter(({ kind }) => what === 'whole' || kind !== 'NetworkPolicy');
    await plug(lab, policyCase);
    withdraw(lab, objects);
    for (const object of objects) {
      const asIs = object.kind === 'NetworkPolicy' && policyCase.refused !== undefined;
      lab.api.apply(object, { asIs });
    }
    await lab.settled();
    senders.clear();
    for (const [name, host] of sendersOf(lab)) senders.set(name, host);
  };

  const ask = async (
    flows: readonly CaseFlow[],
    expected: (flow: CaseFlow) => 'allow' | 'deny',
    timeoutMs: number,
  ): Promise<{ wrong: readonly string[]; late: number; slowestAnswer: number }> => {
    const look = async (some: readonly CaseFlow[], how: Partial<ProbeOptions>): Promise<readonly Seen[]> => {
      const results = await prober.probe(some.map(probeFlow), how);
      return some.map((flow, index) => seen(lab, flow, expected(flow), results[index]));
    };
    const first = await look(flows, { timeoutMs, tries: 1 });
    // Nothing answers by mistake, so only a silence that should not be is asked again.
    const silent = first.filter((one) => !one.right && one.silence && expected(one.flow) === 'allow');
    const again = silent.map((one) => one.flow);
    const second = again.length === 0 ? [] : await look(again, { timeoutMs: longestMs, tries: 6 });
    const wrong = [...first.filter((one) => !silent.includes(one)), ...second].filter((one) => !one.right);
    return {
      wrong: wrong.map((one) => one.text),
      late: second.filter((one) => one.right).length,
      slowestAnswer: Math.max(0, ...[...first, ...second].filter((one) => one.answered).map((one) => one.ms)),
    };
  };

  return {
    async play(policyCase) {
      const start = performance.now();
      if (namesOther(policyCase)) await delay(lastOther + otherTimeout * 1000 + 100 - start);
      const flows = flowsOf(policyCase, readCase(policyCase).cluster);
      await become(policyCase, 'open');
      lab.prober.listenFor(flows.map(probeFlow));
      const open = await ask(flows, () => 'allow', longestMs / 10);
      await become(policyCase, 'whole');
      const silenceMs = Math.min(Math.max(open.slowestAnswer * patience, shortestMs), longestMs);
      const judged = await ask(flows, ({ verdict }) => verdict, silenceMs);
      if (namesOther(policyCase)) lastOther = performance.now();
      return {
        name: policyCase.name,
        flows: flows.length,
        denied: flows.filter(({ verdict }) => verdict === 'deny').length,
        closedWithoutPolicies: open.wrong,
        differences: judged.wrong,
        late: open.late + judged.late,
        slowestAnswer: Math.max(open.slowestAnswer, judged.slowestAnswer),
        silenceMs,
        took: performance.now() - start,
      };
    },
    async close() {
      await prober.close();
      await lab.close();
    },
  };
}

// To conntrack, all packets of a protocol without ports between two addresses are one connection, whoever sent first. A
// flow would be the reply of one that an earlier case had the other way round; so these connections have to be forgotten
// in between.
const otherTimeout = 1;

async function forgetOther(lab: Lab, node: string): Promise<void> {
  const setting = `net.netfilter.nf_conntrack_generic_timeout=${otherTimeout}`;
  await run(lab.network.execIn(node, ['sysctl', '-q', '-w', setting]));
}

/** Whether a case sends packets of a protocol without ports. */
export function namesOther({ flows }: PolicyCase): boolean {
  return flows.some(([, to]) => to.endsWith(':other'));
}

/** Plugs in the running pods of the case, and unplugs those of the case before. */
async function plug(lab: Lab, policyCase: PolicyCase): Promise<void> {
  const { cluster } = readCase(policyCase);
  const wanted = new Map(connectedPods(cluster).map((pod) => [podKey(pod), pod]));
  for (const { name, kind, addresses } of [...lab.network.hosts.values()]) {
    if (kind !== 'pod') continue;
    const pod = wanted.get(name as ReturnType<typeof podKey>);
    if (pod?.hostNetwork === true || pod?.addresses.join() === addresses.join()) continue;
    lab.prober.release(name);
    await lab.network.removePod(name as ReturnType<typeof podKey>);
  }
  for (const [key, pod] of wanted) {
    if (!lab.network.hosts.has(key)) await lab.network.addPod(pod);
  }
}

/** A finished pod has no address any more, whatever its status says; one that waits for an address has none yet. */
function connectedPods({ pods }: Cluster): readonly Pod[] {
  return pods.filter((pod) => !pod.finished && pod.addresses.length > 0);
}

const changingKinds = ['NetworkPolicy', 'Service', 'Pod', 'Namespace'];
const serversOwn = ['default', 'kube-system'];

/** Deletes what the API server holds and the case does not; a namespace that no object declares exists for its pods. */
function withdraw(lab: Lab, objects: readonly ApiObject[]): void {
  const keys = new Set(objects.map(keyOf));
  const inhabited = new Set(objects.map(({ metadata }) => metadata.namespace ?? ''));
  for (const kind of changingKinds) {
    for (const object of lab.api.list(kind) as readonly ApiObject[]) {
      const { namespace = '', name } = object.metadata;
      if (keys.has(keyOf({ ...object, kind }))) continue;
      if (kind === 'Namespace' && (serversOwn.includes(name) || inhabited.has(name))) continue;
      lab.api.delete(kind, namespace, name);
    }
  }
}

function keyOf({ kind, metadata }: ApiObject): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

/**
 * Everybody, and whoever stands in a node's namespace sends from the node's own address: the kernel would take that of
 * the tunnel for pods of other nodes, and the tables speak of the node's.
 */
function sendersOf({ network }: Lab): ReadonlyMap<string, LabHost> {
  const nodes = new Set(
    [...network.hosts.values()].flatMap(({ kind, netns }) => (kind === 'node' ? [netns] : [])),
  );
  return new Map(
    [...network.hosts].map(([name, host]) => [
      name,
      nodes.has(host.netns) ? { ...host, bindSource: true } : host,
    ]),
  );
}

function probeFlow({ from, flow }: CaseFlow): ProbeFlow {
  return {
    from: from.replace(/^node\//, ''),
    to: flow.destination.address,
    protocol: flow.protocol === 'other' ? 'OTHER' : flow.protocol,
    port: flow.port ?? 0,
  };
}

interface Seen {
  readonly flow: CaseFlow;
  readonly right: boolean;
  readonly answered: boolean;
  readonly silence: boolean;
  readonly ms: number;
  readonly text: string;
}

/** Denied is dropped by a listener that answers others; allowed is an answer of whoever has the address. */
function seen(lab: Lab, flow: CaseFlow, expected: 'allow' | 'deny', result: ProbeResult | undefined): Seen {
  if (result === undefined) throw new Error(`not probed: ${flow.text}`);
  const { verdict, answeredBy = 'nobody known', ms } = result;
  const owns = lab.network.hosts.get(answeredBy)?.addresses.includes(flow.flow.destination.address) === true;
  const saw = verdict === 'allowed' && !owns ? `answered by ${answeredBy}` : verdict;
  return {
    flow,
    right: saw === (expected === 'allow' ? 'allowed' : 'dropped'),
    answered: verdict === 'allowed',
    silence: verdict === 'dropped' || verdict === 'unknown',
    ms,
    text: `${flow.text}: the table says ${expected}, packets say ${saw}`,
  };
}
