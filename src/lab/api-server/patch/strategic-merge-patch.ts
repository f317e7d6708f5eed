import { type JsonObject, type JsonValue, equalJson, isList, isObject, valueAt } from '../json.ts';
import { type FieldType, fieldsOf } from '../validation/schema.ts';
import { PatchError } from './json-patch.ts';

// `patchMergeKey` of the Go types: lists of maps that merge. Every other list of maps is replaced (the rules, peers and
// ports of a NetworkPolicy among them).
const mergeKeys: Readonly<Record<string, string>> = {
  'V1ObjectMeta.ownerReferences': 'uid',
  'V1PodSpec.containers': 'name',
  'V1PodSpec.initContainers': 'name',
  'V1PodSpec.ephemeralContainers': 'name',
  'V1PodSpec.volumes': 'name',
  'V1PodSpec.imagePullSecrets': 'name',
  'V1PodSpec.hostAliases': 'ip',
  'V1PodSpec.topologySpreadConstraints': 'topologyKey',
  'V1PodSpec.schedulingGates': 'name',
  'V1PodSpec.resourceClaims': 'name',
  'V1Container.ports': 'containerPort',
  'V1Container.env': 'name',
  'V1Container.volumeMounts': 'mountPath',
  'V1Container.volumeDevices': 'devicePath',
  'V1PodStatus.conditions': 'type',
  'V1PodStatus.podIPs': 'ip',
  'V1PodStatus.hostIPs': 'ip',
  'V1NamespaceStatus.conditions': 'type',
  'V1NodeStatus.conditions': 'type',
  'V1NodeStatus.addresses': 'type',
  'V1ServiceSpec.ports': 'port',
  'V1ServiceStatus.conditions': 'type',
  'V1ServiceAccount.secrets': 'name',
  'V1DeploymentStatus.conditions': 'type',
  'V1ReplicaSetStatus.conditions': 'type',
  'V1StatefulSetStatus.conditions': 'type',
  'V1DaemonSetStatus.conditions': 'type',
  'V1JobStatus.conditions': 'type',
};

// Lists of plain values that merge as sets.
const mergedPrimitives = new Set(['V1ObjectMeta.finalizers', 'V1NodeSpec.podCIDRs']);

/**
 * Kubernetes' strategic merge patch, with `$patch`, `$retainKeys`, `$setElementOrder/x` and `$deleteFromPrimitiveList/x`.
 * `type` is the schema type of the document. Throws `PatchError`.
 */
export function strategicMergePatch(document: JsonObject, patch: JsonValue, type: string): JsonObject {
  if (!isObject(patch)) throw new PatchError('the patch is no object');
  return mergeObject(document, patch, { kind: 'object', name: type });
}

function mergeObject(target: JsonObject, patch: JsonObject, type: FieldType | undefined): JsonObject {
  const directive = valueAt(patch, '$patch');
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  const result = new Map(Object.entries(target));
  retainKeys(result, patch);
  for (const [key, value] of Object.entries(patch)) {
    if (
      value === undefined ||
      key === '$patch' ||
      key === '$retainKeys' ||
      key.startsWith('$setElementOrder/')
    )
      continue;
    const primitives = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key)?.[1];
    if (primitives !== undefined) {
      const old = result.get(primitives);
      const gone = isList(value) ? value : [];
      if (isList(old))
        result.set(
          primitives,
          old.filter((item) => !gone.some((one) => equalJson(one, item))),
        );
    } else if (value === null) result.delete(key);
    else
      result.set(
        key,
        mergeField(result.get(key), value, key, type, valueAt(patch, `$setElementOrder/${key}`)),
      );
  }
  // An order for a list that the patch itself does not change.
  for (const [key, order] of Object.entries(patch)) {
    const field = /^\$setElementOrder\/(.+)$/.exec(key)?.[1];
    const old = field === undefined ? undefined : result.get(field);
    if (field !== undefined && !Object.hasOwn(patch, field) && isList(old) && isList(order)) {
      result.set(field, inOrder(old, order, mergeKeyOf(type, field)));
    }
  }
  return Object.fromEntries(result);
}

