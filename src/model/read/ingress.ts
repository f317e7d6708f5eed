import type { Ingress, IngressBackend } from '../cluster.ts';
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
import { reportRequired } from './field-error.ts';
import { mostItems } from './limits.ts';
import { dnsLabelErrors, dnsSubdomainErrors } from './names.ts';
import { readObjectMeta, referenceTo, reportEach } from './object-meta.ts';
import { finishReading, type ReadContext, type Reading, unreadable } from './reading.ts';
import { readTargetPort } from './service.ts';

/**
 * Reads an Ingress (networking/v1; backends of v1beta1, too). A backend that is broken, or that names a resource
 * instead of a Service, is left out; what is broken is reported.
 */
export function readIngress(value: unknown, context: ReadContext): Reading<Ingress> {
  const root = rootCursor(value, context);
  const meta = hasFields(root) ? readObjectMeta(root, ingressName) : undefined;
  if (meta === undefined) return unreadable(root.report);
  const spec = fieldOf(root, 'spec');
  if (!hasFields(spec)) return unreadable(root.report, referenceTo('Ingress', meta));
  return finishReading(root.report, referenceTo('Ingress', meta), {
    namespace: meta.namespace,
    name: meta.name,
    ingressClassName: readClassName(spec, meta.annotations),
    backends: [...readDefaultBackend(spec), ...readRules(spec)],
    ...sourceOf(root),
  });
}

const ingressName = { kind: 'Ingress', scope: 'namespaced', nameErrors: dnsSubdomainErrors } as const;

/** The annotation came before the field, and controllers still honour it. */
function readClassName(spec: Cursor, annotations: Readonly<Record<string, string>>): string {
  return stringOf(fieldOf(spec, 'ingressClassName'), annotations['kubernetes.io/ingress.class'] ?? '') ?? '';
}

/** Where no host and no path match; v1beta1 called it `backend`. */
function readDefaultBackend(spec: Cursor): readonly IngressBackend[] {
  return ['defaultBackend', 'backend'].flatMap((name) => {
    const backend = fieldOf(spec, name);
    return isAbsent(backend) ? [] : readBackend(backend, '', '');
  });
}

function readRules(spec: Cursor): readonly IngressBackend[] {
  return (itemsOf(fieldOf(spec, 'rules'), mostItems) ?? []).filter(hasFields).flatMap((rule) => {
    const host = stringOf(fieldOf(rule, 'host'), '');
    const http = fieldOf(rule, 'http');
    if (host === undefined || !hasFields(http)) return [];
    return (itemsOf(fieldOf(http, 'paths'), mostItems) ?? []).filter(hasFields).flatMap((item) => {
      const path = stringOf(fieldOf(item, 'path'), '');
      return path === undefined ? [] : readBackend(fieldOf(item, 'backend'), host, path);
    });
  });
}

function readBackend(backend: Cursor, host: string, path: string): readonly IngressBackend[] {
  if (!hasFields(backend)) return [];
  if (!isAbsent(fieldOf(backend, 'resource'))) return [];
  const isOld = !isAbsent(fieldOf(backend, 'serviceName'));
  const service = fieldOf(backend, 'service');
  if (!hasFields(service)) return [];
  const name = readServiceName(isOld ? fieldOf(backend, 'serviceName') : fieldOf(service, 'name'));
  const port = isOld
    ? readTargetPort(fieldOf(backend, 'servicePort'), 0)
    : readBackendPort(fieldOf(service, 'port'));
  return name === undefined || port === undefined ? [] : [{ host, path, service: name, port }];
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
