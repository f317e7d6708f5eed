import {
  type Direction,
  directions,
  type NetworkPolicy,
  type PolicyPort,
  type PolicyRule,
} from '../../../model/network-policy.ts';
import type { Pod } from '../../../model/pod.ts';
import { quote } from '../../../model/read/quote.ts';
import { closest } from '../../../model/read/suggestion.ts';
import { protocols } from '../../../net/protocol.ts';
import type { PodGroup } from '../../../policy/isolation.ts';
import { at, policyReference } from '../objects.ts';
import type { Found, LintContext, LintRule } from '../rule.ts';
import { groupOfPeer, groupOfPolicy, ownersOf, podsOf } from '../selection.ts';

/**
 * A port name that means nothing: no pod on the receiving side declares it. For ingress these are the pods that the policy
 * selects, for egress those that the peers mean.
 */
export const unknownNamedPort: LintRule = {
  id: 'unknown-named-port',
  title: 'a port name that no pod declares',
  severity: 'warning',
  check: (context) =>
    context.cluster.policies.flatMap((policy) =>
      directions.flatMap((direction) =>
        policy[direction].flatMap((rule) => ofRule(context, policy, direction, rule)),
      ),
    ),
};

type NamedPort = Extract<PolicyPort, { readonly kind: 'named' }>;

function ofRule(
  context: LintContext,
  policy: NetworkPolicy,
  direction: Direction,
  rule: PolicyRule,
): readonly Found[] {
  const named = (rule.ports ?? []).flatMap((port, index) => (port.kind === 'named' ? [{ port, index }] : []));
  if (named.length === 0) return [];
  const receivers = receiversOf(context, policy, direction, rule);
  // Nobody is selected: another rule says so.
  if (receivers.length === 0) return [];
  return named.flatMap(({ port, index }) => {
    if (receivers.some((pods) => declaredBy(pods).has(portKey(port)))) return [];
    const who = direction === 'ingress' ? 'no pod that the policy selects' : 'no pod that the rule means';
    return [
      {
        ...at(context.place(policy, ['spec', direction, rule.index, 'ports', index, 'port'])),
        object: policyReference(policy),
        message: `${who} declares a ${port.protocol} port ${quote(port.name)}`,
        hint: hintFor(port, receivers),
      },
    ];
  });
}

/** The pods that may receive what the rule allows, in lists that are shared between rules; none where there is nobody. */
function receiversOf(
  { reach }: LintContext,
  policy: NetworkPolicy,
  direction: Direction,
  { peers }: PolicyRule,
): readonly (readonly Pod[])[] {
  const lists =
    direction === 'ingress'
      ? [podsOf(reach, groupOfPolicy(policy))]
      : peers === undefined
        ? [podsOf(reach, everyPod)]
        : peers.map((peer) =>
            peer.kind === 'pods' ? podsOf(reach, groupOfPeer(policy, peer)) : ownersOf(reach, peer),
          );
  return lists.filter((pods) => pods.length > 0);
}

const everyPod: PodGroup = { kind: 'namespaces', namespaces: [], pods: [] };

const declared = new WeakMap<readonly Pod[], ReadonlySet<string>>();

/** The port names that the pods of a list declare, with their protocols. Many rules share few lists. */
function declaredBy(pods: readonly Pod[]): ReadonlySet<string> {
  const found = declared.get(pods) ?? new Set(pods.flatMap(({ ports }) => ports.map(portKey)));
  declared.set(pods, found);
  return found;
}

/** `TCP/http`: a port name has no slash. */
function portKey({ protocol, name }: Pick<NamedPort, 'protocol' | 'name'>): string {
  return `${protocol}/${name}`;
}

function hintFor(port: NamedPort, receivers: readonly (readonly Pod[])[]): string {
  const keys = new Set(receivers.flatMap((pods) => [...declaredBy(pods)]));
  const other = protocols.find((protocol) => keys.has(portKey({ ...port, protocol })));
  if (other !== undefined) return `they declare it for ${other}: write protocol: ${other}`;
  const prefix = `${port.protocol}/`;
  const names = [...keys].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  const meant = closest(port.name, names.sort());
  if (meant !== undefined) return `did you mean ${quote(meant)}?`;
  return names.length === 0
    ? 'a port name is one that a container gives to its port; these name none: write the number'
    : `they declare ${names.slice(0, 5).map(quote).join(', ')}`;
}