function mergeField(
  old: JsonValue | undefined,
  value: JsonValue,
  key: string,
  owner: FieldType | undefined,
  order: JsonValue | undefined,
): JsonValue {
  const type = fieldType(owner, key);
  if (isObject(value)) return mergeObject(isObject(old) ? old : {}, value, type);
  if (!isList(value)) return value;
  const mergeKey = mergeKeyOf(owner, key);
  const item = type?.kind === 'list' ? type.item : undefined;
  if (mergeKey !== undefined) {
    return inOrder(mergeLists(isList(old) ? old : [], value, mergeKey, item), order, mergeKey);
  }
  if (owner?.kind === 'object' && mergedPrimitives.has(`${owner.name}.${key}`)) {
    const before = isList(old) ? old : [];
    return inOrder(
      [...before, ...value.filter((one) => !before.some((other) => equalJson(one, other)))],
      order,
      undefined,
    );
  }
  return value.map((one) => (isObject(one) ? withoutDirectives(one) : one));
}

function mergeLists(
  old: readonly JsonValue[],
  patch: readonly JsonValue[],
  mergeKey: string,
  item: FieldType | undefined,
): readonly JsonValue[] {
  const replaces = patch.some(
    (one) => valueAt(one, '$patch') === 'replace' && valueAt(one, mergeKey) === undefined,
  );
  let result = replaces ? [] : [...old];
  for (const one of patch) {
    if (!isObject(one)) throw new PatchError(`a list that merges by ${mergeKey} holds objects`);
    const key = valueAt(one, mergeKey);
    if (key === undefined) {
      if (valueAt(one, '$patch') === 'replace') continue;
      throw new PatchError(`map: ${JSON.stringify(one)} does not contain declared merge key: ${mergeKey}`);
    }
    const index = result.findIndex((other) => equalJson(valueAt(other, mergeKey), key));
    if (valueAt(one, '$patch') === 'delete') {
      result = result.filter((other) => !equalJson(valueAt(other, mergeKey), key));
    } else if (index < 0) result.push(mergeObject({}, one, item));
    else {
      const found = result[index];
      result[index] = mergeObject(isObject(found) ? found : {}, one, item);
    }
  }
  return result;
}

function inOrder(
  list: readonly JsonValue[],
  order: JsonValue | undefined,
  mergeKey: string | undefined,
): readonly JsonValue[] {
  if (!isList(order)) return list;
  const keyOf = (value: JsonValue): JsonValue | undefined =>
    mergeKey === undefined ? value : valueAt(value, mergeKey);
  const place = (value: JsonValue): number => {
    const index = order.findIndex((one) => equalJson(keyOf(one), keyOf(value)));
    // What the order does not name was put there by somebody else and stays at the end.
    return index < 0 ? order.length : index;
  };
  return list.toSorted((a, b) => place(a) - place(b));
}

function retainKeys(result: Map<string, JsonValue | undefined>, patch: JsonObject): void {
  const retained = valueAt(patch, '$retainKeys');
  if (!isList(retained)) return;
  for (const key of [...result.keys()]) if (!retained.includes(key)) result.delete(key);
}

function withoutDirectives(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) =>
      key.startsWith('$') || value === null
        ? []
        : [[key, isObject(value) ? withoutDirectives(value) : value]],
    ),
  );
}

function mergeKeyOf(owner: FieldType | undefined, field: string): string | undefined {
  return owner?.kind === 'object' ? mergeKeys[`${owner.name}.${field}`] : undefined;
}

function fieldType(owner: FieldType | undefined, field: string): FieldType | undefined {
  if (owner?.kind === 'object') return fieldsOf(owner.name).get(field);
  return owner?.kind === 'map' ? owner.value : undefined;
}
