import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '../../kube/client.ts';
import type { Log } from '../../kube/log.ts';
import type { ObjectName } from '../../kube/raw-object.ts';
import { createReflector, type Reflector } from '../../kube/reflector.ts';
import type { Service } from '../../model/cluster.ts';
import { type Pod, type PodKey, podKey } from '../../model/pod.ts';
import { readPod } from '../../model/read/pod.ts';
import { readService } from '../../model/read/service.ts';
import { schedule } from '../../model/schedule.ts';
import { familyOf } from '../../net/address.ts';
import type { ApiObject } from '../api-server/json.ts';
import type { Lab } from '../lab.ts';
import type { OneAtATime } from './one-at-a-time.ts';
import { pendingPod, readyNode, runningPod } from './kubelet-status.ts';

/** Scheduler, kubelets and service proxies of a lab in one. */
export interface Kubelet {
  /** Resolves once all pods and Services that the API server holds now are connected, or shown as pending. */
  settled(): Promise<void>;
}

/**
 * Gives pods that somebody creates a node and addresses, connects them and shows them as running; unplugs those that
 * somebody deletes; keeps the cluster addresses of Services. What it changes in the network it does `exclusively`.
 */
export async function startKubelet(lab: Lab, client: KubeClient, exclusively: OneAtATime): Promise<Kubelet> {
  const plugged = new Map<PodKey, string>();
  for (const object of lab.api.list('Node')) lab.api.apply(readyNode(object));
  for (const object of lab.api.list('Pod')) {
    const pod = readPod(object, { mode: 'tolerant' }).object;
    if (pod === undefined || !lab.network.hosts.has(podKey(pod))) continue;
    plugged.set(podKey(pod), pod.uid);
    lab.api.apply(runningPod(object, pod));
  }

  let wanted = 0;
  let done = 0;
  const reconcile = (): void => {
    wanted += 1;
    const turn = wanted;
    void exclusively(async () => {
      // A later turn does the work of all before it.
      if (turn < wanted) return;
      await connect();
      done = turn;
    }).catch((error: unknown) => {
      console.error('the lab cannot follow its API server', error);
      setTimeout(reconcile, 1000);
    });
  };

  const pods = watch(client, '/api/v1/pods', podKey, readTolerant(readPod), reconcile);
  const services = watch(client, '/api/v1/services', podKey, readTolerant(readService), reconcile);
  const connect = async (): Promise<void> => {
    const alive = new Map([...pods.objects()].flatMap(([key, pod]) => (isAlive(pod) ? [[key, pod]] : [])));
    for (const [key, uid] of plugged) {
      if (alive.get(key)?.uid !== uid) await unplug(key);
    }
    for (const [key, pod] of alive) {
      if (!plugged.has(key)) await plug(key, pod);
    }
    await lab.publishServices();
  };

  const unplug = async (key: PodKey): Promise<void> => {
    plugged.delete(key);
    lab.prober.release(key);
    await lab.network.removePod(key);
  };

  const plug = async (key: PodKey, pod: Pod): Promise<void> => {
    try {
      const placed = place(lab, [...pods.objects().values()], [...services.objects().values()], pod);
      await lab.network.addPod(placed);
      plugged.set(key, pod.uid);
      lab.prober.listenAsDeclared();
      show(key, pod, (object) => runningPod(object, placed));
    } catch (error) {
      // A pod that does not fit (its port is taken, no address is left) is its owner's business; the others go on.
      if (plugged.has(key)) await unplug(key);
      show(key, pod, (object) => pendingPod(object, error instanceof Error ? error.message : String(error)));
    }
  };

  /** Only as long as it is that very pod: a deleted one must not come back. */
  const show = (
    key: PodKey,
    { namespace, name, uid }: Pod,
    change: (object: ApiObject) => ApiObject,
  ): void => {
    const object = lab.api.get('Pod', namespace, name);
    if (object?.metadata.uid === uid) lab.api.apply(change(object));
    else if (plugged.has(key)) reconcile();
  };

  const signal = new AbortController().signal;
  for (const reflector of [pods, services]) void reflector.run(signal);
  const kubelet: Kubelet = {
    async settled() {
      const version = Number(lab.api.resourceVersion());
      const isBehind = (): boolean =>
        done < wanted ||
        [pods, services].some(
          (one) => !one.stats().hasSynced || Number(one.stats().resourceVersion) < version,
        );
      const deadline = Date.now() + 20_000;
      while (isBehind()) {
        if (Date.now() > deadline) {
          throw Object.assign(new Error('the lab has not caught up with its API server; see its log'), {
            code: 'NOT_SETTLED',
          });
        }
        await delay(5);
      }
    },
  };
  await kubelet.settled();
  return kubelet;
}

/** The pod with a node and addresses; throws where there are none for it. */
function place(
  lab: Lab,
  pods: readonly (Pod | undefined)[],
  services: readonly (Service | undefined)[],
  pod: Pod,
): Pod {
  const { cluster, hosts } = lab.network;
  if (pod.nodeName !== '' && !cluster.nodes.some(({ name }) => name === pod.nodeName)) {
    throw new Error(`the lab has no node ${pod.nodeName}`);
  }
  // Where they stand in the network, which their watch may not have told yet.
  const others = pods.flatMap((other) => {
    const host = other === undefined ? undefined : hosts.get(podKey(other));
    return other === undefined || host === undefined ? [] : [{ ...other, addresses: host.addresses }];
  });
  const families = [...new Set(cluster.nodes.flatMap(({ podCIDRs }) => podCIDRs.map(familyOf)))];
  const reserved = [...hosts.values()].flatMap(({ addresses, gateways }) => [...addresses, ...gateways]);
  const whole = {
    ...cluster,
    pods: [...others, pod],
    services: services.filter((service) => service !== undefined),
  };
  const placed = schedule(whole, families, { reserved }).pods.at(-1);
  if (placed === undefined) throw new Error('the schedule has lost the pod');
  return placed;
}

function isAlive(pod: Pod | undefined): pod is Pod {
  return pod !== undefined && !pod.finished;
}

/** An object that cannot be understood has no place in the network. */
function readTolerant<T>(
  read: (raw: unknown, context: { readonly mode: 'tolerant' }) => { readonly object?: T },
): (raw: unknown) => T | undefined {
  return (raw) => read(raw, { mode: 'tolerant' }).object;
}

function watch<T>(
  client: KubeClient,
  path: string,
  key: (name: ObjectName) => PodKey,
  project: (raw: unknown) => T,
  changed: () => void,
): Reflector<PodKey, T> {
  const handler = { replaced: changed, changed, deleted: changed };
  return createReflector<PodKey, T>({ client, path, key, project, handler, log });
}

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => {
    console.error(message, JSON.stringify(fields));
  },
  error: (fields, message) => {
    console.error(message, JSON.stringify(fields));
  },
};
