import type { ObjectReference } from '../diagnostic.ts';
import type { Labels } from '../label-selector.ts';
import {
  booleanOf,
  type Cursor,
  entriesOf,
  fieldOf,
  hasFields,
  hasOnlyFields,
  integerOf,
  isAbsent,
  itemsOf,
  stringOf,
} from './cursor.ts';
import {
  reportForbidden,
  reportInvalid,
  reportInvalidKey,
  reportKeyWarning,
  reportRequired,
  reportWarning,
} from './field-error.ts';
import { mostItems, mostLabels } from './limits.ts';
import { dnsLabelErrors, labelKeyErrors, labelValueErrors } from './names.ts';
import { quote } from './quote.ts';

/** What every object says of itself, checked. */
export interface ObjectMeta {
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly created: string;
  readonly terminating: boolean;
  /** `undefined`: broken, so that nobody can tell what selects the object. */
  readonly labels: Labels | undefined;
  readonly annotations: Readonly<Record<string, string>>;
  readonly owners: readonly OwnerReference[];
}

/** A `metadata.ownerReferences` item. */
export interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly controller: boolean;
}

export interface KindOfName {
  readonly kind: string;
  readonly scope: 'namespaced' | 'cluster';
  /** What is wrong with a name of this kind. */
  readonly nameErrors: (name: string) => readonly string[];
}

/**
 * Reads `metadata` of an object (meta/v1 ObjectMeta). `undefined` where the object has no usable name or namespace:
 * without them it cannot be told from other objects, and a hostile one could pass for another.
 */
export function readObjectMeta(object: Cursor, kind: KindOfName): ObjectMeta | undefined {
  const metadata = fieldOf(object, 'metadata');
  hasOnlyFields(metadata, metadataFields, metadataHints);
  const name = readName(metadata, kind);
  const namespace = readNamespaceName(metadata, kind);
  if (name === undefined || namespace === undefined) return undefined;
  return {
    namespace,
    name,
    uid: stringOf(fieldOf(metadata, 'uid'), '') ?? '',
    generation: integerOf(fieldOf(metadata, 'generation'), 0) ?? 0,
    created: readTime(fieldOf(metadata, 'creationTimestamp')),
    terminating: !isAbsent(fieldOf(metadata, 'deletionTimestamp')),
    labels: readLabels(fieldOf(metadata, 'labels')),
    annotations: readAnnotations(fieldOf(metadata, 'annotations')),
    owners: readOwners(fieldOf(metadata, 'ownerReferences')),
  };
}

/** The annotation by which an object says which findings of the linter are no mistake. */
export const lintIgnoreAnnotation = 'ringfence.dev/lint-ignore';

/** What that annotation says, as an optional field of a model object. */
export function lintIgnoreOf(annotations: Readonly<Record<string, string>>): {
  readonly lintIgnore?: string;
} {
  const text = Object.hasOwn(annotations, lintIgnoreAnnotation)
    ? annotations[lintIgnoreAnnotation]
    : undefined;
  return text === undefined ? {} : { lintIgnore: text };
}

/** How diagnostics name the object. */
export function referenceTo(kind: string, meta: ObjectMeta): ObjectReference {
  return meta.namespace === ''
    ? { kind, name: meta.name }
    : { kind, namespace: meta.namespace, name: meta.name };
}

const metadataFields = [
  'name',
  'namespace',
  'labels',
  'annotations',
  'generateName',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
  'clusterName',
];

const metadataHints = {
  app: 'labels belong under metadata.labels',
  matchLabels: 'an object carries metadata.labels; matchLabels belongs to a selector',
};

function readName(metadata: Cursor, kind: KindOfName): string | undefined {
  const cursor = fieldOf(metadata, 'name');
  const name = stringOf(cursor, '');
  if (name === undefined) return undefined;
  if (name === '') {
    const generated = !isAbsent(fieldOf(metadata, 'generateName'));
    const hint = generated
      ? 'only the API server can make a name of generateName: write a name here'
      : undefined;
    reportRequired(cursor, 'name or generateName is required', hint);
    return undefined;
  }
  return reportEach(cursor, 'invalid-name', kind.nameErrors(name)) ? undefined : name;
}

