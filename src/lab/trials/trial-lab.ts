import { type Trial, type TrialPlan, externalName, trialKey } from '../../analysis/trials/trial.ts';
import { podKey } from '../../model/pod.ts';
import type { CompilerOptions } from '../../ruleset/compiler.ts';
import { storedCluster, type Witnesses, witnessesOf } from '../connectivity.ts';
import { type Lab, type LabOptions, startLab } from '../lab.ts';
import { namespaceManifest, podManifest, policyManifest } from '../manifests.ts';
import { endpointsOf } from '../network/endpoints.ts';
import type { LabHost } from '../network/host.ts';
import { type ProbeOptions, type ProbeResult, type Prober, startProber } from '../probe/probe.ts';
import { connectionOf, type TrialConnection } from './connections.ts';
import type { Observation } from './observation.ts';

/** A lab of one cluster in which suites are tried, one after the other, each with its own policies and its own strangers. */
export interface TrialLab {
  readonly lab: Lab;
  /** What packets do on the connections of a plan: by `trialKey`. The plan's cluster is this lab's, but for policies and for pods that it adds. */
  play(plan: TrialPlan): Promise<ReadonlyMap<string, Observation>>;
  close(): Promise<void>;
}

export interface TrialLabOptions extends LabOptions {
  readonly compiler: Pick<CompilerOptions, 'deny' | 'nodeEgress'>;
}

// Silence is taken for a denial after this many times the slowest answer of the connections while nothing was denied: the
// longer the busier the machine. A connection that should be answered and is late is asked again, for nothing answers by mistake.
const patience = 5;
const shortestMs = 150;
const longestMs = 3000;

/**
 * Starts a lab of a cluster. The process must be inside a lab (`enterLab`).
 * @param cluster complete, see `schedule`; its policies are left out
 */
export async function startTrialLab(
  cluster: TrialPlan['cluster'],
  { compiler, ...options }: TrialLabOptions,
): Promise<TrialLab> {
  const lab = await startLab({ ...cluster, policies: [] }, { ...options, enforce: true });
  const senders = new Map<string, LabHost>();
  const prober = startProber(senders);
  return {
    lab,
    async play(plan) {
      const namespaces = await plug(lab, plan);
      try {
        fill(senders, lab);
        return await observe(lab, prober, plan, compiler);
      } finally {
        await unplug(lab, plan, namespaces);
      }
    },
    async close() {
      await prober.close();
      await lab.close();
    },
  };
}

/** Brings in whom the plan adds. Returns the namespaces that were made for it. */
async function plug(lab: Lab, { cluster, added, externals }: TrialPlan): Promise<readonly string[]> {
  for (const address of externals) {
    const name = externalName(address);
    if (!lab.network.hosts.has(name)) await lab.network.addExternal({ name, addresses: [address] });
  }
  const before = new Set(lab.api.list('Namespace').map(nameOf));
  for (const namespace of cluster.namespaces) lab.api.apply(namespaceManifest(namespace));
  for (const pod of added) {
    await lab.network.addPod(pod);
    lab.api.apply(podManifest(pod));
  }
  // Whoever was added is a pod like others, but not behind anybody's Service: trials are about the pods that there are.
  const stored = storedCluster(lab);
  await lab.network.setServices(stored.services, endpointsOf(stored.services, ownPods(stored.pods, added)));
  await lab.settled();
  return lab.api
    .list('Namespace')
    .map(nameOf)
    .filter((name) => !before.has(name));
}

function ownPods(pods: TrialPlan['cluster']['pods'], added: TrialPlan['added']): TrialPlan['added'] {
  const keys = new Set(added.map(podKey));
  return pods.filter((pod) => !keys.has(podKey(pod)));
}

function nameOf(object: unknown): string {
  return (object as { readonly metadata: { readonly name: string } }).metadata.name;
}

async function unplug(lab: Lab, { added }: TrialPlan, namespaces: readonly string[]): Promise<void> {
  for (const policy of storedCluster(lab).policies) {
    lab.api.delete('NetworkPolicy', policy.namespace, policy.name);
  }
  for (const pod of added) {
    lab.prober.release(podKey(pod));
    await lab.network.removePod(podKey(pod));
    lab.api.delete('Pod', pod.namespace, pod.name);
  }
  for (const name of namespaces) lab.api.delete('Namespace', '', name);
  await lab.settled();
}

/** Whoever stands in a node's namespace sends from the node's own address: the kernel would take that of the tunnel. */
function fill(senders: Map<string, LabHost>, { network }: Lab): void {
  const hosts = [...network.hosts];
  const nodes = new Set(hosts.flatMap(([, { kind, netns }]) => (kind === 'node' ? [netns] : [])));
  senders.clear();
  for (const [name, host] of hosts)
    senders.set(name, nodes.has(host.netns) ? { ...host, bindSource: true } : host);
}

