import type { Labels } from '../label-selector.ts';
import type { Workload } from '../pod.ts';
import type { OwnerReference } from './object-meta.ts';

/**
 * Who made the pod. A ReplicaSet is taken back to its Deployment by its name, which ends in the pod's
 * `pod-template-hash`. A static pod's mirror is owned by its Node and stands for itself.
 */
export function workloadOfPod(
  name: string,
  labels: Labels,
  owners: readonly OwnerReference[],
): Workload | undefined {
  const owner = controllerOf(owners);
  const hash = labels['pod-template-hash'];
  if (owner === undefined) {
    const deployment = hash === undefined ? undefined : deploymentOfPodName(name, hash);
    return deployment === undefined ? undefined : { kind: 'Deployment', name: deployment };
  }
  if (owner.kind === 'Node') return undefined;
  const deployment =
    owner.kind === 'ReplicaSet' && hash !== undefined ? without(owner.name, `-${hash}`) : undefined;
  return deployment === undefined
    ? { kind: owner.kind, name: owner.name }
    : { kind: 'Deployment', name: deployment };
}

/** The owner that manages the object, else the first one. */
export function controllerOf(owners: readonly OwnerReference[]): OwnerReference | undefined {
  return owners.find((owner) => owner.controller) ?? owners[0];
}

/** A dump without ownerReferences still has `<deployment>-<hash>-<five letters>`. */
function deploymentOfPodName(name: string, hash: string): string | undefined {
  const random = /-[a-z0-9]{5}$/.exec(name)?.[0];
  return random === undefined ? undefined : without(name.slice(0, -random.length), `-${hash}`);
}

function without(text: string, ending: string): string | undefined {
  return text.endsWith(ending) && text.length > ending.length ? text.slice(0, -ending.length) : undefined;
}
