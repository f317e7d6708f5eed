import type { Ingress, Namespace, Node, Service } from '../../model/cluster.ts';
import type { Diagnostic, ObjectReference, SourcePosition } from '../../model/diagnostic.ts';
import type { NetworkPolicy } from '../../model/network-policy.ts';
import type { Pod, Workload } from '../../model/pod.ts';
import { readIngress } from '../../model/read/ingress.ts';
import { readNamespace } from '../../model/read/namespace.ts';
import { readNetworkPolicy } from '../../model/read/network-policy.ts';
import { readNode } from '../../model/read/node.ts';
import { readPod } from '../../model/read/pod.ts';
import { quote } from '../../model/read/quote.ts';
import type { Locate, ReadContext, Reading } from '../../model/read/reading.ts';
import { readService } from '../../model/read/service.ts';
import { readWorkload } from '../../model/read/workload.ts';
import type { ParsedDocument } from './document.ts';
import { decideKind, type ReadableKind } from './object-kind.ts';
import type { SourceText } from './source-text.ts';

/** Everything that was read so far, in the order of the input. */
export interface Objects {
  readonly namespaces: Namespace[];
  readonly nodes: Node[];
  readonly pods: Pod[];
  readonly policies: NetworkPolicy[];
  readonly services: Service[];
  readonly ingresses: Ingress[];
  readonly workloads: WorkloadObject[];
  readonly diagnostics: Diagnostic[];
  /** How often each kind was passed over. */
  readonly ignored: Map<string, number>;
  /** Where each object was first seen. */
  readonly seen: Map<string, SourcePosition>;
  /** How to find places inside each object, by the place of the object; absent where nobody asks. */
  readonly locators?: Map<SourcePosition, Locate>;
}

/** A workload: what it is itself, and the pod that it stands for. */
export interface WorkloadObject {
  readonly self: Workload;
  readonly template: Pod;
  /** A ReplicaSet without replicas: an earlier revision of its Deployment. */
  readonly isEmpty: boolean;
}

export type ReadOptions = Pick<ReadContext, 'strictCidrs' | 'defaultNamespace'>;

export function noObjects({ keepLocators = false } = {}): Objects {
  return {
    ...(keepLocators ? { locators: new Map() } : {}),
    namespaces: [],
    nodes: [],
    pods: [],
    policies: [],
    services: [],
    ingresses: [],
    workloads: [],
    diagnostics: [],
    ignored: new Map(),
    seen: new Map(),
  };
}

type Path = readonly (string | number)[];

/** Where an object of a document is, and how to read it. */
interface Place {
  readonly document: ParsedDocument;
  readonly source: SourceText;
  readonly path: Path;
  readonly options: ReadOptions;
}

/** Reads a document: one object, or a list of them. */
export function readDocument(
  document: ParsedDocument,
  source: SourceText,
  options: ReadOptions,
  into: Objects,
): void {
  readValue(document.value, { document, source, path: [], options }, undefined, into);
}

/** What the items of a typed list (`PodList`) are, where they do not say it themselves. */
interface ItemType {
  readonly apiVersion: string;
  readonly kind: string;
}

function readValue(value: unknown, place: Place, itemType: ItemType | undefined, into: Objects): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = 'this is no Kubernetes object: an object has apiVersion, kind and metadata';
    into.diagnostics.push(problem(place, [], 'not-an-object', message));
    return;
  }
  const apiVersion = textField(value, 'apiVersion') ?? itemType?.apiVersion;
  const kind = textField(value, 'kind') ?? itemType?.kind;
  if (apiVersion === undefined || kind === undefined) {
    into.diagnostics.push(...missingType(value, place, apiVersion, kind));
    return;
  }
  if (kind.endsWith('List') && 'items' in value) {
    readItems(
      value.items,
      place,
      kind === 'List' ? undefined : { apiVersion, kind: kind.slice(0, -4) },
      into,
    );
    return;
  }
  readObject({ ...value, apiVersion, kind }, apiVersion, kind, place, into);
}

function textField(value: object, name: string): string | undefined {
  const field: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  return typeof field === 'string' && field !== '' ? field : undefined;
}

function missingType(
  value: object,
  place: Place,
  apiVersion: string | undefined,
  kind: string | undefined,
): readonly Diagnostic[] {
  const fields = [
    ...(apiVersion === undefined ? ['apiVersion'] : []),
    ...(kind === undefined ? ['kind'] : []),
  ];
  return fields.map((field) => {
    const message = field in value ? `${field} is not text` : `${field} not set`;
    return problem(place, [field], 'missing-type', message, typeHint(value));
  });
}

