import { sleep } from '../kube/clock.ts';
import type { Direction } from '../model/network-policy.ts';
import type { CounterValue } from '../nft/listing.ts';
import type { Nft } from '../nft/nft.ts';
import type { Counted } from '../ruleset/compiler.ts';
import type { CounterName } from '../ruleset/objects.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

/** Adds up what the kernel's counters have counted, through replacements of the table that hold them. */
export interface ConnectionCounts {
  /** Looks at the counters. Calls at a time share one look. Never rejects: what could not be read comes with the next look. */
  read(signal: AbortSignal): Promise<void>;
  /**
   * The same, where the last look was more than a second ago: whoever asks for metrics must not start processes at will. Waits
   * two seconds at most: an nft that hangs is what the other metrics are needed for.
   */
  refresh(signal: AbortSignal): Promise<void>;
  /** As of the last look, sorted by pod or policy, direction and rule. */
  pods(): readonly PodConnections[];
  rules(): readonly RuleConnections[];
  /** What pods and policies beyond the bound of series come to together, since the start. */
  others(): OtherConnections;
}

export interface PodConnections {
  /** `namespace/name` */
  readonly pod: string;
  readonly direction: Direction;
  readonly allowed: number;
  readonly denied: number;
}

export interface RuleConnections {
  readonly policy: string;
  readonly direction: Direction;
  readonly rule: number;
  readonly allowed: number;
}

export interface OtherConnections {
  readonly pods: Readonly<Record<Direction, { readonly allowed: number; readonly denied: number }>>;
  readonly rules: Readonly<Record<Direction, { readonly allowed: number }>>;
  /** How many are without a series of their own at present. */
  readonly cutPods: number;
  readonly cutRules: number;
}

export interface ConnectionCountsOptions {
  readonly nft: Pick<Nft, 'counters'>;
  readonly table: string;
  /** What counters stand for at present. */
  readonly counted: () => readonly Counted[];
  readonly log: Log;
  readonly clock: Clock;
  /** Pods and directions, and rules, with a series of their own; those that come later share one. */
  readonly mostPods?: number;
  readonly mostRules?: number;
}

/** A pod's chain counts a connection when it comes and when it goes on; those between the two look like denied ones. */
const mostLooks = 3;
/** Milliseconds. */
const fresh = 1000;
const patience = 2000;

