import { type JsonObject, objectAt, objectsAt, valueAt } from '../json.ts';
import type { Resource } from '../resources.ts';
import { type FieldError, required } from './field-error.ts';
import { validateEvent } from './event.ts';
import { validateMetadata, validateMetadataUpdate } from './metadata.ts';
import { networkPolicyWarnings, validateNetworkPolicy } from './network-policy.ts';
import { validateController, validatePodSpec, validateService, validateTemplate } from './workload.ts';

const specChecks: Readonly<
  Record<string, (object: JsonObject, resource: Resource) => readonly FieldError[]>
> = {
  Event: validateEvent,
  NetworkPolicy: validateNetworkPolicy,
  Pod: (object) => validatePodSpec(objectAt(object, 'spec'), 'spec'),
  Service: validateService,
  Deployment: validateController,
  StatefulSet: validateController,
  DaemonSet: validateController,
  ReplicaSet: validateController,
  Job: (object) => validateTemplate(objectAt(object, 'spec', 'template'), 'spec.template'),
  CronJob: (object) => [
    ...(valueAt(object, 'spec', 'schedule') === undefined ? [required('spec.schedule', '')] : []),
    ...validateTemplate(
      objectAt(object, 'spec', 'jobTemplate', 'spec', 'template'),
      'spec.jobTemplate.spec.template',
    ),
  ],
  Ingress: (object) =>
    objectsAt(object, 'spec', 'rules').length > 0 || valueAt(object, 'spec', 'defaultBackend') !== undefined
      ? []
      : [
          {
            type: 'FieldValueInvalid',
            field: 'spec',
            body: 'Invalid value: []: either `defaultBackend` or `rules` must be specified',
          },
        ],
};

/** Everything the server has against the object; `old` is what it would replace. */
export function validate(object: JsonObject, resource: Resource, old?: JsonObject): readonly FieldError[] {
  return [
    ...validateMetadata(object, resource),
    ...(old === undefined ? [] : validateMetadataUpdate(object, old)),
    ...(specChecks[resource.kind]?.(object, resource) ?? []),
  ];
}

/** What the server only warns of, as texts for the Warning header. */
export function warningsFor(object: JsonObject, resource: Resource): readonly string[] {
  return resource.kind === 'NetworkPolicy' ? networkPolicyWarnings(object) : [];
}
