import { describe, expect, it, test } from 'vitest';
import { runInLab } from '../lab/network/in-lab.ts';

// What tables of flows cannot say: what happens to packets over time, on the way back, and through other addresses.

describe.each([
  ['bridge', 'vxlan'],
  ['routed', 'routes'],
])('%s, %s', (topology, interconnect) => {
  const run = <T>(script: string): Promise<T> =>
    runInLab<T>(`${import.meta.dirname}/${script}.lab.ts`, topology, interconnect);
  describe('established connections', () => {
    const report = once(() => run<ConnectionsReport>('connections'));

    it.each(['ingress', 'egress'] as const)('are cut at both ends by a new policy: %s', async (direction) => {
      const { cut, back, cutAfter } = (await report())[direction];
      const each = {
        ...{ active: 'reset reset', pushed: 'reset reset', halfClosed: 'reset reset' },
        ...{ idle: 'reset reset', idleServer: 'reset reset' },
        ...{ leaked: '', udp: 0, pushedUdp: 1, sctp: false, newConnection: false },
      };
      expect(cut).toEqual([each, each, each, each]);
      const [least, most] = [Math.min(...cutAfter), Math.max(...cutAfter)];
      expect(most).toBeLessThan(Infinity);
      // From the API server's knowledge of the policy to the last packet of a stream that it forbids.
      process.stdout.write(
        `${topology}, ${direction}: streams cut ${least.toFixed(0)}-${most.toFixed(0)} ms after the policy\n`,
      );
      const again = { udp: true, sctp: true, newConnection: true };
      expect(back).toEqual([again, again, again, again]);
    });

    it.each(['ingress', 'egress'] as const)('lose nothing where it allows them: %s', async (direction) => {
      const each = { whole: true, lost: 0, state: 'open' };
      expect((await report())[direction].friends).toEqual([each, each, each, each]);
    });

    it('keep the mark bits of others', async () => {
      const { marks } = await report();
      expect(marks.lost).toBe(0);
      expect(marks.kept).toBeGreaterThan(1000);
      expect(marks.judged).toBeGreaterThan(100);
    });
  });

  describe('rules that are late', () => {
    const report = once(() => run<AgentsReport>('agents'));

    it('keep a new pod closed until they are in force', async () => {
      const { newPods } = await report();
      for (const { passedAfter, sentBefore, ...rest } of newPods) {
        expect(rest).toEqual({ leaked: [], passes: true, isolatedGot: 0 });
        expect(sentBefore).toBeGreaterThan(10);
        process.stdout.write(
          `${topology}: first packets of a new pod ${passedAfter.toFixed(0)} ms after the API server knew it\n`,
        );
      }
      expect(newPods).toHaveLength(2);
    });

    it('stay as they are without the agent, and while it comes back', async () => {
      const { withoutAgents } = await report();
      const asBefore = { goOn: true, newOnesPass: true, strangersGot: 0 };
      expect(withoutAgents).toEqual({
        dead: asBefore,
        adopted: asBefore,
        openedUnseen: asBefore,
        opened: true,
        closedUnseen: asBefore,
        lost: [0, 0, 0, 0],
        answeredAfterwards: [0, 0, 0, 0],
      });
    });
  });

  describe('rules that another program damages', () => {
    const report = once(() => run<DriftReport>('drift'));

    it('let nothing more through once they are repaired, and lose nothing of what is allowed', async () => {
      const { table, denied, lost, leaked, ...more } = await report();
      expect({ lost, more }).toEqual({ lost: [0, 0, 0, 0], more: {} });
      // The damage is real.
      expect(leaked).toBeGreaterThan(0);
      const words = ({ p50, max }: Gap): string => `p50 ${p50.toFixed(0)} ms, max ${max.toFixed(0)} ms`;
      process.stdout.write(
        `${topology}: from damage to the last packet of a stranger: table deleted ${words(table)}; chain changed ${words(denied)}\n`,
      );
    });
  });

  describe('interfaces of pods', () => {
    const report = once(() => run<InterfacesReport>('interfaces'));

    it('close new pods whose addresses no pod CIDR covers', async () => {
      expect((await report()).strays).toEqual({ sent: true, leaked: 0, passes: true });
    });

    // On a bridge the neighbours' addresses lead to the same interface.
    it('let no pod send from an address that is not behind them', async () => {
      const neighbours = topology === 'bridge' ? 20 : 0;
      expect((await report()).forged).toEqual({ ofThisNode: neighbours, ofTheOtherNode: 0, ofNobody: 0 });
    });
  });

  describe('ways that no table of flows has', () => {
    const report = once(() => run<PathsReport>('paths'));
    const everybody = ['x/near', 'x/far', 'x/server', 'n1', 'n2', 'x/host-far'];

    // On a bridge with a tunnel the address that the node takes, fd00:10:244:2::, is an anycast address to the kernel.
    it('lead from every node to the pods of every node', async () => {
      const nodes = ['n1', 'n2', 'x/host-near', 'x/host-far'];
      expect((await report()).nodesToPods).toEqual({ 'x/near': nodes, 'x/far': nodes });
    });

    it('are judged by pod and target port behind a Service', async () => {
      expect((await report()).services).toEqual({
        open: everybody,
        ingressByTargetPort: ['x/near', 'x/far', 'x/server', 'n1'],
        ingressByServicePort: ['x/server', 'n1'],
        egressByPod: everybody,
        egressByServiceAddress: ['x/server', 'n1', 'n2', 'x/host-far'],
        closed: ['x/server', 'n1'],
        ingressFromOtherNode: ['x/server', 'n1', 'n2', 'x/host-far'],
      });
    });

    it('lead nodes and pods of their network past a default deny as W1, W7, W8 and W9 say', async () => {
      const nodes = ['x/host-near', 'x/host-far', 'n1', 'n2'];
      expect((await report()).hostNetwork).toEqual({
        server: ['x/server', 'x/host-near', 'n1'],
        near: ['x/near', 'x/host-near', 'n1'],
        far: ['x/far', 'x/host-far', 'n2'],
        hostNear: ['x/server', 'x/near', ...nodes, 'outside'],
        hostFar: ['x/far', ...nodes, 'outside'],
        outside: [...nodes, 'outside'],
      });
    });

    it('carry ICMP errors of allowed connections back, and of no others', async () => {
      expect((await report()).errors).toEqual(
        ['x/near', 'x/far'].flatMap((client) =>
          ['IPv4', 'IPv6'].flatMap((family) => [
            `${client} ${family} 9999: rejected x/server`,
            `${client} ${family} 9998: silence`,
          ]),
        ),
      );
      expect((await report()).errorOfAnswer).toEqual(
        ['x/near', 'x/far'].flatMap((client) =>
          ['IPv4', 'IPv6'].map((family) => `${client} ${family}: ECONNREFUSED`),
        ),
      );
      const narrow = { arrived: true, route: 'mtu 1300' };
      expect((await report()).tooBig).toEqual({ IPv4: narrow, IPv6: narrow });
    });

    it('find their neighbours under a default deny', async () => {
      expect((await report()).neighbours).toEqual(['TCP x/near', 'TCP x/far']);
    });
  });

  describe('--deny=reject', () => {
    const report = once(() => run<RejectReport>('reject'));
    it.each(['ingress', 'egress'] as const)('answers at once: %s', async (direction) => {
      const { others, ended, closedAfterwards, slowestMs } = (await report())[direction];
      expect(others).toEqual([]);
      expect(ended).toEqual(
        ['x/near', 'x/far'].flatMap((client) => [
          `TCP ${client} IPv4: reset`,
          // What a program hears of administratively prohibited: EHOSTUNREACH in IPv4, EACCES in IPv6.
          `UDP ${client} IPv4: unreachable`,
          `TCP ${client} IPv6: reset`,
          `UDP ${client} IPv6: rejected`,
        ]),
      );
      expect(closedAfterwards).toEqual([]);
      process.stdout.write(`${topology}, ${direction}: slowest answer ${slowestMs.toFixed(0)} ms\n`);
    });
  });
});

