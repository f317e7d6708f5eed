import { execFileSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';

const root = `${import.meta.dirname}/../..`;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

export const overlays = [
  'base',
  'overlays/metrics',
  'overlays/prometheus-operator',
  'overlays/reject',
] as const;

/** What `kubectl kustomize` makes of a folder below deploy/kustomize. Without kubectl: undefined, in CI an error. */
export function built(folder: (typeof overlays)[number]): readonly Manifest[] | undefined {
  let text: string;
  try {
    text = execFileSync('kubectl', ['kustomize', `${root}/deploy/kustomize/${folder}`], { encoding: 'utf8' });
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing && process.env['CI'] !== 'true') return undefined;
    throw error;
  }
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

export function only(manifests: readonly Manifest[], kind: string): Manifest {
  const [found, ...more] = manifests.filter((manifest) => manifest.kind === kind);
  if (found === undefined || more.length > 0) throw new Error(`not one ${kind}`);
  return found;
}
