import { protocols } from '../../../net/protocol.ts';
import {
  type JsonObject,
  isObject,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  stringsAt,
  valueAt,
} from '../json.ts';
import { type FieldError, duplicate, invalid, notSupported, required } from './field-error.ts';
import { validateLabelSelector } from './label-selector.ts';
import { validateLabels } from './metadata.ts';
import { checkLabel, checkPortName, checkPortNumber } from './names.ts';

/** The checks of a pod's spec that manifests trip over: containers, their names and their ports. */
export function validatePodSpec(spec: JsonObject, path: string): readonly FieldError[] {
  const containers = objectsAt(spec, 'containers');
  return [
    ...(containers.length === 0 ? [required(`${path}.containers`, '')] : []),
    ...containers.flatMap((container, index) =>
      validateContainer(container, `${path}.containers[${String(index)}]`),
    ),
    ...objectsAt(spec, 'initContainers').flatMap((container, index) =>
      validateContainer(container, `${path}.initContainers[${String(index)}]`),
    ),
    ...duplicates([...containers, ...objectsAt(spec, 'initContainers')], containers.length, path),
  ];
}

/** The checks that Deployments, StatefulSets, DaemonSets and ReplicaSets share: the selector selects the template. */
export function validateController(object: JsonObject): readonly FieldError[] {
  const spec = objectAt(object, 'spec');
  const template = objectAt(spec, 'template');
  const labels = stringsAt(template, 'metadata', 'labels');
  const wanted = stringsAt(spec, 'selector', 'matchLabels');
  const selected = Object.entries(wanted).every(([key, value]) => labels[key] === value);
  return [
    ...(isObject(valueAt(spec, 'selector'))
      ? validateLabelSelector(objectAt(spec, 'selector'), 'spec.selector')
      : [required('spec.selector', '')]),
    ...(selected
      ? []
      : [invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]),
    ...validateTemplate(template, 'spec.template'),
  ];
}

/** A pod template: labels and spec. */
export function validateTemplate(template: JsonObject, path: string): readonly FieldError[] {
  return [
    ...validateLabels(stringsAt(template, 'metadata', 'labels'), `${path}.labels`),
    ...validatePodSpec(objectAt(template, 'spec'), `${path}.spec`),
  ];
}

/** The checks of a Service's spec that manifests trip over: there are ports, and they are ports. */
export function validateService(object: JsonObject): readonly FieldError[] {
  const spec = objectAt(object, 'spec');
  const ports = objectsAt(spec, 'ports');
  const type = stringAt(spec, 'type');
  const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
  const mayBeWithout = type === 'ExternalName' || stringAt(spec, 'clusterIP') === 'None';
  return [
    ...(types.includes(type) ? [] : [notSupported('spec.type', type, types)]),
    ...(ports.length === 0 && !mayBeWithout ? [required('spec.ports', '')] : []),
    ...ports.flatMap((port, index) =>
      validateServicePort(port, `spec.ports[${String(index)}]`, ports.length > 1),
    ),
    ...validateLabels(stringsAt(spec, 'selector'), 'spec.selector'),
  ];
}

function validateContainer(container: JsonObject, path: string): readonly FieldError[] {
  const name = stringAt(container, 'name');
  return [
    ...(name === ''
      ? [required(`${path}.name`, '')]
      : checkLabel(name).map((text) => invalid(`${path}.name`, name, text))),
    ...(stringAt(container, 'image') === '' ? [required(`${path}.image`, '')] : []),
    ...objectsAt(container, 'ports').flatMap((port, index) =>
      validateContainerPort(port, `${path}.ports[${String(index)}]`),
    ),
  ];
}

function validateContainerPort(port: JsonObject, path: string): readonly FieldError[] {
  const name = stringAt(port, 'name');
  const number = numberAt(port, 'containerPort') ?? 0;
  const hostPort = numberAt(port, 'hostPort') ?? 0;
  return [
    ...(name === '' ? [] : checkPortName(name).map((text) => invalid(`${path}.name`, name, text))),
    ...(number === 0
      ? [required(`${path}.containerPort`, '')]
      : checkPortNumber(number).map((text) => invalid(`${path}.containerPort`, number, text))),
    ...(hostPort === 0
      ? []
      : checkPortNumber(hostPort).map((text) => invalid(`${path}.hostPort`, hostPort, text))),
    ...validateProtocol(port, path),
  ];
}

function validateServicePort(port: JsonObject, path: string, nameRequired: boolean): readonly FieldError[] {
  const name = stringAt(port, 'name');
  const number = numberAt(port, 'port') ?? 0;
  const target = valueAt(port, 'targetPort');
  return [
    ...(name === ''
      ? nameRequired
        ? [required(`${path}.name`, '')]
        : []
      : checkLabel(name).map((text) => invalid(`${path}.name`, name, text))),
    ...checkPortNumber(number).map((text) => invalid(`${path}.port`, number, text)),
    ...validateProtocol(port, path),
    ...(typeof target === 'number'
      ? checkPortNumber(target).map((text) => invalid(`${path}.targetPort`, target, text))
      : []),
    ...(typeof target === 'string'
      ? checkPortName(target).map((text) => invalid(`${path}.targetPort`, target, text))
      : []),
  ];
}

function validateProtocol(port: JsonObject, path: string): readonly FieldError[] {
  const protocol = stringAt(port, 'protocol');
  return protocols.some((known) => known === protocol)
    ? []
    : [notSupported(`${path}.protocol`, protocol, ['SCTP', 'TCP', 'UDP'])];
}

function duplicates(
  containers: readonly JsonObject[],
  ordinary: number,
  path: string,
): readonly FieldError[] {
  const names = containers.map((container) => stringAt(container, 'name'));
  return names.flatMap((name, index) => {
    if (name === '' || names.indexOf(name) === index) return [];
    const list = index < ordinary ? 'containers' : 'initContainers';
    const at = index < ordinary ? index : index - ordinary;
    return [duplicate(`${path}.${list}[${String(at)}].name`, name)];
  });
}
