import fc from 'fast-check';
import {
  closedPolicy,
  isUnreadable,
  storeNamespace,
  storeNode,
  storePod,
  storePolicy,
} from '../../src/agent/stored-objects.ts';
import { formatDiagnostics } from '../../src/cli/output/diagnostics.ts';
import { KubeError } from '../../src/kube/errors.ts';
import { readObjectName } from '../../src/kube/raw-object.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import { type Direction, modeOf, type NetworkPolicy } from '../../src/model/network-policy.ts';
import { address, cidr, clusterOf, nodeOf, podOf } from '../cases/builders.ts';
import { load } from '../cli/input/memory-io.ts';
import { damagedBytes, damagedText, damagedValue } from './mutations.ts';
import { orThrows, promise, said } from './promises.ts';
import * as samples from './samples.ts';
import { type Target, target } from './target.ts';
import { sameVerdicts } from './verdicts.ts';

/** Objects of the API, from files and from the API server. */
export function manifestTargets(): readonly Target[] {
  const manifests = samples.manifests();
  const objects = samples.objects();
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
  return [
    target('manifests, YAML', fc.oneof(damagedText(manifests), damagedBytes(manifests)), manifest),
    target('manifests, JSON', damagedText(objects.map((object) => JSON.stringify(object))), manifest),
    target('manifests, values', damagedValue(objects).map(asJson), manifest),
    target('manifests, a cluster', damagedValue([samples.cluster]).map(asJson), manifest),
    target('stored policies', damagedValue(policies), storedPolicy),
    target('stored pods, namespaces, nodes', damagedValue(objects), storedObject),
  ];
}

const asJson = (value: unknown): string => JSON.stringify(value);

/** What cannot be understood has a place, and what can be means one thing. */
async function manifest(text: string | Uint8Array): Promise<void> {
  const { cluster, diagnostics, sourceLine } = await load(text);
  said(diagnostics, (all) => formatDiagnostics(all, { sourceLine }));
  for (const { code, source, message } of diagnostics)
    promise(source !== undefined || code === 'no-objects', `a mistake without a place: ${message}`);
  if (diagnostics.some(({ severity }) => severity === 'error')) return;
  sameVerdicts(cluster);
}

/** However broken a stored policy is, it is enforced in one way, and what is broken of it allows nothing. */
function storedPolicy(raw: unknown): void {
  const name = orThrows(
    () => readObjectName(raw),
    (error) => error instanceof KubeError,
  );
  if (name === undefined) return;
  const { policy, diagnostics } = asStored(raw, name);
  said(diagnostics, formatDiagnostics);
  promise(policy.policyTypes.length > 0, 'a policy that isolates nothing');
  for (const diagnostic of diagnostics) closes(policy, diagnostic);
  const mine = { ...policy, namespace: 'default' };
  sameVerdicts(clusterOf({ nodes, pods, policies: [mine] }), ({ source, destination }, allowed) => {
    // A pod reaches itself whatever policies say.
    if (source.address === destination.address) return;
    const isSelected = destination.kind === 'pod' && destination.pod.namespace === 'default';
    const isEnforced = modeOf(policy) === 'enforce';
    const isShut = isEnforced && diagnostics.some(isOfWhom) && policy.policyTypes.includes('ingress');
    promise(!allowed || !isSelected || !isShut, 'open although nobody knows whom it selects');
  });
}

function asStored(raw: unknown, name: ReturnType<typeof readObjectName>): ReturnType<typeof storePolicy> {
  try {
    return storePolicy(raw);
  } catch (error) {
    // What the store does with it.
    return closedPolicy(name, error);
  }
}

/** Whether it is the selection of pods that is not understood. */
function isOfWhom({ severity, path = '' }: Diagnostic): boolean {
  return severity === 'error' && /^spec\.podSelector(?![a-z])/i.test(path);
}

function closes({ podSelector, policyTypes, ingress, egress }: NetworkPolicy, diagnostic: Diagnostic): void {
  const { severity, path = '', message } = diagnostic;
  if (severity !== 'error') return;
  if (isOfWhom(diagnostic)) {
    promise(podSelector.length === 0, `${path} is broken, and not every pod is selected: ${message}`);
    promise(ingress.length + egress.length === 0, `${path} is broken, and something is allowed: ${message}`);
  }
  if (/^spec(?:\.policyTypes.*)?$/.test(path))
    promise(policyTypes.length === 2, `${path} is broken, and one direction is open: ${message}`);
  const [, direction, index] = /^spec\.(ingress|egress)(?:\[(\d+)\].*)?$/.exec(path) ?? [];
  if (direction === undefined) return;
  const rules = { ingress, egress }[direction as Direction];
  promise(
    index === undefined ? rules.length === 0 : rules.every((rule) => rule.index !== Number(index)),
    `${path} is broken and allows: ${message}`,
  );
}

const nodes = [nodeOf('n1', { podCIDRs: [cidr('10.244.1.0/24')] })];
const pods = [
  podOf('default/a', { nodeName: 'n1', addresses: [address('10.244.1.5')], labels: { app: 'web' } }),
  podOf('default/b', { nodeName: 'n1', addresses: [address('10.244.1.6')], labels: { app: 'apiserver' } }),
  podOf('other/c', { nodeName: 'n1', addresses: [address('10.244.1.7')], labels: { team: 'operations' } }),
];

function storedObject(raw: unknown): void {
  for (const store of [storePod, storeNamespace, storeNode]) {
    const stored = store(raw);
    if (!isUnreadable(stored)) continue;
    promise(stored.diagnostics.length > 0, 'unreadable, and nobody knows why');
    said(stored.diagnostics, formatDiagnostics);
  }
}