async function observe(
  lab: Lab,
  prober: Prober,
  plan: TrialPlan,
  compiler: TrialLabOptions['compiler'],
): Promise<ReadonlyMap<string, Observation>> {
  const trials = new Map<string, Trial>(
    plan.checks.flatMap((check) => check.trials.map((trial) => [trialKey(trial), trial] as const)),
  );
  const before = storedCluster(lab);
  const behind = ownPods(before.pods, plan.added);
  const found = [...trials].map(
    ([key, trial]) => [key, trial, connectionOf(trial, lab.network.hosts, before, behind)] as const,
  );
  const asked = found.flatMap(([key, , one]) => (typeof one === 'string' ? [] : [[key, one] as const]));
  const connections = asked.map(([, connection]) => connection);
  lab.prober.listenFor(connections.flatMap(({ listeners }) => listeners));
  const open = await ask(prober, connections, () => true, longestMs / 6);
  const slowest = Math.max(0, ...open.filter(({ verdict }) => verdict === 'allowed').map(({ ms }) => ms));

  await lab.apply(...plan.cluster.policies.map(policyManifest));
  const witnesses = witnessesOf(lab, storedCluster(lab), compiler);
  const said = connections.map(({ flows }) => flows.map((flow) => witnesses.compiled(flow)));
  const silence = Math.min(Math.max(slowest * patience, shortestMs), longestMs);
  const closed = await ask(
    prober,
    connections,
    (at) => said[at]?.every((allowed) => allowed) === true || connections[at]?.trial.expected === 'allowed',
    silence,
  );
  return new Map([
    ...found.flatMap(([key, trial, reason]): readonly (readonly [string, Observation])[] =>
      typeof reason === 'string' ? [[key, { trial, saw: 'absent', packets: 'unknown', reason }]] : [],
    ),
    ...asked.map(
      ([key, connection], at) =>
        [key, observation(lab, connection, open[at], closed[at], witnesses, compiler.deny)] as const,
    ),
  ]);
}

/** Asks all at once, and those once more, with patience, that stay silent and should not. */
async function ask(
  prober: Prober,
  connections: readonly TrialConnection[],
  shouldAnswer: (at: number) => boolean,
  timeoutMs: number,
): Promise<readonly ProbeResult[]> {
  const look = (
    some: readonly TrialConnection[],
    how: Partial<ProbeOptions>,
  ): Promise<readonly ProbeResult[]> =>
    prober.probe(
      some.map(({ probe }) => probe),
      how,
    );
  const results = [...(await look(connections, { timeoutMs, tries: 2 }))];
  const late = results.flatMap(({ verdict }, at) => (isSilence(verdict) && shouldAnswer(at) ? [at] : []));
  if (late.length === 0) return results;
  const again = await look(
    late.flatMap((at) => connections[at] ?? []),
    { timeoutMs: longestMs, tries: 6 },
  );
  for (const [index, at] of late.entries()) {
    const result = again[index];
    if (result !== undefined) results[at] = result;
  }
  return results;
}

function isSilence(verdict: ProbeResult['verdict']): boolean {
  return verdict === 'dropped' || verdict === 'unknown';
}

function observation(
  { network }: Lab,
  { trial, flows, probe }: TrialConnection,
  open: ProbeResult | undefined,
  closed: ProbeResult | undefined,
  witnesses: Witnesses,
  deny: CompilerOptions['deny'],
): Observation {
  if (open === undefined || closed === undefined)
    throw new Error('the prober answered less than it was asked');
  const packets = closed.verdict;
  const unproven = (reason: string): Observation => ({ trial, saw: 'unproven', packets, reason });
  const isRight = ({ answeredBy }: ProbeResult): boolean =>
    answeredBy === undefined ||
    flows.some(({ host }) => network.hosts.get(answeredBy)?.netns === network.hosts.get(host)?.netns);
  if (open.verdict !== 'allowed')
    return unproven(`without policies it is not answered either (${open.verdict})`);
  if (!isRight(open) || !isRight(closed)) {
    return unproven(`${closed.answeredBy ?? open.answeredBy ?? 'somebody else'} answered in its place`);
  }
  // Of a Service, the pod that answered tells which one was tried; silence may be that of any of them.
  const answered = flows.filter(({ host }) => closed.answeredBy === undefined || host === closed.answeredBy);
  const allows = (witness: (flow: TrialConnection['flows'][number]) => boolean): 'allowed' | 'denied' =>
    (packets === 'allowed' && answered.length > 0 ? answered : flows).every(witness) ? 'allowed' : 'denied';
  const said = { compiled: allows(witnesses.compiled), policies: allows(witnesses.policies) };
  if (packets === 'allowed') return { trial, saw: 'answered', packets, ...said };
  if (isDenial(packets, probe.to, network.hosts, deny)) return { trial, saw: 'denied', packets, ...said };
  return unproven(`under the policies it ended with ${packets}, which is no way to deny it`);
}

/** A silent address without owner is a cluster address: that it was answered without policies is the control. */
function isDenial(
  packets: ProbeResult['verdict'],
  address: TrialConnection['probe']['to'],
  hosts: ReadonlyMap<string, LabHost>,
  deny: CompilerOptions['deny'],
): boolean {
  const isOwned = [...hosts.values()].some(({ addresses }) => addresses.includes(address));
  if (deny === 'reject') return packets === 'rejected' || packets === 'reset';
  return packets === 'dropped' || (packets === 'unknown' && !isOwned);
}
