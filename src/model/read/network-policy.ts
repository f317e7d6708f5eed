import type { LabelSelector } from '../label-selector.ts';
import {
  type Direction,
  directions,
  modeAnnotation,
  type NetworkPolicy,
  type PolicyRule,
} from '../network-policy.ts';
import { mostPolicySize, sizeOfRules } from '../policy-size.ts';
import {
  type Cursor,
  fieldOf,
  hasFields,
  hasOnlyFields,
  isAbsent,
  itemsOf,
  refusingUnknownFields,
  rootCursor,
  sourceOf,
  stringOf,
} from './cursor.ts';
import { reportInvalid, reportTooLarge, reportUnsupported, reportWarning } from './field-error.ts';
import { readLabelSelector } from './label-selector.ts';
import { mostItems, mostRules } from './limits.ts';
import { dnsSubdomainErrors } from './names.ts';
import { readObjectMeta, referenceTo } from './object-meta.ts';
import { readPolicyRule } from './policy-rule.ts';
import { quote } from './quote.ts';
import { finishReading, type ReadContext, type Reading, unreadable } from './reading.ts';

/**
 * Reads a NetworkPolicy (networking/v1) and applies the API's defaults. What is broken is reported and closed: a broken
 * podSelector isolates every pod of the namespace and its policy allows nothing, a broken rule allows nothing while its
 * direction stays isolated, broken policyTypes isolate both directions and only the rules of a direction that they name
 * for certain are in force. Only a policy without a usable name or namespace yields no object.
 */
export function readNetworkPolicy(value: unknown, context: ReadContext): Reading<NetworkPolicy> {
  const root = rootCursor(value, context);
  if (!hasOnlyFields(root, ['apiVersion', 'kind', 'metadata', 'spec', 'status'], rootHints)) {
    if (typeof value !== 'object' || Array.isArray(value)) return unreadable(root.report);
  }
  const meta = readObjectMeta(root, policyName);
  const spec = readSpec(fieldOf(root, 'spec'));
  if (meta === undefined) return unreadable(root.report);
  const { namespace, name, uid, generation, annotations } = meta;
  const mode = readMode(fieldOf(fieldOf(fieldOf(root, 'metadata'), 'annotations'), modeAnnotation));
  const policy = { namespace, name, uid, generation, ...spec, ...mode, annotations, ...sourceOf(root) };
  return finishReading(root.report, referenceTo('NetworkPolicy', meta), policy);
}

const policyName = { kind: 'NetworkPolicy', scope: 'namespaced', nameErrors: dnsSubdomainErrors } as const;

/** Whoever meant to try a policy out and misspelt it has a policy that is enforced: the other way round would open. */
function readMode(cursor: Cursor): Pick<NetworkPolicy, 'audit'> {
  if (isAbsent(cursor) || cursor.value === 'enforce') return {};
  if (cursor.value === 'audit') return { audit: true };
  // Another type than a string was reported with the other annotations.
  if (typeof cursor.value === 'string') {
    reportWarning(
      cursor,
      'unknown-mode',
      `unknown mode ${quote(cursor.value)}: the policy is enforced`,
      'write audit, or enforce',
    );
  }
  return {};
}

type Spec = Pick<NetworkPolicy, 'podSelector' | 'policyTypes' | 'ingress' | 'egress' | 'droppedRules'>;

const everyPod: LabelSelector = [];
const closed: Spec = { podSelector: everyPod, policyTypes: directions, ingress: [], egress: [] };

function readSpec(spec: Cursor): Spec {
  if (!hasFields(spec)) return closed;
  const onlyKnown = hasOnlyFields(spec, ['podSelector', 'policyTypes', 'ingress', 'egress'], specHints);
  const podSelector = readLabelSelector(refusingUnknownFields(fieldOf(spec, 'podSelector')));
  const ingress = readRules(fieldOf(spec, 'ingress'), 'ingress');
  const egress = readRules(fieldOf(spec, 'egress'), 'egress');
  const types = readPolicyTypes(fieldOf(spec, 'policyTypes'), egress.written);
  // Rules of a policy that selects nobody knows which pods must not open every pod.
  const inForce = podSelector === undefined ? [] : types.named;
  const dropped = [
    ...(ingress.rules.length > 0 && !types.isolated.includes('ingress') ? (['ingress'] as const) : []),
    ...(egress.rules.length > 0 && !types.isolated.includes('egress') ? (['egress'] as const) : []),
  ];
  return {
    podSelector: podSelector ?? everyPod,
    // An unknown field may have been meant to isolate, as `policyType` is.
    policyTypes: onlyKnown ? types.isolated : directions,
    ingress: inForce.includes('ingress') ? ingress.rules : [],
    egress: inForce.includes('egress') ? egress.rules : [],
    ...(dropped.length === 0 ? {} : { droppedRules: dropped }),
  };
}

interface Rules {
  readonly rules: readonly PolicyRule[];
  /** Whether anything is written that may be a rule: it decides the default of `policyTypes`. */
  readonly written: boolean;
}

/** What an unknown field of a rule restricts is not known: the rule without it could allow more than its author wanted. */
function readRules(cursor: Cursor, direction: Direction): Rules {
  const items = itemsOf(refusingUnknownFields(cursor), mostRules);
  if (items === undefined) return { rules: [], written: true };
  const rules = items.flatMap((item, index) => readPolicyRule(item, index, direction) ?? []);
  const size = sizeOfRules(rules);
  if (size > mostPolicySize) {
    reportTooLarge(cursor, size, mostPolicySize);
    return { rules: [], written: true };
  }
  return { rules, written: items.length > 0 };
}

interface PolicyTypes {
  readonly isolated: readonly Direction[];
  /** The directions that are named for certain: only their rules are in force. */
  readonly named: readonly Direction[];
}

/** Missing or empty: Ingress, and Egress if there is an egress rule (T on `policyTypes`). */
function readPolicyTypes(cursor: Cursor, hasEgressRule: boolean): PolicyTypes {
  const items = itemsOf(cursor, mostItems);
  if (items === undefined) return { isolated: directions, named: [] };
  if (items.length === 0) {
    const inForce: readonly Direction[] = hasEgressRule ? directions : ['ingress'];
    return { isolated: inForce, named: inForce };
  }
  const types = items.map(readPolicyType);
  const named = directions.filter((direction) => types.includes(direction));
  if (items.length > directions.length) {
    reportInvalid(cursor, 'invalid-policy-types', 'may not specify more than two policyTypes');
    return { isolated: directions, named };
  }
  return { isolated: types.includes(undefined) ? directions : named, named };
}

function readPolicyType(cursor: Cursor): Direction | undefined {
  const written = stringOf(cursor, '');
  if (written === 'Ingress') return 'ingress';
  if (written === 'Egress') return 'egress';
  if (written !== undefined)
    reportUnsupported(isAbsent(cursor) ? { ...cursor, value: '' } : cursor, ['Ingress', 'Egress']);
  return undefined;
}

const rootHints = {
  podSelector: 'it belongs under spec',
  policyTypes: 'it belongs under spec',
  ingress: 'it belongs under spec',
  egress: 'it belongs under spec',
  name: 'it belongs under metadata',
  namespace: 'it belongs under metadata',
};

const specHints = {
  from: 'it belongs to an item of ingress',
  to: 'it belongs to an item of egress',
  ports: 'it belongs to an item of ingress or egress',
  ipBlock: 'it belongs to an item of from or to',
  namespaceSelector: 'it belongs to an item of from or to; a policy selects pods of its own namespace',
  matchLabels: 'it belongs under podSelector',
  matchExpressions: 'it belongs under podSelector',
};