export function createConnectionCounts(options: ConnectionCountsOptions): ConnectionCounts {
  const { nft, table, counted, log, clock, mostPods = 1000, mostRules = 2000 } = options;
  const last = new Map<CounterName, CounterValue>();
  const pods = createTally<PodEntry>(mostPods);
  const rules = createTally<RuleEntry>(mostRules);
  const otherPods = { ingress: { allowed: 0, denied: 0 }, egress: { allowed: 0, denied: 0 } };
  const otherRules = { ingress: { allowed: 0 }, egress: { allowed: 0 } };
  let looking: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;

  const counts: ConnectionCounts = {
    read(signal) {
      looking ??= look(signal).finally(() => {
        looking = undefined;
      });
      return looking;
    },
    async refresh(signal) {
      if (clock.now() - lookedAt < fresh) return;
      await Promise.race([counts.read(signal), sleep(clock, patience, signal)]);
    },
    pods: () =>
      [...pods.own()]
        .map(({ pod, direction, allowed, denied }) => ({ pod, direction, allowed, denied }))
        .sort((a, b) => compare(a.pod, b.pod) || compare(a.direction, b.direction)),
    rules: () =>
      [...rules.own()]
        .map(({ policy, direction, rule, allowed }) => ({ policy, direction, rule, allowed }))
        .sort((a, b) => compare(a.policy, b.policy) || compare(a.direction, b.direction) || a.rule - b.rule),
    others: () => ({ pods: otherPods, rules: otherRules, cutPods: pods.cut(), cutRules: rules.cut() }),
  };
  return counts;

  async function look(signal: AbortSignal): Promise<void> {
    lookedAt = clock.now();
    try {
      let isSettled = false;
      for (let looks = 0; looks < mostLooks && !isSettled; looks += 1) {
        const values = await nft.counters(table, { signal });
        if (values === undefined) return;
        isSettled = take(values, looks === 0);
      }
      settle();
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error, table }, 'counters not listed');
    }
  }

  /** Whether no pod has more denied connections than were known. */
  function take(values: ReadonlyMap<CounterName, CounterValue>, isFirst: boolean): boolean {
    const things = counted();
    pods.keep(new Set(things.flatMap((thing) => (thing.kind === 'pod' ? [thing.judged] : []))));
    rules.keep(new Set(things.flatMap((thing) => (thing.kind === 'rule' ? [thing.counter] : []))));
    const reset = new Set(things.flatMap(namesOf).filter((name) => isReset(name, values)));
    const grown = new Map(things.flatMap(namesOf).map((name) => [name, growthOf(name, values)]));
    let isSettled = true;
    for (const thing of things) {
      if (thing.kind === 'rule') {
        const { policy, direction, index: rule, counter } = thing;
        const entry = rules.entry(counter, () => ({ policy, direction, rule, allowed: 0 }));
        const allowed = grown.get(counter) ?? 0;
        entry.allowed += allowed;
        if (!rules.isOwn(counter)) otherRules[direction].allowed += allowed;
        continue;
      }
      const { pod, direction, judged, allowed } = thing;
      const entry = pods.entry(judged, () => ({ pod, direction, judged: 0, allowed: 0, denied: 0, open: 0 }));
      entry.judged += grown.get(judged) ?? 0;
      const goingOn = grown.get(allowed) ?? 0;
      entry.allowed += goingOn;
      if (!pods.isOwn(judged)) otherPods[direction].allowed += goingOn;
      // What one of the two had counted since the last look is lost, so their difference says nothing about that time.
      if (reset.has(judged) !== reset.has(allowed)) entry.judged = entry.allowed + entry.denied;
      // The least of all looks: each finds other connections on their way, and the same denied ones.
      const open = entry.judged - entry.allowed;
      entry.open = isFirst ? open : Math.min(entry.open, open);
      if (entry.open > entry.denied) isSettled = false;
    }
    for (const name of [...last.keys()]) if (!grown.has(name)) last.delete(name);
    return isSettled;
  }

  /** By somebody else: `nft reset counter`. */
  function isReset(name: CounterName, values: ReadonlyMap<CounterName, CounterValue>): boolean {
    const [before, now] = [last.get(name), values.get(name)];
    return before !== undefined && before.handle === now?.handle && before.packets > now.packets;
  }

  function growthOf(name: CounterName, values: ReadonlyMap<CounterName, CounterValue>): number {
    const [before, now] = [last.get(name), values.get(name)];
    if (now === undefined) return 0;
    last.set(name, now);
    // One that is new under its name began at nothing.
    const isSame = before?.handle === now.handle && before.packets <= now.packets;
    return isSame ? now.packets - before.packets : now.packets;
  }

  function settle(): void {
    for (const [name, entry] of pods.entries()) {
      const more = Math.max(0, entry.open - entry.denied);
      entry.denied += more;
      if (!pods.isOwn(name)) otherPods[entry.direction].denied += more;
    }
  }
}

interface PodEntry {
  readonly pod: string;
  readonly direction: Direction;
  judged: number;
  allowed: number;
  denied: number;
  /** Judged and not allowed, at the last looks: denied or on their way. */
  open: number;
}

interface RuleEntry {
  readonly policy: string;
  readonly direction: Direction;
  readonly rule: number;
  allowed: number;
}

interface Tally<Entry> {
  entry(name: CounterName, create: () => Entry): Entry;
  entries(): Iterable<readonly [CounterName, Entry]>;
  keep(names: ReadonlySet<CounterName>): void;
  isOwn(name: CounterName): boolean;
  own(): Iterable<Entry>;
  cut(): number;
}

/** First come, first served: a series that is shown once stays until its pod or policy goes. */
function createTally<Entry>(most: number): Tally<Entry> {
  const entries = new Map<CounterName, Entry>();
  const own = new Set<CounterName>();
  return {
    entry(name, create) {
      const known = entries.get(name);
      if (known !== undefined) return known;
      const made = create();
      entries.set(name, made);
      if (own.size < most) own.add(name);
      return made;
    },
    entries: () => entries,
    keep(names) {
      for (const name of [...entries.keys()]) {
        if (names.has(name)) continue;
        entries.delete(name);
        own.delete(name);
      }
    },
    isOwn: (name) => own.has(name),
    own: () => [...own].flatMap((name) => entries.get(name) ?? []),
    cut: () => entries.size - own.size,
  };
}

function namesOf(thing: Counted): readonly CounterName[] {
  return thing.kind === 'rule' ? [thing.counter] : [thing.judged, thing.allowed];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
