import { expect, test } from 'vitest';
import { createMetrics } from '../../src/agent/metrics.ts';
import { counts } from './scripted-compiler.ts';

function setUp() {
  return createMetrics(
    {
      counts: () => counts,
      watches: () => [
        {
          resource: 'pods',
          synced: true,
          relists: 2,
          reconnects: 3,
          failures: 5,
          handlerErrors: 6,
          differences: 7,
          ageSeconds: 4,
        },
        {
          resource: 'nodes',
          synced: false,
          relists: 0,
          reconnects: 0,
          failures: 0,
          handlerErrors: 0,
          differences: 0,
        },
      ],
      invalidPolicies: () => 1,
      pendingSeconds: () => 0,
      isWatchingKernel: () => true,
      closesUnknownPods: () => true,
      freeEpochs: () => 41,
      connections: () => ({ entries: 7, limit: 262_144, drops: 3 }),
      connectionCounts: {
        pods: () => [{ pod: 'shop/db', direction: 'ingress', allowed: 3, denied: 4 }],
        rules: () => [{ policy: 'shop/db-from-web', direction: 'ingress', rule: 1, allowed: 3 }],
        others: () => ({
          pods: { ingress: { allowed: 5, denied: 0 }, egress: { allowed: 0, denied: 0 } },
          rules: { ingress: { allowed: 0 }, egress: { allowed: 0 } },
          cutPods: 6,
          cutRules: 0,
        }),
      },
      denials: () => ({
        told: [{ namespace: 'shop', direction: 'ingress', count: 2 }],
        audited: [{ namespace: 'shop', direction: 'egress', count: 3 }],
        suppressed: 1,
        lost: 0,
      }),
    },
    { version: '1.2.3', nftVersion: '1.1.3' },
  );
}

test('gauges follow their sources', async () => {
  const metrics = setUp();
  await metrics.text();
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'ringfence_objects{kind="pods"} 5',
    'ringfence_objects{kind="active_policies"} 6',
    'ringfence_objects{kind="closed_by_defect"} 1',
    'ringfence_objects{kind="closed_by_limit"} 2',
    'ringfence_ruleset_chains 9',
    'ringfence_ruleset_rules 10',
    'ringfence_ruleset_sets 8',
    'ringfence_ruleset_elements 11',
    'ringfence_invalid_policies 1',
    'ringfence_epochs_free 41',
    'ringfence_conntrack_entries 7',
    'ringfence_conntrack_entries_limit 262144',
    'ringfence_conntrack_drops_total 3',
    'ringfence_pod_connections_total{namespace="shop",pod="db",direction="ingress",verdict="allowed"} 3',
    'ringfence_pod_connections_total{namespace="shop",pod="db",direction="ingress",verdict="denied"} 4',
    'ringfence_pod_connections_total{namespace="",pod="",direction="ingress",verdict="allowed"} 5',
    'ringfence_policy_rule_connections_total{namespace="shop",policy="db-from-web",direction="ingress",rule="1"} 3',
    'ringfence_connection_series_cut{kind="pods"} 6',
    'ringfence_watch_relists_total{resource="pods"} 2',
    'ringfence_watch_reconnects_total{resource="pods"} 3',
    'ringfence_watch_failures_total{resource="pods"} 5',
    'ringfence_watch_handler_errors_total{resource="pods"} 6',
    'ringfence_watch_differences_total{resource="pods"} 7',
    'ringfence_watch_differences_total{resource="nodes"} 0',
    'ringfence_watch_age_seconds{resource="pods"} 4',
    'ringfence_watch_synced{resource="nodes"} 0',
    `ringfence_build_info{version="1.2.3",node_version="${process.versions.node}",nft_version="1.1.3"} 1`,
  ]) {
    expect(lines).toContain(line);
  }
  expect(lines.find((line) => line.startsWith('process_resident_memory_bytes'))).toMatch(/ \d{7,}$/);
});

test('syncs are counted in base units', async () => {
  const metrics = setUp();
  metrics.syncSucceeded({
    mode: 'delta',
    operations: 3,
    narrows: true,
    compileSeconds: 0.002,
    applySeconds: 0.012,
    latencies: [0.015, 0.02],
    at: 1_800_000_000,
  });
  metrics.syncSucceeded({
    mode: 'replacement',
    operations: 0,
    narrows: false,
    compileSeconds: 0.001,
    applySeconds: 0,
    latencies: [],
    at: 1_800_000_001,
  });
  metrics.syncFailed('timeout');
  metrics.diagnostics([{ code: 'invalid-cidr', severity: 'error', message: 'x' }]);
  const lines = (await metrics.text()).split('\n');
  for (const line of [
    'ringfence_sync_duration_seconds_count{phase="compile"} 2',
    'ringfence_sync_duration_seconds_sum{phase="apply"} 0.012',
    'ringfence_event_to_kernel_seconds_count 2',
    'ringfence_event_to_kernel_seconds_bucket{le="0.02"} 2',
    'ringfence_transaction_operations_sum 3',
    'ringfence_syncs_total{mode="delta"} 1',
    'ringfence_epochs_total 1',
    'ringfence_sync_failures_total{kind="timeout"} 1',
    'ringfence_sync_last_success_timestamp_seconds 1800000001',
    'ringfence_policy_diagnostics_total{severity="error",code="invalid-cidr"} 1',
  ]) {
    expect(lines).toContain(line);
  }
});

test('two agents in one process share nothing', async () => {
  setUp().syncFailed('timeout');
  expect(await setUp().text()).not.toContain('ringfence_sync_failures_total{');
});

test('denied and audited connections are counted by namespace and direction', async () => {
  const text = await setUp().text();
  expect(text).toContain('ringfence_denied_connections_total{namespace="shop",direction="ingress"} 2');
  expect(text).toContain('ringfence_audit_denied_connections_total{namespace="shop",direction="egress"} 3');
});
