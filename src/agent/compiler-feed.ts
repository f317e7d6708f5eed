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
  let compiler = create();

  const feed: CompilerFeed = {
    node(node) {
      attempt('Node', node.name, () => {
        compiler.setNode(node);
      });
    },
    namespace(name, namespace) {
      attempt('Namespace', name, () => {
        if (namespace === undefined) compiler.deleteNamespace(name);
        else compiler.setNamespace(namespace);
      });
    },
    pod(key, pod) {
      const remove = (): void => {
        compiler.deletePod(key);
      };
      if (pod === undefined) {
        attempt('Pod', key, remove);
        return;
      }
      const set = (): void => {
        compiler.setPod(pod);
      };
      // A pod that is not known is closed.
      if (!attempt('Pod', key, set)) attempt('Pod', key, remove);
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
    compiler: () => compiler,
    rebuild() {
      compiler = create();
      const node = current.node();
      if (node !== undefined) feed.node(node);
      for (const namespace of current.namespaces()) feed.namespace(namespace.name, namespace);
      for (const policy of current.policies()) feed.policy(policyKey(policy), policy);
      for (const pod of current.pods()) feed.pod(podKey(pod), pod);
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
