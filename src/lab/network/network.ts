import type { Cluster, Service } from '../../model/cluster.ts';
import { type Pod, type PodKey, podKey } from '../../model/pod.ts';
import type { Address } from '../../net/address.ts';
import { hostCidr } from '../../net/cidr.ts';
import { apply, inNetns } from './apply.ts';
import type { ServiceEndpoints } from './endpoints.ts';
import { type LabHost, outsideNetns, podInterface, podNetns } from './host.ts';
import { type Plan, assertUnique, externalHost, planNetwork, podHost, runningPods } from './plan.ts';
import { planPod, strayRoutes } from './pod-plan.ts';
import { renderRoute } from './render.ts';
import { run, runAll } from './run.ts';
import { familiesOf, schedule } from '../../model/schedule.ts';
import { servicesRuleset } from './services.ts';
import { type External, type NetworkOptions, managementAddress, placeOf } from './terrain.ts';

/** A network that runs, in the lab that this process is the root of. Calls must not overlap. */
export interface LabNetwork {
  /** The cluster as it was built: complete, see `schedule`. Pods added later are not in it. */
  readonly cluster: Cluster;
  /** Everybody by name: `namespace/name` of pods, node names, outside hosts. Follows `addPod` and `removePod`. */
  readonly hosts: ReadonlyMap<string, LabHost>;
  /** Where a server of this process is reached from node namespaces. Pods do not reach it. */
  readonly managementAddress: Address;
  /** Where a server of a node's namespace is reached from this process. */
  managementAddressOf(node: string): Address;
  /** `argv` so that it runs where the host stands, for an agent on a node, or a user's command in a pod. */
  execIn(host: string, argv: readonly string[]): readonly string[];
  /** Connects a pod that has a node and addresses. */
  addPod(pod: Pod): Promise<LabHost>;
  /** Unplugs a pod. Sockets that this process has in its namespace must be closed before. */
  removePod(key: PodKey): Promise<void>;
  /** Gives the outside world a host. Addresses that it has already stay what they are. */
  addExternal(external: External): Promise<LabHost>;
  /** Replaces all ClusterIPs on every node, on each in one transaction. */
  setServices(services: readonly Service[], endpoints: readonly ServiceEndpoints[]): Promise<void>;
  /** Takes everything down that a later network in the same lab would stumble over. */
  close(): Promise<void>;
}

export const defaultNetworkOptions: Omit<NetworkOptions, 'families'> = {
  topology: 'bridge',
  interconnect: 'routes',
  externals: [{ name: 'outside', addresses: ['203.0.113.10' as Address, '2001:db8:1::10' as Address] }],
  masquerade: false,
};

/**
 * Builds the network of a cluster; what the cluster leaves open is decided by `schedule`. Families are those that the
 * cluster speaks of, unless given. The process must be inside a lab (`enterLab`).
 *
 * @throws Error with code `LAB_INVALID`, `LAB_ADDRESSES_EXHAUSTED`, `BR_NETFILTER_MISSING` or `COMMAND_FAILED`.
 */
export async function startNetwork(
  cluster: Cluster,
  options: Partial<NetworkOptions> = {},
): Promise<LabNetwork> {
  const all = { ...defaultNetworkOptions, families: familiesOf(cluster), ...options };
  const externals = all.externals.flatMap((external) => external.addresses);
  const plan = planNetwork(schedule(cluster, all.families, { reserved: externals }), all);
  await apply(plan.setup);
  return runningNetwork(plan);
}

function runningNetwork(plan: Plan): LabNetwork {
  const { terrain } = plan;
  const hosts = new Map(plan.hosts.map((host) => [host.name, host]));
  const pods = new Map(runningPods(plan.cluster).map((pod) => [podKey(pod), pod]));

  const hostOf = (name: string): LabHost => {
    const host = hosts.get(name);
    if (host !== undefined) return host;
    throw Object.assign(new Error(`nobody in the lab is called ${name}`), { code: 'LAB_UNKNOWN_HOST' });
  };

  return {
    cluster: plan.cluster,
    hosts,
    managementAddress,
    managementAddressOf(node) {
      const place = terrain.places.find((candidate) => candidate.node.name === node);
      if (place !== undefined) return place.management;
      throw Object.assign(new Error(`the lab has no node ${node}`), { code: 'LAB_UNKNOWN_HOST' });
    },
    execIn: (host, argv) => ['ip', 'netns', 'exec', hostOf(host).netns, ...argv],

    async addPod(pod) {
      const host = podHost(terrain, pod);
      assertUnique([...hosts.values(), host]);
      await apply(planPod(terrain, pod));
      pods.set(podKey(pod), pod);
      hosts.set(host.name, host);
      return host;
    },

    async removePod(key) {
      const host = hostOf(key);
      const pod = pods.get(key);
      if (pod === undefined || host.kind !== 'pod') throw new RangeError(`${key} is not a pod`);
      hosts.delete(key);
      pods.delete(key);
      if (pod.hostNetwork) return;
      const device = podInterface(terrain.options.topology, pod);
      // Both ends go with this one, at once; a namespace lives on while anything in it does.
      await run(inNetns(placeOf(terrain, pod).netns, ['ip', 'link', 'delete', 'dev', device]));
      await run(['ip', 'netns', 'delete', podNetns(pod)]);
      await runAll(strayRoutes(terrain, pod), 4, async ({ netns, routes }) => {
        const lines = routes.map((route) => `route delete ${renderRoute(route)}\n`).join('');
        await run(inNetns(netns, ['ip', '-batch', '-']), lines);
      });
    },

    async addExternal(external) {
      const host = externalHost(external);
      assertUnique([...hosts.values(), host]);
      for (const address of external.addresses) {
        await run(inNetns(outsideNetns, ['ip', 'address', 'add', hostCidr(address), 'dev', 'lo']));
      }
      hosts.set(host.name, host);
      return host;
    },

    async setServices(services, endpoints) {
      const ruleset = servicesRuleset(services, endpoints);
      await runAll(terrain.places, 4, async ({ netns }) => {
        await run(inNetns(netns, ['nft', '-f', '-']), ruleset);
      });
    },

    async close() {
      const connected = [...pods.values()].filter((pod) => !pod.hostNetwork);
      const namespaces = [
        outsideNetns,
        ...terrain.places.map((place) => place.netns),
        ...connected.map(podNetns),
      ];
      const links = ['mgmt0', ...terrain.places.map((place) => `node${String(place.index)}`)];
      hosts.clear();
      pods.clear();
      const lines = [
        ...links.map((link) => `link delete dev ${link}\n`),
        ...namespaces.map((netns) => `netns delete ${netns}\n`),
      ];
      await run(['ip', '-batch', '-'], lines.join(''));
    },
  };
}