function typeHint(value: object): string | undefined {
  if ('resources' in value || 'kustomize' in value || 'patches' in value) {
    return 'a kustomization has to be built first: kubectl kustomize DIR | ringfence ... -f -';
  }
  if ('allow' in value || 'deny' in value || 'only' in value) return 'a policy test is no manifest';
  return undefined;
}

function readItems(items: unknown, place: Place, itemType: ItemType | undefined, into: Objects): void {
  if (items === null) return;
  if (!Array.isArray(items)) {
    into.diagnostics.push(problem(place, ['items'], 'wrong-type', 'items must be a list'));
    return;
  }
  items.forEach((item: unknown, index) => {
    readValue(item, { ...place, path: [...place.path, 'items', index] }, itemType, into);
  });
}

function readObject(value: object, apiVersion: string, kind: string, place: Place, into: Objects): void {
  const decision = decideKind(apiVersion, kind);
  switch (decision.kind) {
    case 'ignore':
      into.ignored.set(decision.name, (into.ignored.get(decision.name) ?? 0) + 1);
      return;
    case 'reject': {
      const { field, code, message, hint } = decision;
      into.diagnostics.push(problem(place, [field], code, message, hint));
      return;
    }
    case 'read':
      if (decision.warning !== undefined) {
        const warning = problem(place, ['apiVersion'], 'old-api-version', decision.warning);
        into.diagnostics.push({ ...warning, severity: 'warning' });
      }
      readAs(decision.as, value, place, into);
  }
}

function readAs(kind: ReadableKind, value: object, place: Place, into: Objects): void {
  const context = contextOf(place);
  switch (kind) {
    case 'Namespace':
      keep(kind, readNamespace(value, context), into.namespaces, place, into);
      return;
    case 'Node':
      keep(kind, readNode(value, context), into.nodes, place, into);
      return;
    case 'Pod':
      keep(kind, readPod(value, context), into.pods, place, into);
      return;
    case 'Service':
      keep(kind, readService(value, context), into.services, place, into);
      return;
    case 'NetworkPolicy':
      keep(kind, readNetworkPolicy(value, context), into.policies, place, into);
      return;
    case 'Ingress':
      keep(kind, readIngress(value, context), into.ingresses, place, into);
      return;
    case 'CronJob':
    case 'DaemonSet':
    case 'Deployment':
    case 'Job':
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'StatefulSet': {
      const templates: Pod[] = [];
      keep(kind, readWorkload(value, context), templates, place, into);
      const isEmpty = isWithoutReplicas(value);
      for (const template of templates) {
        into.workloads.push({ self: { kind, name: template.name }, template, isEmpty });
      }
    }
  }
}

function contextOf(place: Place): ReadContext {
  return {
    mode: 'strict',
    ...place.options,
    locate: (path, what) => positionOf(place, path, what),
  };
}

function isWithoutReplicas(value: object): boolean {
  const spec: unknown = Reflect.get(value, 'spec');
  return typeof spec === 'object' && spec !== null && Reflect.get(spec, 'replicas') === 0;
}

/** Keeps what was read, once: the first of two objects with one name stands, the second is a mistake. */
function keep<
  T extends { readonly namespace?: string; readonly name: string; readonly source?: SourcePosition },
>(kind: ReadableKind, reading: Reading<T>, list: T[], place: Place, into: Objects): void {
  into.diagnostics.push(...reading.diagnostics);
  const { object } = reading;
  if (object === undefined) return;
  const { namespace, name } = object;
  const key = `${kind} ${namespace ?? ''}/${name}`;
  const first = into.seen.get(key);
  if (first === undefined) {
    into.seen.set(key, positionOf(place, [], 'value'));
    if (object.source !== undefined)
      into.locators?.set(object.source, (path, what) => positionOf(place, path, what));
    list.push(object);
    return;
  }
  const reference: ObjectReference = { kind, name, ...(namespace === undefined ? {} : { namespace }) };
  const full = namespace === undefined ? name : `${namespace}/${name}`;
  const message = `${kind} ${quote(full)} is already defined at ${first.file}:${String(first.line)}:${String(first.column)}`;
  into.diagnostics.push({
    ...problem(place, ['metadata', 'name'], 'duplicate-object', message, 'remove one of the two'),
    object: reference,
  });
}

function problem(place: Place, path: Path, code: string, message: string, hint?: string): Diagnostic {
  return {
    code,
    severity: 'error',
    message,
    source: positionOf(place, path, 'value'),
    ...(hint === undefined ? {} : { hint }),
  };
}

function positionOf(place: Place, path: Path, what: 'key' | 'value'): SourcePosition {
  return place.source.positionAt(place.document.offsetOf([...place.path, ...path], what));
}
