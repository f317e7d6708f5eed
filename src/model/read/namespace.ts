import type { Namespace } from '../cluster.ts';
import type { Labels } from '../label-selector.ts';
import { hasFields, rootCursor, sourceOf } from './cursor.ts';
import { dnsLabelErrors } from './names.ts';
import { lintIgnoreOf, readObjectMeta, referenceTo } from './object-meta.ts';
import { finishReading, type ReadContext, type Reading, unreadable } from './reading.ts';

const nameLabel = 'kubernetes.io/metadata.name';

/** Reads a Namespace (core/v1). With broken labels there is no object: `NotIn` would match what is not known. */
export function readNamespace(value: unknown, context: ReadContext): Reading<Namespace> {
  const root = rootCursor(value, context);
  const meta = hasFields(root) ? readObjectMeta(root, namespaceName) : undefined;
  if (meta === undefined) return unreadable(root.report);
  const namespace =
    meta.labels === undefined
      ? undefined
      : {
          name: meta.name,
          labels: namespaceLabels(meta.name, meta.labels),
          ...lintIgnoreOf(meta.annotations),
          ...sourceOf(root),
        };
  return finishReading(root.report, referenceTo('Namespace', meta), namespace);
}

/** A namespace that nobody declared: it exists all the same, with the label that the API server gives to each. */
export function undeclaredNamespace(name: string): Namespace {
  return { name, labels: namespaceLabels(name, {}) };
}

const namespaceName = { kind: 'Namespace', scope: 'cluster', nameErrors: dnsLabelErrors } as const;

/** The API server sets the name label of every namespace, whatever was written. */
function namespaceLabels(name: string, labels: Labels): Labels {
  return { ...labels, [nameLabel]: name };
}
