import type { Cluster } from '../../../src/model/cluster.ts';
import { podKey } from '../../../src/model/pod.ts';
import { type Lab, startLab } from '../../../src/lab/lab.ts';
import type { NetworkOptions } from '../../../src/lab/network/terrain.ts';
import type { ProbeFlow, ProbeResult } from '../../../src/lab/probe/probe.ts';
import { baseObjects } from './base-world.ts';
import type { Cell } from './cells.ts';
import { baseWorld, type Change, changesBetween, clusterOfWorld, namespaceOf, type World } from './world.ts';

/** A lab that follows from world to world, and looks who reaches whom. */
export interface LabWorld {
  /** Tells the API server what is different now, plugs pods in and out, and waits until every agent has applied it. */
  moveTo(world: World): Promise<void>;
  /** What differs from the expected verdicts. Both kinds of cells are tried at once. */
  check(cells: readonly Cell[], isAllowed: (cell: Cell) => boolean): Promise<CheckResult>;
  close(): Promise<void>;
}

export interface CheckResult {
  readonly differences: readonly Difference[];
  /** Cells that were answered only when they were asked again, with more time. */
  readonly late: number;
}

export interface Difference {
  readonly cell: Cell;
  readonly expected: 'allowed' | 'denied';
  /** What the probe saw. */
  readonly seen: string;
}

export interface LabWorldOptions {
  readonly network: Partial<NetworkOptions>;
  readonly agentFlags: readonly string[];
  readonly onLog: (node: string, line: string) => void;
}

/** Starts the base world with one agent process a node. The process must be inside a lab (`enterLab`). */
export async function startLabWorld({ network, agentFlags, onLog }: LabWorldOptions): Promise<LabWorld> {
  const program = `${import.meta.dirname}/../../../src/cli/main.ts`;
  const lab = await startLab(clusterOfWorld(baseWorld()), {
    network,
    command: [process.execPath, program],
    agentFlags,
    manifests: baseObjects().map((object) => ({ ...object })),
    enforce: true,
    onLog,
    settleTimeout: 20_000,
  });
  let current = baseWorld();
  return {
    async moveTo(world) {
      const cluster = clusterOfWorld(world);
      for (const change of changesBetween(current, world)) await make(lab, change, cluster);
      current = world;
      await lab.settled();
    },
    async check(cells, isAllowed) {
      const first = await look(lab, cells, isAllowed);
      // On a busy machine an answer may come too late. Nothing answers by mistake, so only silence is asked again.
      const [silent, certain] = split(
        first,
        ({ expected, seen }) => expected === 'allowed' && isSilence(seen),
      );
      if (silent.length === 0) return { differences: certain, late: 0 };
      const again = await look(
        lab,
        silent.map(({ cell }) => cell),
        isAllowed,
        { timeoutMs: 3000, tries: 6 },
      );
      return { differences: [...certain, ...again], late: silent.length - again.length };
    },
    close: () => lab.close(),
  };
}

async function make(lab: Lab, { kind, object }: Change, { pods }: Cluster): Promise<void> {
  const [namespace, { name }] = [namespaceOf(object), object.metadata];
  const key = podKey({ namespace, name });
  if (kind === 'delete') {
    if (object.kind === 'Pod') {
      lab.prober.release(key);
      await lab.network.removePod(key);
    }
    lab.api.delete(object.kind, namespace, name);
    return;
  }
  const pod = object.kind === 'Pod' ? pods.find((one) => podKey(one) === key) : undefined;
  if (pod !== undefined && !lab.network.hosts.has(key)) {
    await lab.network.addPod(pod);
    lab.prober.listenAsDeclared();
  }
  lab.api.apply(object);
}

async function look(
  lab: Lab,
  cells: readonly Cell[],
  isAllowed: (cell: Cell) => boolean,
  options: { readonly timeoutMs?: number; readonly tries?: number } = {},
): Promise<readonly Difference[]> {
  const results = await lab.prober.probe(cells.map(flowOf), options);
  return cells.flatMap((cell, index) => {
    const expected = isAllowed(cell) ? 'allowed' : 'denied';
    const seen = seenBy(cell, results[index]);
    return seen === (expected === 'allowed' ? 'allowed' : 'dropped') ? [] : [{ cell, expected, seen }];
  });
}

function flowOf({ from, flow }: Cell): ProbeFlow {
  return { from, to: flow.destination.address, protocol: flow.protocol, port: flow.port };
}

/** The probe's verdict; an answer counts only from the pod that was meant. */
function seenBy({ to }: Cell, result: ProbeResult | undefined): string {
  if (result === undefined) return 'not probed';
  const { verdict, answeredBy } = result;
  return verdict === 'allowed' && answeredBy !== to ? `answered by ${answeredBy ?? 'nobody known'}` : verdict;
}

function isSilence(seen: string): boolean {
  return seen === 'dropped' || seen === 'unknown';
}

function split<T>(items: readonly T[], belongs: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(belongs), items.filter((item) => !belongs(item))];
}
