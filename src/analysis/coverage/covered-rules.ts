import { normaliseSelector } from '../../model/label-selector.ts';
import {
  type Direction,
  directions,
  type NetworkPolicy,
  type PolicyRule,
} from '../../model/network-policy.ts';
import { everything } from '../../net/traffic.ts';
import { selects } from '../../policy/isolation.ts';
import { type Finding, findClosed, findOpen } from '../ends/pairs.ts';
import type { Place, Target } from '../ends/place.ts';
import type { PreparedSuite } from '../policy-test/run-suite.ts';
import { unnamedTargets } from '../policy-test/resolved-line.ts';
import { mayPass } from '../policy-test/search.ts';
import type { Reach } from '../reach/reach.ts';

/** What a test can be about in a policy: a rule, or that the policy isolates without any rule in that direction. */
export interface Coverable {
  readonly policy: NetworkPolicy;
  readonly direction: Direction;
  /** Absent: the isolation, which denies everything. */
  readonly rule?: PolicyRule;
}

/** What of a policy tests can cover, in the order of the policy. */
export function coverablesOf(policy: NetworkPolicy): readonly Coverable[] {
  return directions
    .filter((direction) => policy.policyTypes.includes(direction))
    .flatMap((direction): readonly Coverable[] => {
      const rules = policy[direction].map((rule) => ({ policy, direction, rule }));
      return rules.length > 0 ? rules : [{ policy, direction }];
    });
}

/**
 * Tells what a suite covers:
 * - a rule is covered where an `allow`, `only` or matrix line is about a connection that this rule allows, whatever other
 *   rules do;
 * - an isolation without rules is covered where a `deny`, `only` or matrix line, or `otherwise: deny`, is about a connection
 *   of a pod that the policy selects, and that the policies of that side deny.
 *
 * Pods to come count as far as a line is about them. What cannot be decided is not covered.
 */
export function coverageBy(prepared: PreparedSuite): (coverable: Coverable) => boolean {
  const { reach } = prepared.world;
  let none: Reach | undefined;
  /** The cluster as if there were no policies. */
  const bare = (): Reach => (none ??= reach.withoutPolicies());
  const allowing = inNamespaces(allowingStatements(prepared));
  const denying = inNamespaces(denyingStatements(prepared));
  const sides = new Map<string, Reach>();

  /** The cluster as if there were just the policies of this side. */
  const sideOf = (namespace: string, direction: Direction): Reach => {
    const key = `${direction} ${namespace}`;
    const own = reach.isolations.policiesIn(namespace).flatMap((policy) => only(policy, direction));
    const side = sides.get(key) ?? bare().withPolicies(namespace, own);
    sides.set(key, side);
    return side;
  };

  return ({ policy, direction, rule }) => {
    const { namespace } = policy;
    const said = (rule === undefined ? denying : allowing)(namespace, direction);
    // Most policies of a large cluster are no test's business: that must cost next to nothing.
    const own = said.flatMap((statement) => aboutSelected(statement, policy, direction));
    if (own.length === 0) return false;
    if (rule === undefined) {
      const side = sideOf(namespace, direction);
      return own.some((one) => isAbout(one, (from, to) => findClosed(side, from, to)));
    }
    const alone = bare().withPolicies(namespace, only(policy, direction, [rule]));
    return own.some((one) =>
      isAbout(one, (from, to) => (mayPass(alone, from, to) ? findOpen(alone, from, to) : { kind: 'none' })),
    );
  };
}

/** One direction of a policy. */
function only(
  policy: NetworkPolicy,
  direction: Direction,
  rules = policy[direction],
): readonly NetworkPolicy[] {
  if (!policy.policyTypes.includes(direction)) return [];
  return [{ ...policy, policyTypes: [direction], ingress: [], egress: [], [direction]: rules }];
}

/** Connections about which a suite says that they work, or that they do not. */
interface Statement {
  readonly sources: readonly Place[];
  readonly targets: readonly Target[];
}

function allowingStatements({ resolved }: PreparedSuite): readonly Statement[] {
  return resolved.filter(({ line }) => ['allow', 'only', 'exactly'].includes(line.verb));
}

