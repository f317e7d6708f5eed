import { directions } from '../model/network-policy.ts';
import type { ConnectionCounts } from './connection-counts.ts';
import type { MetricRegistry } from './metric-registry.ts';

export type CountedConnections = Pick<ConnectionCounts, 'pods' | 'rules' | 'others'>;

/**
 * Names of pods and policies are labels here: those of this node alone, and no more than the counts have a series for. Series
 * without a namespace stand for the others.
 */
export function readConnectionCounts(
  { readCounters, readGauges }: MetricRegistry,
  connections: CountedConnections,
): void {
  readCounters(
    'ringfence_pod_connections_total',
    'New connections that the policies of a pod of this node have allowed or denied, by pod, direction and verdict. One that is tried again counts again.',
    ['namespace', 'pod', 'direction', 'verdict'],
    () =>
      podSeries(connections).flatMap(({ allowed, denied, ...labels }) => [
        [{ ...labels, verdict: 'allowed' }, allowed],
        [{ ...labels, verdict: 'denied' }, denied],
      ]),
  );
  readCounters(
    'ringfence_policy_rule_connections_total',
    'Connections that a rule of a policy has allowed, where the rule stands for itself in the ruleset. One that is judged again counts again.',
    ['namespace', 'policy', 'direction', 'rule'],
    () => ruleSeries(connections).map(({ allowed, ...labels }) => [labels, allowed]),
  );
  readGauges(
    'ringfence_connection_series_cut',
    'Pods (by direction) and rules that have no series of their own because there are too many.',
    ['kind'],
    () => {
      const { cutPods, cutRules } = connections.others();
      return [
        [{ kind: 'pods' }, cutPods],
        [{ kind: 'rules' }, cutRules],
      ];
    },
  );
}

function podSeries({ pods, others }: CountedConnections) {
  const own = pods().map(({ pod: key, ...counts }) => {
    const [namespace = '', pod = ''] = key.split('/');
    return { namespace, pod, ...counts };
  });
  const rest = others().pods;
  const cut = directions.map((direction) => ({ namespace: '', pod: '', direction, ...rest[direction] }));
  return [...own, ...cut.filter(({ allowed, denied }) => allowed + denied > 0)];
}

function ruleSeries({ rules, others }: CountedConnections) {
  const own = rules().map(({ policy: key, direction, rule, allowed }) => {
    const [namespace = '', policy = ''] = key.split('/');
    return { namespace, policy, direction, rule: String(rule), allowed };
  });
  const rest = others().rules;
  const cut = directions.map((direction) => ({
    ...{ namespace: '', policy: '', direction, rule: '' },
    ...rest[direction],
  }));
  return [...own, ...cut.filter(({ allowed }) => allowed > 0)];
}
