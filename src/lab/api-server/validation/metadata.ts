import { type JsonObject, objectsAt, stringAt, stringsAt, valueAt, isList } from '../json.ts';
import type { Resource } from '../resources.ts';
import { type FieldError, forbiddenField, invalid, required, tooLong } from './field-error.ts';
import { checkLabel, checkLabelValue, checkName, checkQualifiedName } from './names.ts';

const maxAnnotationBytes = 256 * 1024;

/** apimachinery `ValidateObjectMeta`. */
export function validateMetadata(object: JsonObject, resource: Resource): readonly FieldError[] {
  const name = stringAt(object, 'metadata', 'name');
  const namespace = stringAt(object, 'metadata', 'namespace');
  return [
    ...(name === ''
      ? [required('metadata.name', 'name or generateName is required')]
      : checkName(name, resource.nameRule).map((text) => invalid('metadata.name', name, text))),
    ...validateNamespace(namespace, resource),
    ...validateLabels(stringsAt(object, 'metadata', 'labels'), 'metadata.labels'),
    ...validateAnnotations(stringsAt(object, 'metadata', 'annotations')),
    ...objectsAt(object, 'metadata', 'ownerReferences').flatMap(validateOwner),
    ...finalizersOf(object).flatMap((finalizer) =>
      checkQualifiedName(finalizer).map((text) => invalid('metadata.finalizers', finalizer, text)),
    ),
  ];
}

/** apimachinery `ValidateLabels`, also for `matchLabels`. */
export function validateLabels(
  labels: Readonly<Record<string, string>>,
  path: string,
): readonly FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...checkQualifiedName(key).map((text) => invalid(path, key, text)),
    ...checkLabelValue(value).map((text) => invalid(path, value, text)),
  ]);
}

/** What an update may not change (`ValidateObjectMetaUpdate`). */
export function validateMetadataUpdate(object: JsonObject, old: JsonObject): readonly FieldError[] {
  return ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp'].flatMap((field) => {
    const value = valueAt(object, 'metadata', field);
    return value === valueAt(old, 'metadata', field)
      ? []
      : [invalid(`metadata.${field}`, value, 'field is immutable')];
  });
}

function validateNamespace(namespace: string, resource: Resource): readonly FieldError[] {
  if (!resource.namespaced) {
    return namespace === '' ? [] : [forbiddenField('metadata.namespace', 'not allowed on this type')];
  }
  if (namespace === '') return [required('metadata.namespace', '')];
  return checkLabel(namespace).map((text) => invalid('metadata.namespace', namespace, text));
}

function validateAnnotations(annotations: Readonly<Record<string, string>>): readonly FieldError[] {
  const entries = Object.entries(annotations);
  const bytes = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return [
    ...entries.flatMap(([key]) =>
      checkQualifiedName(key.toLowerCase()).map((text) => invalid('metadata.annotations', key, text)),
    ),
    ...(bytes > maxAnnotationBytes ? [tooLong('metadata.annotations', maxAnnotationBytes)] : []),
  ];
}

function validateOwner(owner: JsonObject, index: number): readonly FieldError[] {
  const path = `metadata.ownerReferences[${String(index)}]`;
  return ['apiVersion', 'kind', 'name', 'uid'].flatMap((field) => {
    if (stringAt(owner, field) !== '') return [];
    return [
      invalid(
        `${path}.${field}`,
        '',
        field === 'apiVersion' ? 'version must not be empty' : 'must not be empty',
      ),
    ];
  });
}

function finalizersOf(object: JsonObject): readonly string[] {
  const finalizers = valueAt(object, 'metadata', 'finalizers');
  return isList(finalizers) ? finalizers.filter((item) => typeof item === 'string') : [];
}