function denyingStatements({ suite, resolved, world }: PreparedSuite): readonly Statement[] {
  const { pods, addresses, possible } = world.everybody;
  const everybody: readonly Place[] = [...pods, ...addresses, ...possible];
  const lines = resolved.flatMap((one): readonly Statement[] => {
    switch (one.line.verb) {
      case 'allow':
      case 'any':
        return [];
      case 'deny':
        return [one];
      case 'only':
        return [{ ...one, sources: everybody }];
      case 'exactly':
        return [{ ...one, targets: unnamedTargets(one) }];
    }
  });
  if (suite.otherwise === undefined) return lines;
  const own = pods.filter(({ pods: [pod] }) => world.scope.has(pod.namespace));
  const toEach = (places: readonly Place[]): readonly Target[] =>
    places.map((place) => ({ place, traffic: everything }));
  return [
    ...lines,
    { sources: everybody, targets: toEach(own) },
    { sources: own, targets: toEach(everybody) },
  ];
}

/** The statements about somebody who could be selected by a policy of the namespace, for that direction. */
type StatementsIn = (namespace: string, direction: Direction) => readonly Statement[];

function inNamespaces(statements: readonly Statement[]): StatementsIn {
  const sources = new Map<string, Statement[]>();
  const targets = new Map<string, Statement[]>();
  const add = (lists: Map<string, Statement[]>, namespace: string, statement: Statement): void => {
    const list = lists.get(namespace);
    if (list === undefined) lists.set(namespace, [statement]);
    else list.push(statement);
  };
  for (const statement of statements) {
    for (const [namespace, own] of Map.groupBy(statement.sources, namespaceOf)) {
      if (namespace !== undefined) add(sources, namespace, { ...statement, sources: own });
    }
    for (const [namespace, own] of Map.groupBy(statement.targets, ({ place }) => namespaceOf(place))) {
      if (namespace !== undefined) add(targets, namespace, { ...statement, targets: own });
    }
  }
  return (namespace, direction) => (direction === 'egress' ? sources : targets).get(namespace) ?? [];
}

function namespaceOf(place: Place): string | undefined {
  switch (place.kind) {
    case 'pods':
      return place.pods[0].namespace;
    case 'possible':
      return place.possible.namespace;
    case 'node':
    case 'addresses':
      return undefined;
  }
}

/** What a statement says of those whom the policy selects. */
function aboutSelected(
  { sources, targets }: Statement,
  policy: NetworkPolicy,
  direction: Direction,
): readonly Statement[] {
  if (direction === 'egress') {
    const own = sources.flatMap((place) => selected(policy, place));
    return own.length === 0 ? [] : [{ sources: own, targets }];
  }
  const own = targets.flatMap(({ place, traffic }) =>
    selected(policy, place).map((one): Target => ({ place: one, traffic })),
  );
  return own.length === 0 ? [] : [{ sources, targets: own }];
}

function isAbout({ sources, targets }: Statement, find: (from: Place, to: Target) => Finding): boolean {
  return sources.some((from) =>
    targets.some(
      ({ place, traffic }) => find(apart(from), { place: apart(place), traffic }).kind === 'example',
    ),
  );
}

/** Those of a place whom the policy selects. */
function selected(policy: NetworkPolicy, place: Place): readonly Place[] {
  switch (place.kind) {
    case 'pods': {
      const [first, ...others] = place.pods.filter((pod) => selects(policy, pod));
      return first === undefined ? [] : [{ ...place, pods: [first, ...others] }];
    }
    case 'possible': {
      const { possible } = place;
      if (possible.namespace !== policy.namespace) return [];
      const labels = normaliseSelector([...(possible.labels ?? []), ...policy.podSelector]);
      return [{ kind: 'possible', possible: { ...possible, labels } }];
    }
    case 'node':
    case 'addresses':
      return [];
  }
}

/** No policy decides between a pod and its own node. */
function apart(place: Place): Place {
  return place.kind === 'pods' || place.kind === 'node' ? { ...place, exceptOwnNode: true } : place;
}
