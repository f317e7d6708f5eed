import { mkdtemp, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentStatus } from '../agent/status.ts';
import type { Cluster } from '../model/cluster.ts';
import type { Pod, PodKey } from '../model/pod.ts';
import { readPod } from '../model/read/pod.ts';
import { readService } from '../model/read/service.ts';
import { familiesOf } from '../model/schedule.ts';
import { type AgentProcess, startAgent } from './agent-process.ts';
import { type ApiServer, kubeconfigFor, startApiServer } from './api-server/server.ts';
import { type Manifest, manifestsOf, podManifest } from './manifests.ts';
import { endpointsOf } from './network/endpoints.ts';
import { type LabNetwork, startNetwork } from './network/network.ts';
import type { NetworkOptions } from './network/terrain.ts';
import { type Prober, startProber } from './probe/probe.ts';

export interface LabOptions {
  readonly network: Partial<NetworkOptions>;
  /** The command that starts an agent, without the agent's own flags: Node.js and the program. */
  readonly command: readonly string[];
  /** Further flags for every agent. */
  readonly agentFlags: readonly string[];
  /** Objects beyond what the cluster model holds, as written; they take the place of the model's. */
  readonly manifests: readonly Manifest[];
  /** Whether agents run from the start. */
  readonly enforce: boolean;
  /** Each line that an agent logs. */
  readonly onLog: (node: string, line: string) => void;
  /** Milliseconds until agents must have applied what the API server holds. */
  readonly settleTimeout: number;
}

/** A cluster in a box: network, API server, one agent process a node, probes. */
export interface Lab {
  readonly network: LabNetwork;
  readonly api: ApiServer;
  readonly prober: Prober;
  /** For agents; also for a kubectl that runs inside the lab. */
  readonly kubeconfig: string;
  /** The agents by node. */
  readonly agents: ReadonlyMap<string, AgentProcess>;
  /** Starts agents on all nodes that have none and waits until they enforce. */
  enforce(): Promise<void>;
  /** Creates or replaces objects, and waits until every agent has applied them. */
  apply(...manifests: readonly Manifest[]): Promise<void>;
  /** Deletes an object, and waits likewise. `namespace` is empty for cluster-scoped kinds. */
  delete(kind: string, namespace: string, name: string): Promise<void>;
  /** Connects a pod that has a node and addresses, and tells the API server. Waits likewise. */
  addPod(pod: Pod): Promise<void>;
  removePod(key: PodKey): Promise<void>;
  /** Makes the cluster addresses of Services lead where the API server's Services and pods say now. */
  publishServices(): Promise<void>;
  /** Resolves once every agent has applied what the API server holds now. */
  settled(): Promise<void>;
  status(node: string): Promise<AgentStatus>;
  /** Ends agents, servers and namespaces. */
  close(): Promise<void>;
}

/**
 * Builds a lab around a cluster. What the cluster leaves open (nodes, addresses) is decided as `schedule` does. The process
 * must be inside a lab (`enterLab`).
 *
 * @throws Error with a code where the host lacks something, or an agent does not come up
 */
export async function startLab(cluster: Cluster, options: LabOptions): Promise<Lab> {
  const parts = await openParts(cluster, options);
  try {
    return await furnish(parts, options);
  } catch (error) {
    // What listens would keep the process alive.
    await parts.close();
    throw error;
  }
}

type LabParts = Pick<Lab, 'network' | 'api' | 'prober' | 'close'> & {
  readonly agents: Map<string, AgentProcess>;
};

async function openParts(cluster: Cluster, options: LabOptions): Promise<LabParts> {
  const network = await startNetwork(cluster, options.network);
  const prober = startProber(network.hosts);
  prober.listenAsDeclared();
  const api = await startApiServer({
    listen: { host: network.managementAddress, port: 0 },
    // Bookmarks say how far a watch has come; frequent ones let `settled` return soon.
    bookmarkInterval: 25,
    serviceCidrs: (options.network.families ?? familiesOf(cluster)).map((family) => serviceCidr[family]),
  });
  const agents = new Map<string, AgentProcess>();
  return {
    ...{ network, prober, api, agents },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.stop()));
      agents.clear();
      await prober.close();
      await api.close();
      await network.close();
    },
  };
}

async function furnish({ network, api, prober, agents, close }: LabParts, options: LabOptions): Promise<Lab> {
  const folder = await mkdtemp('/run/ringfence-lab-');
  const kubeconfig = `${folder}/kubeconfig`;
  await writeFile(kubeconfig, kubeconfigFor(api.url), { mode: 0o600 });
  for (const manifest of [...manifestsOf(network.cluster), ...options.manifests]) api.apply(manifest);

  let published = false;
  const publishServices = async (): Promise<void> => {
    const services = api
      .list('Service')
      .flatMap((object) => readService(object, { mode: 'tolerant' }).object ?? []);
    if (services.length === 0 && !published) return;
    published = true;
    const pods = api.list('Pod').flatMap((object) => readPod(object, { mode: 'tolerant' }).object ?? []);
    await network.setServices(services, endpointsOf(services, pods));
  };
  await publishServices();

  const lab: Lab = {
    network,
    api,
    prober,
    kubeconfig,
    agents,
    async enforce() {
      for (const { name } of network.cluster.nodes) {
        if (agents.has(name)) continue;
        const address = network.managementAddressOf(name);
        const flags = [
          ...['--node-name', name, '--kubeconfig', kubeconfig],
          ...['--health-address', `${address}:9461`, '--metrics-address', `${address}:9461`],
          ...options.agentFlags,
        ];
        const argv = network.execIn(name, [...options.command, 'agent', ...flags]);
        agents.set(
          name,
          startAgent(argv, `http://${address}:9461`, (line) => {
            options.onLog(name, line);
          }),
        );
      }
      await lab.settled();
    },
    async apply(...manifests) {
      for (const manifest of manifests) api.apply(manifest);
      await lab.settled();
    },
    async delete(kind, namespace, name) {
      api.delete(kind, namespace, name);
      await lab.settled();
    },
    async addPod(pod) {
      await network.addPod(pod);
      prober.listenAsDeclared();
      api.apply(podManifest(pod));
      await publishServices();
      await lab.settled();
    },
    async removePod(key) {
      const [namespace = '', name = ''] = key.split('/');
      prober.release(key);
      await network.removePod(key);
      api.delete('Pod', namespace, name);
      await publishServices();
      await lab.settled();
    },
    publishServices,
    async settled() {
      const version = Number(api.resourceVersion());
      const deadline = Date.now() + options.settleTimeout;
      for (const [node, agent] of agents) {
        for (;;) {
          const behind = await agent.behind(version);
          if (behind === undefined) break;
          if (agent.exited !== undefined) {
            throw labError(
              'AGENT_EXITED',
              `the agent on ${node} ended: ${agent.exited}\n${agent.lastLines()}`,
            );
          }
          if (Date.now() > deadline) {
            throw labError('NOT_SETTLED', `the agent on ${node} is behind: ${behind}\n${agent.lastLines()}`);
          }
          await delay(5);
        }
      }
    },
    async status(node) {
      const agent = agents.get(node);
      if (agent === undefined) throw labError('NO_AGENT', `no agent runs on ${node}`);
      return agent.status();
    },
    close,
  };
  if (options.enforce) await lab.enforce();
  return lab;
}

const serviceCidr = { IPv4: '10.96.0.0/12', IPv6: 'fd00:10:96::/112' } as const;

function labError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
