import type { KubeClient } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import type { Log as KubeLog } from '../kube/log.ts';
import type { ObjectName } from '../kube/raw-object.ts';
import type { Projection } from '../kube/store.ts';
import { createReflector, type Reflector, type ReflectorTimes } from '../kube/reflector.ts';
import type { Namespace, Node } from '../model/cluster.ts';
import { type PolicyKey, policyKey } from '../model/network-policy.ts';
import { type Pod, type PodKey, podKey } from '../model/pod.ts';
import type { WatchCounts } from './metrics.ts';
import {
  closedPolicy,
  policyBound,
  storeNamespace,
  storeNode,
  type StoredPolicy,
  storePod,
  storePolicy,
  type Unreadable,
  unreadableObject,
} from './stored-objects.ts';

/** What the agent watches. Each object as it is, or `undefined` once it is gone. */
export interface WatchHandlers {
  readonly pod: (key: PodKey, pod: Pod | Unreadable | undefined) => void;
  readonly namespace: (name: string, namespace: Namespace | Unreadable | undefined) => void;
  readonly policy: (key: PolicyKey, stored: StoredPolicy | undefined) => void;
  readonly node: (node: Node | Unreadable | undefined) => void;
  /** All that came in one go has been handed over. */
  readonly changed: () => void;
  /** A store was filled completely for the first time. */
  readonly synced: (resource: WatchedResource) => void;
}

export const watchedResources = ['pods', 'namespaces', 'networkpolicies', 'nodes'] as const;
export type WatchedResource = (typeof watchedResources)[number];

export interface Watches {
  readonly pods: () => ReadonlyMap<PodKey, Pod | Unreadable>;
  readonly namespaces: () => ReadonlyMap<string, Namespace | Unreadable>;
  readonly policies: () => ReadonlyMap<PolicyKey, StoredPolicy>;
  counts(): readonly (WatchCounts & {
    readonly resource: WatchedResource;
    readonly resourceVersion: string;
  })[];
  /** Works until the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

export interface WatchesOptions {
  readonly client: KubeClient;
  readonly nodeName: string;
  readonly handlers: WatchHandlers;
  readonly log: KubeLog;
  readonly clock?: Clock;
  readonly times?: Partial<ReflectorTimes>;
}

/** Reflectors for everything that policies are made of: all pods, namespaces and policies, and the agent's own node. */
export function createWatches(options: WatchesOptions): Watches {
  const { handlers } = options;
  const nameOnly = ({ name }: ObjectName): string => name;
  const pods = reflect<PodKey, Pod | Unreadable>('pods', '/api/v1/pods', {
    key: podKey,
    project: storePod,
    unreadable: unreadableObject('Pod'),
    tell: handlers.pod,
  });
  const namespaces = reflect<string, Namespace | Unreadable>('namespaces', '/api/v1/namespaces', {
    key: nameOnly,
    project: storeNamespace,
    unreadable: unreadableObject('Namespace'),
    tell: handlers.namespace,
  });
  const policies = reflect<PolicyKey, StoredPolicy>(
    'networkpolicies',
    '/apis/networking.k8s.io/v1/networkpolicies',
    {
      key: policyKey,
      project: storePolicy,
      unreadable: closedPolicy,
      bound: policyBound,
      tell: handlers.policy,
    },
  );
  const nodes = reflect<string, Node | Unreadable>(
    'nodes',
    '/api/v1/nodes',
    {
      key: nameOnly,
      project: storeNode,
      unreadable: unreadableObject('Node'),
      tell: (name, node) => {
        // A server that knows no field selectors would send every node.
        if (name === options.nodeName) handlers.node(node);
      },
    },
    { fieldSelector: `metadata.name=${options.nodeName}` },
  );
  const all = { pods, namespaces, networkpolicies: policies, nodes };

  return {
    pods: () => pods.objects(),
    namespaces: () => namespaces.objects(),
    policies: () => policies.objects(),
    counts: () =>
      watchedResources.map((resource) => {
        const stats = all[resource].stats();
        const { hasSynced, resourceVersion, lastEventAge } = stats;
        const { relists, reconnects, failures, handlerErrors, differences } = stats;
        return {
          resource,
          resourceVersion,
          synced: hasSynced,
          relists,
          reconnects,
          failures,
          handlerErrors,
          differences,
          ...(lastEventAge === undefined ? {} : { ageSeconds: lastEventAge }),
        };
      }),
    run: async (signal) => {
      await Promise.all(watchedResources.map((resource) => all[resource].run(signal)));
    },
  };

  function reflect<K extends string, T>(
    resource: WatchedResource,
    path: string,
    { tell, ...projection }: Told<K, T>,
    selectors = {},
  ): Reflector<K, T> {
    // What the handlers know. The store keeps the very object where nothing changed, so that a relist costs what it found
    // different; after an error everything is told again.
    let known: ReadonlyMap<K, T> = new Map();
    let synced = false;
    const report = (change: () => void): void => {
      try {
        change();
        handlers.changed();
      } catch (error) {
        known = new Map();
        throw error;
      }
    };
    const { client, log, clock, times } = options;
    return createReflector<K, T>({
      ...projection,
      client,
      path,
      selectors,
      log,
      ...(clock === undefined ? {} : { clock }),
      ...(times === undefined ? {} : { times }),
      handler: {
        replaced(objects, gone) {
          report(() => {
            for (const key of gone.keys()) tell(key, undefined);
            for (const [key, object] of objects) if (known.get(key) !== object) tell(key, object);
            known = objects;
          });
          if (!synced) handlers.synced(resource);
          synced = true;
        },
        changed(key, object) {
          report(() => {
            tell(key, object);
          });
        },
        deleted(key) {
          report(() => {
            tell(key, undefined);
          });
        },
      },
    });
  }
}

interface Told<K extends string, T> extends Projection<K, T> {
  readonly tell: (key: K, object: T | undefined) => void;
}