test('an idle connection does not pass by an epoch that came round', { timeout: 120_000 }, async () => {
  const result = await runInLab(`${import.meta.dirname}/epochs.lab.ts`, 'routed', 'routes');
  expect(result).toEqual({ opened: 300, changes: 300, leaked: 0, passes: true, marks: true });
});

/** Runs the script when its first test does, and only once. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= work());
}

interface Connections {
  readonly cut: readonly unknown[];
  readonly back: readonly unknown[];
  /** Milliseconds. */
  readonly cutAfter: readonly number[];
  readonly friends: readonly unknown[];
}

interface ConnectionsReport {
  readonly ingress: Connections;
  readonly egress: Connections;
  readonly marks: { readonly kept: number; readonly lost: number; readonly judged: number };
}

interface InterfacesReport {
  readonly strays: unknown;
  readonly forged: unknown;
}

interface AgentsReport {
  readonly newPods: readonly { readonly sentBefore: number; readonly passedAfter: number }[];
  readonly withoutAgents: unknown;
}

interface Gap {
  readonly p50: number;
  readonly max: number;
}

interface DriftReport {
  readonly table: Gap;
  readonly denied: Gap;
  readonly lost: readonly number[];
  readonly leaked: number;
}

interface PathsReport {
  readonly nodesToPods: unknown;
  readonly services: unknown;
  readonly hostNetwork: unknown;
  readonly errors: unknown;
  readonly errorOfAnswer: unknown;
  readonly tooBig: unknown;
  readonly neighbours: unknown;
}

type RejectReport = Readonly<
  Record<
    'ingress' | 'egress',
    {
      readonly others: readonly string[];
      readonly ended: readonly string[];
      readonly closedAfterwards: readonly string[];
      readonly slowestMs: number;
    }
  >
>;
