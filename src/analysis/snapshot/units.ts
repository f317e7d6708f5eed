import { printable } from '../../model/read/quote.ts';
import { ownersOf } from '../connectivity/endpoints.ts';
import type { PartyIndex } from '../reach/parties.ts';
import type { Reach } from '../reach/reach.ts';

/** The pods of one workload, or a pod of its own: what a line names. */
export interface Unit {
  /** `shop/web`, as a line of a policy test names it. */
  readonly id: string;
  readonly namespace: string;
  /** Several where policies could tell its pods apart. */
  readonly parties: readonly PartyIndex[];
  /** Whether it can have a second pod. */
  readonly hasReplicas: boolean;
}

/** The units of the cluster, and those that have pods in a party. */
export interface Units {
  readonly all: readonly Unit[];
  readonly byParty: ReadonlyMap<PartyIndex, readonly Unit[]>;
}

export function unitsOf(reach: Reach): Units {
  const all = ownersOf(reach, 'workload').map(({ id, namespace, objectKind, pods }): Unit => ({
    id: printable(id),
    namespace,
    parties: [...new Set(pods.map((pod) => reach.parties.ofPod(pod) ?? -1))],
    hasReplicas: objectKind !== 'Pod',
  }));
  const byParty = new Map<PartyIndex, Unit[]>();
  for (const unit of all) {
    for (const at of unit.parties) {
      const units = byParty.get(at);
      if (units === undefined) byParty.set(at, [unit]);
      else units.push(unit);
    }
  }
  return { all, byParty };
}
