import type { Namespace, Node } from '../model/cluster.ts';
import { type NetworkPolicy, type PolicyKey, policyKey } from '../model/network-policy.ts';
import { type Pod, type PodKey, podKey } from '../model/pod.ts';
import type { Compiler } from '../ruleset/compiler.ts';

/** What the API server says, as it comes; handed to the compiler in force. */
export interface CompilerFeed {
  node(node: Node): void;
  namespace(name: string, namespace: Namespace | undefined): void;
  pod(key: PodKey, pod: Pod | undefined): void;
  policy(key: PolicyKey, policy: NetworkPolicy | undefined): void;
  /**
   * The namespace is there but cannot be read: it stays as it was last read. Returns whether it ever was. One that never
   * was counts as undeclared, with its name as its only label: `NotIn` and `DoesNotExist` match it.
   */
  keepNamespace(name: string): boolean;
  /**
   * The pod is there but cannot be read: it stays as it was last read. Returns whether it ever was. One that never was is
   * unknown: no peer of any policy, closed at an address that this node gives to pods, and not judged at any other.
   */
  keepPod(key: PodKey): boolean;
  compiler(): Compiler;
  /** A new compiler, fed with everything anew; for when the present one threw and may hold half a change. */
  rebuild(): Compiler;
}

/** Everything there is, for a compiler that starts over. */
export interface CurrentObjects {
  readonly node: () => Node | undefined;
  readonly namespaces: () => Iterable<Namespace>;
  readonly pods: () => Iterable<Pod>;
  readonly policies: () => Iterable<NetworkPolicy>;
}

export interface CompilerFeedOptions {
  readonly create: () => Compiler;
  readonly current: CurrentObjects;
  /** An object on which the compiler threw: it is closed or left out, the rest goes on. */
  readonly rejected: (kind: string, name: string, error: unknown) => void;
}

export function createCompilerFeed({ create, current, rejected }: CompilerFeedOptions): CompilerFeed {
  const namespaces = createLastRead<string, Namespace>();
  const pods = createLastRead<PodKey, Pod>();
  let compiler = create();

  const setNamespace = (namespace: Namespace): void => {
    attempt('Namespace', namespace.name, () => {
      compiler.setNamespace(namespace);
    });
  };

  const deletePod = (key: PodKey): void => {
    attempt('Pod', key, () => {
      compiler.deletePod(key);
    });
  };

  /** A pod that the compiler cannot take is not known to it. */
  const setPod = (key: PodKey, pod: Pod): void => {
    const isSet = attempt('Pod', key, () => {
      compiler.setPod(pod);
    });
    if (!isSet) deletePod(key);
  };

  const feed: CompilerFeed = {
    node(node) {
      attempt('Node', node.name, () => {
        compiler.setNode(node);
      });
    },
    namespace(name, namespace) {
      namespaces.set(name, namespace);
      if (namespace !== undefined) {
        setNamespace(namespace);
        return;
      }
      attempt('Namespace', name, () => {
        compiler.deleteNamespace(name);
      });
    },
    pod(key, pod) {
      pods.set(key, pod);
      if (pod === undefined) deletePod(key);
      else setPod(key, pod);
    },
    policy(key, policy) {
      if (policy === undefined) {
        attempt('NetworkPolicy', key, () => {
          compiler.deletePolicy(key);
        });
        return;
      }
      const set = (): void => {
        compiler.setPolicy(policy);
      };
      const close = (): void => {
        compiler.setPolicy({ ...policy, ingress: [], egress: [] });
      };
      if (!attempt('NetworkPolicy', key, set)) attempt('NetworkPolicy', key, close);
    },
    keepNamespace: (name) => namespaces.keep(name),
    keepPod: (key) => pods.keep(key),
    compiler: () => compiler,
    rebuild() {
      compiler = create();
      const node = current.node();
      if (node !== undefined) feed.node(node);
      for (const namespace of current.namespaces()) setNamespace(namespace);
      for (const namespace of namespaces.kept()) setNamespace(namespace);
      for (const policy of current.policies()) feed.policy(policyKey(policy), policy);
      for (const pod of current.pods()) setPod(podKey(pod), pod);
      for (const pod of pods.kept()) setPod(podKey(pod), pod);
      return compiler;
    },
  };
  return feed;

  function attempt(kind: string, name: string, change: () => void): boolean {
    try {
      change();
      return true;
    } catch (error) {
      rejected(kind, name, error);
      return false;
    }
  }
}

/** What was last read of each object that is there. */
interface LastRead<K, T> {
  set(key: K, object: T | undefined): void;
  /** The object cannot be read any more. Returns whether it ever could. */
  keep(key: K): boolean;
  /** The objects that cannot be read any more, as they were. */
  kept(): Iterable<T>;
}

function createLastRead<K, T>(): LastRead<K, T> {
  const objects = new Map<K, T>();
  const kept = new Map<K, T>();
  return {
    set(key, object) {
      kept.delete(key);
      if (object === undefined) objects.delete(key);
      else objects.set(key, object);
    },
    keep(key) {
      const object = objects.get(key);
      if (object === undefined) return false;
      kept.set(key, object);
      return true;
    },
    kept: () => kept.values(),
  };
}
