import { directions } from '../model/network-policy.ts';
import type { Address } from '../net/address.ts';
import { type Cidr, cidrContains } from '../net/cidr.ts';
import { families } from '../net/protocol.ts';
import type { ElementKey, SetName } from './objects.ts';
import { dispatchMapName, knownSetName } from './skeleton.ts';
import type { Pending } from './table-state.ts';

/**
 * Whether the pending changes may forbid what was allowed, so that established connections must be judged again. Only what
 * surely cannot narrow is taken out: new elements in sets of peers, new pods whose addresses were closed until now, and
 * pods that are no longer isolated.
 */
export function mayNarrow({ changedChains, elements }: Pending, podCIDRs: readonly Cidr[]): boolean {
  if (changedChains.length > 0) return true;
  const isDispatch = (set: SetName): boolean => dispatchMaps.has(set);
  const opened = new Set(
    elements.flatMap(({ set, key, before }) => (knownSets.has(set) && before === undefined ? [key] : [])),
  );
  const wasClosed = (key: ElementKey): boolean =>
    opened.has(key) && podCIDRs.some((cidr) => cidrContains(cidr, key as string as Address));
  return elements.some(({ set, key, before, after }) => {
    if (before === undefined && after === undefined) return false;
    if (isDispatch(set))
      return after !== undefined && JSON.stringify(before) !== JSON.stringify(after) && !wasClosed(key);
    return after === undefined;
  });
}

const knownSets: ReadonlySet<SetName> = new Set(families.map(knownSetName));
const dispatchMaps: ReadonlySet<SetName> = new Set(
  families.flatMap((family) => directions.map((direction) => dispatchMapName(direction, family))),
);
