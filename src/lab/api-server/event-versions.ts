import type { ApiObject, JsonObject } from './json.ts';
import type { Resource } from './resources.ts';

// events.k8s.io/v1 and core v1 are two spellings of one stored object. Stored is the core form.
const renamed: readonly (readonly [core: string, events: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
];
const toEvents = new Map(renamed);
const toCore = new Map(renamed.map(([core, events]) => [events, core]));

/** The object as it is stored. */
export function toStored(object: JsonObject, resource: Resource): JsonObject {
  if (resource.group !== 'events.k8s.io') return object;
  return { ...rename(object, toCore), apiVersion: 'v1' };
}

/** A stored object as the resource shows it. */
export function fromStored(object: ApiObject, resource: Resource): ApiObject {
  if (resource.group !== 'events.k8s.io') return object;
  return {
    ...rename(object, toEvents),
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: object.metadata,
  };
}

function rename(object: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value]));
}