function readNamespaceName(metadata: Cursor, kind: KindOfName): string | undefined {
  const cursor = fieldOf(metadata, 'namespace');
  const namespace = stringOf(cursor, '');
  if (namespace === undefined) return undefined;
  if (kind.scope === 'cluster') {
    if (namespace !== '' && cursor.report.context.mode === 'strict') {
      reportForbidden(cursor, 'not allowed on this type', `a ${kind.kind} belongs to no namespace`);
    }
    return '';
  }
  if (namespace === '') {
    const { defaultNamespace } = cursor.report.context;
    if (defaultNamespace === undefined) reportRequired(cursor, '');
    return defaultNamespace;
  }
  return reportEach(cursor, 'invalid-name', dnsLabelErrors(namespace)) ? undefined : namespace;
}

/** ISO 8601 in UTC with whole seconds, as the API writes it, so that text compares as time does. */
function readTime(cursor: Cursor): string {
  const time = stringOf(cursor, '') ?? '';
  if (time === '' || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time)) return time;
  reportInvalid(cursor, 'invalid-time', 'must be a time in UTC such as 2024-05-01T08:30:00Z');
  return '';
}

/** Labels of an object; `undefined` where one of them is broken. */
export function readLabels(cursor: Cursor): Labels | undefined {
  const entries = entriesOf(cursor, mostLabels);
  if (entries === undefined) return undefined;
  const labels = entries.map(([key, value]) => readLabel(key, value));
  return labels.includes(undefined)
    ? undefined
    : Object.fromEntries(labels.filter((label) => label !== undefined));
}

/** A label as it stands on an object or in `matchLabels`; `undefined` where the key or the value is broken. */
export function readLabel(key: string, cursor: Cursor): readonly [string, string] | undefined {
  const keyErrors = labelKeyErrors(key);
  for (const error of keyErrors) reportInvalidKey(cursor, key, error, booleanKeyHint(key));
  if (['true', 'false'].includes(key)) {
    reportKeyWarning(cursor, 'boolean-key', `the key is read as ${quote(key)}`, booleanKeyHint(key));
  }
  if (cursor.value === null) {
    reportWarning(cursor, 'null-label', 'null is read as the empty string', 'write "" if that is meant');
  }
  const value = stringOf(cursor, '');
  if (value === undefined) return undefined;
  const broken = reportEach(cursor, 'invalid-label', labelValueErrors(value));
  return broken || keyErrors.length > 0 ? undefined : [key, value];
}

function booleanKeyHint(key: string): string | undefined {
  return ['true', 'false'].includes(key)
    ? 'YAML reads the keys y, yes, on, n, no and off as true and false: write such a key in quotes'
    : undefined;
}

/** Annotations decide nothing about traffic: a broken one is reported and left out. */
function readAnnotations(cursor: Cursor): Readonly<Record<string, string>> {
  const entries = entriesOf(cursor, mostLabels) ?? [];
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      const text = stringOf(value, '');
      return text === undefined ? [] : [[key, text] as const];
    }),
  );
}

function readOwners(cursor: Cursor): readonly OwnerReference[] {
  return (itemsOf(cursor, mostItems) ?? []).flatMap((owner) => {
    if (!hasFields(owner)) return [];
    const kind = stringOf(fieldOf(owner, 'kind'), '');
    const name = stringOf(fieldOf(owner, 'name'), '');
    const controller = booleanOf(fieldOf(owner, 'controller'), false);
    if (kind === undefined || name === undefined || controller === undefined) return [];
    return [{ kind, name, controller }];
  });
}

/** Reports every error of a value; whether there was one. */
export function reportEach(cursor: Cursor, code: string, errors: readonly string[], hint?: string): boolean {
  for (const error of errors) reportInvalid(cursor, code, error, hint);
  return errors.length > 0;
}
