import type { Ingress, IngressBackend, IngressMatch, IngressResource, PathType } from '../cluster.ts';
import {
  type Cursor,
  fieldOf,
  hasFields,
  isAbsent,
  itemsOf,
  rootCursor,
  sourceOf,
  stringOf,
} from './cursor.ts';
import { reportRequired, reportUnsupported } from './field-error.ts';
import { mostItems } from './limits.ts';
import { dnsLabelErrors, dnsSubdomainErrors } from './names.ts';
import { readObjectMeta, referenceTo, reportEach } from './object-meta.ts';
import { finishReading, type ReadContext, type Reading, unreadable } from './reading.ts';
import { readTargetPort } from './service.ts';

/**
 * Reads an Ingress (networking/v1; backends of v1beta1, too). A backend that is broken is reported and left out.
 */
export function readIngress(value: unknown, context: ReadContext): Reading<Ingress> {
  const root = rootCursor(value, context);
  const meta = hasFields(root) ? readObjectMeta(root, ingressName) : undefined;
  if (meta === undefined) return unreadable(root.report);
  const spec = fieldOf(root, 'spec');
  if (!hasFields(spec)) return unreadable(root.report, referenceTo('Ingress', meta));
  const all = [...readDefaultBackend(spec), ...readRules(spec)];
  const resources = all.filter((backend) => 'resource' in backend);
  return finishReading(root.report, referenceTo('Ingress', meta), {
    namespace: meta.namespace,
    name: meta.name,
    ingressClassName: readClassName(spec, meta.annotations),
    backends: all.filter((backend) => 'service' in backend),
    ...(resources.length === 0 ? {} : { resources }),
    ...sourceOf(root),
  });
}

const ingressName = { kind: 'Ingress', scope: 'namespaced', nameErrors: dnsSubdomainErrors } as const;

/** The annotation came before the field, and controllers still honour it. */
function readClassName(spec: Cursor, annotations: Readonly<Record<string, string>>): string {
  return stringOf(fieldOf(spec, 'ingressClassName'), annotations['kubernetes.io/ingress.class'] ?? '') ?? '';
}

type Backend = IngressBackend | IngressResource;

/** Where no host and no path match; v1beta1 called it `backend`. */
function readDefaultBackend(spec: Cursor): readonly Backend[] {
  return ['defaultBackend', 'backend'].flatMap((name) => {
    const backend = fieldOf(spec, name);
    return isAbsent(backend) ? [] : readBackend(backend, { host: '', path: '' });
  });
}

function readRules(spec: Cursor): readonly Backend[] {
  return (itemsOf(fieldOf(spec, 'rules'), mostItems) ?? []).filter(hasFields).flatMap((rule) => {
    const host = stringOf(fieldOf(rule, 'host'), '');
    const http = fieldOf(rule, 'http');
    if (host === undefined || !hasFields(http)) return [];
    return (itemsOf(fieldOf(http, 'paths'), mostItems) ?? []).filter(hasFields).flatMap((item) => {
      const path = stringOf(fieldOf(item, 'path'), '');
      const pathType = readPathType(fieldOf(item, 'pathType'));
      return path === undefined || pathType === undefined
        ? []
        : readBackend(fieldOf(item, 'backend'), { host, path, pathType });
    });
  });
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'] as const;

/** v1beta1 may leave it out, and means what the controller makes of it. */
function readPathType(cursor: Cursor): PathType | undefined {
  const written = stringOf(cursor, 'ImplementationSpecific');
  if (written === undefined) return undefined;
  const known = pathTypes.find((pathType) => pathType === written);
  if (known === undefined) reportUnsupported(cursor, pathTypes);
  return known;
}

function readBackend(backend: Cursor, match: IngressMatch): readonly Backend[] {
  if (!hasFields(backend)) return [];
  const resource = fieldOf(backend, 'resource');
  if (!isAbsent(resource)) return readResource(resource, match);
  const isOld = !isAbsent(fieldOf(backend, 'serviceName'));
  const service = fieldOf(backend, 'service');
  if (!hasFields(service)) return [];
  const name = readServiceName(isOld ? fieldOf(backend, 'serviceName') : fieldOf(service, 'name'));
  const port = isOld
    ? readTargetPort(fieldOf(backend, 'servicePort'), 0)
    : readBackendPort(fieldOf(service, 'port'));
  return name === undefined || port === undefined ? [] : [{ ...match, service: name, port }];
}

function readResource(resource: Cursor, match: IngressMatch): readonly IngressResource[] {
  if (!hasFields(resource)) return [];
  const [kind, name] = ['kind', 'name'].map((field) => stringOf(fieldOf(resource, field), ''));
  return kind === undefined || name === undefined ? [] : [{ ...match, resource: `${kind}/${name}` }];
}

function readServiceName(cursor: Cursor): string | undefined {
  const name = stringOf(cursor, '');
  if (name === undefined) return undefined;
  if (name === '') {
    reportRequired(cursor, '');
    return undefined;
  }
  return reportEach(cursor, 'invalid-name', dnsLabelErrors(name)) ? undefined : name;
}

function readBackendPort(port: Cursor): number | string | undefined {
  if (!hasFields(port)) return undefined;
  const name = fieldOf(port, 'name');
  const target = readTargetPort(isAbsent(name) ? fieldOf(port, 'number') : name, 0);
  if (target !== 0) return target;
  reportRequired(port, 'port name or number is required');
  return undefined;
}
