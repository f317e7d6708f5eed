import type { Cluster } from '../../model/cluster.ts';
import type { Direction, NetworkPolicy } from '../../model/network-policy.ts';
import type { Family } from '../../net/protocol.ts';
import type { Isolation } from '../../policy/isolation.ts';
import { createIsolations, type Isolations } from './isolations.ts';
import { gatherParties, type Parties, type Party, type PartyIndex } from './parties.ts';
import {
  decidedSide,
  inBothFamilies,
  noPassage,
  openSide,
  type Passage,
  passageOf,
  type Side,
} from './passage.ts';
import { createRows, type Row, type Rows } from './rows.ts';

/**
 * Who reaches whom, for all traffic at once: built on the same isolations that the compiler lowers to nftables, so the
 * answers are those of the kernel. Everything is worked out when it is first asked for.
 */
export interface Reach {
  readonly cluster: Cluster;
  /** Policies that the cluster does not have, and that `withPolicies` may bring in. */
  readonly foreseen: readonly NetworkPolicy[];
  /** Names of the namespaces there are: declared, or with a pod or a policy in them. Sorted. */
  readonly namespaces: readonly string[];
  readonly parties: Parties;
  readonly isolations: Isolations;
  /** What audit policies alone would come to: it says something only where nothing isolates. */
  readonly audits: Isolations;
  readonly rows: Rows;
  /** `undefined` where nothing isolates the party in that direction: no policy selects it, or it is no pod. */
  isolation(party: PartyIndex, direction: Direction): Isolation | undefined;
  /** What that isolation lets through. */
  row(party: PartyIndex, direction: Direction): Row | undefined;
  /**
   * What may pass from one party to another. That a pod reaches itself, and its own node it, is not looked at: it holds for
   * two pods, not for two parties.
   */
  passage(from: PartyIndex, to: PartyIndex): Passage;
  /**
   * The same cluster with other policies in one namespace. They speak of nothing of which neither the cluster's own policies
   * nor the foreseen ones do. No namespace goes with its last policy.
   */
  withPolicies(namespace: string, policies: readonly NetworkPolicy[]): Reach;
  /** The same cluster as if there were no policies, and no namespace less. */
  withoutPolicies(): Reach;
}

export function createReach(cluster: Cluster, foreseen: readonly NetworkPolicy[] = []): Reach {
  const parties = gatherParties(cluster, [...cluster.policies, ...foreseen]);
  return reachOf(
    cluster,
    { namespaces: namespacesOf(cluster), parties, foreseen, rows: createRows(parties) },
    bothModes(cluster.policies),
  );
}

function bothModes(policies: readonly NetworkPolicy[]): Pick<Reach, 'isolations' | 'audits'> {
  return { isolations: createIsolations(policies), audits: createIsolations(policies, 'audit') };
}

/** What stays the same whatever the policies are. */
type Ground = Pick<Reach, 'namespaces' | 'parties' | 'foreseen' | 'rows'>;

function reachOf(
  cluster: Cluster,
  ground: Ground,
  { isolations, audits }: Pick<Reach, 'isolations' | 'audits'>,
): Reach {
  const { parties, rows } = ground;
  const known = {
    egress: new Array<Isolated | undefined>(parties.all.length),
    ingress: new Array<Isolated | undefined>(parties.all.length),
  };

  const isolated = (index: PartyIndex, direction: Direction): Isolated => {
    const found = known[direction][index];
    if (found !== undefined) return found;
    const party = parties.all[index];
    const isolation = party?.kind === 'pods' ? isolations.of(party.pods[0], direction) : undefined;
    const own = isolation === undefined ? open : { isolation, row: rows.of(isolation) };
    known[direction][index] = own;
    return own;
  };

  return {
    ...ground,
    cluster,
    isolations,
    audits,
    isolation: (party, direction) => isolated(party, direction).isolation,
    row: (party, direction) => isolated(party, direction).row,
    passage(from, to) {
      const { row: egress } = isolated(from, 'egress');
      const { row: ingress } = isolated(to, 'ingress');
      const [first, second] = commonFamilies(parties.all[from], parties.all[to]);
      if (first === undefined) return noPassage;
      const passage = passageOf(sideOf(egress, to, first), sideOf(ingress, from, first));
      if (second === undefined) return passage;
      return inBothFamilies(passage, passageOf(sideOf(egress, to, second), sideOf(ingress, from, second)));
    },
    withPolicies: (namespace, policies) => {
      const others = cluster.policies.filter((policy) => policy.namespace !== namespace);
      return reachOf({ ...cluster, policies: [...others, ...policies] }, ground, {
        isolations: isolations.withPolicies(namespace, policies),
        audits: audits.withPolicies(namespace, policies),
      });
    },
    withoutPolicies: () => reachOf({ ...cluster, policies: [] }, ground, bothModes([])),
  };
}

function namespacesOf({ namespaces, pods, policies }: Cluster): readonly string[] {
  const used = [...pods, ...policies].map(({ namespace }) => namespace);
  return [...new Set([...namespaces.map(({ name }) => name), ...used])].sort();
}

/** How a party is isolated in one direction: not at all where there is nothing. */
interface Isolated {
  readonly isolation?: Isolation;
  readonly row?: Row;
}

const open: Isolated = {};

function sideOf(row: Row | undefined, other: PartyIndex, family: Family): Side {
  return row === undefined ? openSide : decidedSide(row.toward(other, family));
}

/**
 * The families in which a connection is judged. Somebody without an address matches no block, and could get one of the
 * other's families: those are asked, or any one where neither has an address. Addresses of a class are alike in both.
 */
export function commonFamilies(source: Party | undefined, destination: Party | undefined): readonly Family[] {
  const own = source?.kind === 'pods' ? source.families : none;
  const others = destination?.kind === 'pods' ? destination.families : none;
  if (own.length === 0) return others.length === 0 ? anyOne : others;
  if (others.length === 0) return own;
  if (own.length === 1) return others.includes(own[0] ?? 'IPv4') ? own : none;
  return others;
}

const none: readonly Family[] = [];
const anyOne: readonly Family[] = ['IPv4'];
