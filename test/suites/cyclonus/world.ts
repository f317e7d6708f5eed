import type { Cluster } from '../../../src/model/cluster.ts';
import { readNamespace } from '../../../src/model/read/namespace.ts';
import { readNetworkPolicy } from '../../../src/model/read/network-policy.ts';
import { readNode } from '../../../src/model/read/node.ts';
import { readPod } from '../../../src/model/read/pod.ts';
import type { ReadContext, Reading } from '../../../src/model/read/reading.ts';
import { clusterOf } from '../../cases/builders.ts';
import { baseObjects } from './base-world.ts';
import type { Action, CyclonusCase, Step } from './case.ts';
import type { Manifest } from './manifests.ts';

/** The objects of a cluster by `kind/namespace/name`. A world never changes: an action makes another. */
export type World = ReadonlyMap<string, Manifest>;

export function baseWorld(): World {
  return new Map(baseObjects().map((object) => [keyOf(object), object]));
}

/** Each step of the case with the world that its actions lead to. */
export function worldsOf(
  cyclonusCase: CyclonusCase,
): readonly { readonly step: Step; readonly world: World }[] {
  let world = baseWorld();
  return cyclonusCase.steps.map((step) => {
    world = step.actions.reduce(applyAction, world);
    return { step, world };
  });
}

/**
 * The world after the action.
 *
 * @throws Error where an API server would refuse: what is created exists, or what is changed or deleted does not.
 */
export function applyAction(world: World, action: Action): World {
  switch (action.kind) {
    case 'create-policy':
      return created(world, action.policy);
    case 'update-policy':
      existing(world, keyOf(action.policy));
      return new Map(world).set(keyOf(action.policy), action.policy);
    case 'delete-policy':
      return without(world, `NetworkPolicy/${action.namespace}/${action.name}`);
    case 'create-namespace':
      return created(world, action.namespace);
    case 'set-namespace-labels':
      return relabelled(world, `Namespace//${action.namespace}`, action.labels);
    case 'delete-namespace': {
      const rest = [...without(world, `Namespace//${action.namespace}`)];
      return new Map(rest.filter(([, object]) => namespaceOf(object) !== action.namespace));
    }
    case 'create-pod':
      existing(world, `Namespace//${action.pod.metadata.namespace}`);
      return created(world, action.pod);
    case 'set-pod-labels':
      return relabelled(world, `Pod/${action.namespace}/${action.name}`, action.labels);
    case 'delete-pod':
      return without(world, `Pod/${action.namespace}/${action.name}`);
  }
}

/** What an API server has to be told to get from one world to the other, in an order that it accepts. */
export interface Change {
  readonly kind: 'put' | 'delete';
  readonly object: Manifest;
}

export function changesBetween(from: World, to: World): readonly Change[] {
  const gone = [...from].filter(([key]) => !to.has(key));
  const put = [...to].filter(([key, object]) => JSON.stringify(from.get(key)) !== JSON.stringify(object));
  return [
    // A namespace goes after what is in it, and comes before it.
    ...gone.reverse().map(([, object]): Change => ({ kind: 'delete', object })),
    ...put.map(([, object]): Change => ({ kind: 'put', object })),
  ];
}

/**
 * The cluster as the agent would know it, through the readers of the API's objects.
 *
 * @throws Error where a reader finds a mistake: the cases have none.
 */
export function clusterOfWorld(world: World): Cluster {
  const ofKind = <T>(kind: Manifest['kind'], read: Reader<T>): readonly T[] =>
    [...world.values()].filter((object) => object.kind === kind).map((object) => understood(object, read));
  return clusterOf({
    nodes: ofKind('Node', readNode),
    namespaces: ofKind('Namespace', readNamespace),
    pods: ofKind('Pod', readPod),
    policies: ofKind('NetworkPolicy', readNetworkPolicy),
  });
}

type Reader<T> = (value: unknown, context: ReadContext) => Reading<T>;

/** Strictly, but for the spelling of the CIDRs, whose host bits are set. */
function understood<T>(object: Manifest, read: Reader<T>): T {
  const reading = read(object, { mode: 'strict' });
  const errors = reading.diagnostics.filter(({ severity }) => severity === 'error');
  if (reading.object === undefined || errors.length > 0) {
    throw new Error(`${keyOf(object)}: ${errors.map(({ message }) => message).join('; ')}`);
  }
  return reading.object;
}

function keyOf(object: Manifest): string {
  return `${object.kind}/${namespaceOf(object)}/${object.metadata.name}`;
}

/** Empty for what stands in no namespace. */
export function namespaceOf(object: Manifest): string {
  return object.kind === 'Pod' || object.kind === 'NetworkPolicy' ? object.metadata.namespace : '';
}

function existing(world: World, key: string): Manifest {
  const object = world.get(key);
  if (object === undefined) throw new Error(`there is no ${key}`);
  return object;
}

function created(world: World, object: Manifest): World {
  const key = keyOf(object);
  if (world.has(key)) throw new Error(`${key} already exists`);
  return new Map(world).set(key, object);
}

function without(world: World, key: string): World {
  existing(world, key);
  const rest = new Map(world);
  rest.delete(key);
  return rest;
}

function relabelled(world: World, key: string, labels: Readonly<Record<string, string>>): World {
  const object = existing(world, key);
  const metadata = { ...object.metadata, labels };
  return new Map(world).set(key, { ...object, metadata } as Manifest);
}
