import { expect, it } from 'vitest';
import { runInLab } from './in-lab.ts';

type Verdicts = Readonly<Record<string, readonly string[]>>;

interface Report {
  readonly open: Verdicts;
  readonly tcpDropped: Verdicts;
  readonly allDropped: Verdicts;
  readonly tcpReset: Verdicts;
  readonly rejected: Verdicts;
  readonly unlistened: Verdicts;
  readonly closed: readonly string[];
  readonly lost: readonly string[];
}

/** Whose packets to x/b pass the forward hook of n1: everybody's but the node's own. */
const forwarded = ['n2', 'outside', 'x/a', 'x/c', 'x/host'];
const protocols = ['ICMP', 'OTHER', 'SCTP', 'TCP', 'UDP'];

function flows(hosts: readonly string[], which: readonly string[]): readonly string[] {
  return hosts
    .flatMap((host) =>
      which.flatMap((protocol) => ['IPv4', 'IPv6'].map((family) => `${host} ${protocol} ${family}`)),
    )
    .sort();
}

it.each([
  ['bridge', 'routes'],
  ['routed', 'vxlan'],
])('sees exactly what a rule on a node does: %s, %s', async (topology, interconnect) => {
  const report = await runInLab<Report>(`${import.meta.dirname}/rules.lab.ts`, topology, interconnect);
  const everybody = ['n1', ...forwarded];
  expect(report.open).toEqual({ allowed: flows(everybody, protocols) });
  expect(report.tcpDropped).toEqual({
    allowed: [...flows(['n1'], protocols), ...flows(forwarded, ['ICMP', 'OTHER', 'SCTP', 'UDP'])].sort(),
    dropped: flows(forwarded, ['TCP']),
  });
  expect(report.allDropped).toEqual({
    allowed: flows(['n1'], protocols),
    dropped: flows(forwarded, protocols),
  });
  expect(report.tcpReset).toEqual({ allowed: flows(['n1'], ['TCP']), reset: flows(forwarded, ['TCP']) });
  expect(report.rejected).toEqual({
    allowed: flows(['n1'], protocols),
    rejected: flows(forwarded, protocols),
  });
  expect(report.unlistened).toEqual({ unknown: flows(['x/a'], ['TCP']) });
  const perFamily = ['TCP reset', 'UDP rejected x/b', 'SCTP reset'];
  expect(report.closed).toEqual([...perFamily, ...perFamily]);
  expect(report.lost).toEqual(['unreachable']);
});
