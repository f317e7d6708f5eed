import type { Pod } from '../pod.ts';
import { type Labels, matchesSelector } from '../label-selector.ts';
import { type Cursor, fieldOf, hasFields, isAbsent, rootCursor, sourceOf, stringOf } from './cursor.ts';
import { reportInvalid, reportUnsupported } from './field-error.ts';
import { readLabelSelector } from './label-selector.ts';
import { dnsSubdomainErrors } from './names.ts';
import {
  lintIgnoreAnnotation,
  lintIgnoreOf,
  type ObjectMeta,
  readLabels,
  readObjectMeta,
  referenceTo,
} from './object-meta.ts';
import { controllerOf } from './owner.ts';
import { readPodSpec } from './pod.ts';
import { finishReading, type ReadContext, type Reading, unreadable } from './reading.ts';

/** The kinds that make pods from a template. */
export const workloadKinds = [
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Job',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
] as const;

/**
 * Reads a workload as one pod of its template: without an address, named like the workload. A ReplicaSet or Job that
 * another workload made counts as that one.
 */
export function readWorkload(value: unknown, context: ReadContext): Reading<Pod> {
  const root = rootCursor(value, context);
  const kind = hasFields(root) ? readKind(fieldOf(root, 'kind')) : undefined;
  const meta =
    kind === undefined
      ? undefined
      : readObjectMeta(root, { kind, scope: 'namespaced', nameErrors: dnsSubdomainErrors });
  if (kind === undefined || meta === undefined) return unreadable(root.report);
  const template = templateOf(root, kind);
  const templateMeta = template === undefined ? undefined : fieldOf(template, 'metadata');
  const labels =
    templateMeta !== undefined && hasFields(templateMeta)
      ? readLabels(fieldOf(templateMeta, 'labels'))
      : undefined;
  const spec = template === undefined ? undefined : readPodSpec(fieldOf(template, 'spec'));
  if (labels !== undefined && selectingKinds.has(kind)) checkSelector(root, labels);
  if (labels === undefined || spec === undefined) {
    return unreadable(root.report, referenceTo(kind, meta));
  }
  return finishReading(root.report, referenceTo(kind, meta), {
    namespace: meta.namespace,
    name: meta.name,
    uid: '',
    labels,
    addresses: [],
    finished: false,
    created: '',
    ...spec,
    workload: workloadOf(kind, meta),
    // What the workload says is nearer to a person than what its template says.
    ...lintIgnoreOf({ ...templateAnnotation(templateMeta), ...meta.annotations }),
    ...sourceOf(root),
  });
}

/** Kinds whose author writes the selector; that of a Job is made by the server, and a ReplicationController has labels. */
const selectingKinds: ReadonlySet<string> = new Set(['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet']);

/** apps/v1 `ValidateDeploymentSpec` and its like: such pods would never be. One of the two has the slip. */
function checkSelector(root: Cursor, labels: Labels): void {
  const spec = fieldOf(root, 'spec');
  const cursor = hasFields(spec) ? fieldOf(spec, 'selector') : undefined;
  if (cursor === undefined || isAbsent(cursor)) return;
  const selector = readLabelSelector(cursor);
  if (selector === undefined || matchesSelector(selector, labels)) return;
  reportInvalid(cursor, 'invalid-selector', '`selector` does not match template `labels`');
}

function readKind(cursor: Cursor): string | undefined {
  const kind = stringOf(cursor, '');
  if (kind !== undefined && workloadKinds.some((known) => known === kind)) return kind;
  if (kind !== undefined) reportUnsupported(cursor, workloadKinds);
  return undefined;
}

/** The one annotation of the template that is of use; the others may be what they like. */
function templateAnnotation(meta: Cursor | undefined): Readonly<Record<string, string>> {
  if (meta === undefined) return {};
  const { value } = fieldOf(fieldOf(meta, 'annotations'), lintIgnoreAnnotation);
  return typeof value === 'string' ? { [lintIgnoreAnnotation]: value } : {};
}

/** A CronJob's template is a Job's, one level down. `undefined` where something on the way is no object. */
function templateOf(root: Cursor, kind: string): Cursor | undefined {
  const fields = kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template'];
  let cursor = root;
  for (const name of fields) {
    cursor = fieldOf(cursor, name);
    if (!hasFields(cursor)) return undefined;
  }
  return cursor;
}

function workloadOf(kind: string, meta: ObjectMeta): { readonly kind: string; readonly name: string } {
  const owner = controllerOf(meta.owners);
  const isMade = owner !== undefined && workloadKinds.some((known) => known === owner.kind);
  return isMade ? { kind: owner.kind, name: owner.name } : { kind, name: meta.name };
}
