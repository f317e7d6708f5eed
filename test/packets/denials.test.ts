import { beforeAll, describe, expect, test } from 'vitest';
import { runInLab } from '../lab/network/in-lab.ts';

describe.each([
  ['bridge', 'vxlan'],
  ['routed', 'routes'],
])('denied connections in the log: %s, %s', (topology, interconnect) => {
  let report: Report;
  beforeAll(async () => {
    report = await runInLab<Report>(`${import.meta.dirname}/denials.lab.ts`, topology, interconnect);
  });

  test('each once, by name, where the policies deny it', () => {
    const summary = report.told
      .map(({ node, source, direction, protocol, port }) =>
        [node, source, direction, protocol, port ?? '-'].join(' '),
      )
      .sort();
    // Over IPv6 the reader leaves out the ports of SCTP.
    const twice = (text: string) => [text, text.replace('SCTP 80', 'SCTP -')];
    expect(summary).toEqual(
      [
        ...['ICMP -', 'SCTP 80', 'UDP 80'].flatMap((what) => twice(`n1 x/friend ingress ${what}`)),
        ...['ICMP -', 'SCTP 80', 'TCP 80', 'UDP 80'].flatMap((what) =>
          twice(`n1 x/stranger ingress ${what}`),
        ),
        // The sender's node knows what the receiver's policies say, too; the packet ends here.
        ...['ICMP -', 'SCTP 80', 'TCP 80', 'UDP 80'].flatMap((what) =>
          ['egress', 'ingress'].flatMap((direction) => twice(`n2 x/caged ${direction} ${what}`)),
        ),
      ].sort(),
    );
  });

  test('with the policies that isolate and the rule that comes nearest', () => {
    const stranger = report.told.find(
      ({ source, protocol }) => source === 'x/stranger' && protocol === 'TCP',
    );
    expect(stranger).toMatchObject({
      destination: 'x/server',
      isolatedBy: ['x/server'],
      nearest: {
        policy: 'x/server',
        direction: 'ingress',
        rule: 0,
        misses: expect.stringContaining('app') as string,
      },
    });
    const friend = report.told.find(({ source, protocol }) => source === 'x/friend' && protocol === 'UDP');
    expect(friend?.['nearest']).toMatchObject({ misses: expect.stringContaining('80/tcp') as string });
    const caged = report.told.find(({ source, direction }) => source === 'x/caged' && direction === 'egress');
    expect(caged).toMatchObject({ isolatedBy: ['x/caged'] });
  });

  test('and counted', () => {
    expect(report.metrics.flat()).toContain(
      'ringfence_denied_connections_total{namespace="x",direction="ingress"} 14',
    );
  });

  test('what audit policies would deny passes, and is told once, apart', () => {
    expect(report.passed.filter((verdict) => verdict !== 'allowed')).toEqual([]);
    const summary = report.audited.map(({ node, source, direction, protocol, port }) =>
      [node, source, direction, protocol, port ?? '-'].join(' '),
    );
    expect(summary.sort()).toEqual(
      ['ICMP -', 'ICMP -', 'SCTP -', 'SCTP 80', 'UDP 80', 'UDP 80'].map(
        (what) => `n2 x/tried egress ${what}`,
      ),
    );
    expect(report.audited.map(({ audit }) => audit)).toEqual(report.audited.map(() => ['x/tried']));
    expect(report.metrics.flat()).toContain(
      'ringfence_audit_denied_connections_total{namespace="x",direction="egress"} 6',
    );
  });
});

interface Line {
  readonly node: string;
  readonly source: string;
  readonly direction?: string;
  readonly protocol: string;
  readonly port?: number;
  readonly [field: string]: unknown;
}

interface Report {
  readonly told: readonly Line[];
  readonly metrics: readonly (readonly string[])[];
  readonly audited: readonly Line[];
  readonly passed: readonly string[];
}
