import { type Address, familyOf } from '../net/address.ts';
import { addressBits, addressOfNumber, bounds, hostCidr } from '../net/cidr.ts';
import { families, type Family, type Protocol, protocols } from '../net/protocol.ts';
import type { NftSet, Ruleset } from '../ruleset/objects.ts';
import { readKey } from '../ruleset/well-formed.ts';

/** An address, and a text that is equal for addresses between which no ruleset tells a difference. */
export interface SortedAddress {
  readonly address: Address;
  readonly sort: string;
}

/** The addresses that are given, and of the others one for each sort, in both families. */
export function addressesToldApart(
  rulesets: readonly Ruleset[],
  given: readonly Address[],
): readonly SortedAddress[] {
  const uses = rulesets.flatMap(usesOf);
  return families.flatMap((family) => {
    const own = uses.filter((use) => use.family === family);
    const highest = (1n << BigInt(addressBits(family))) - 1n;
    // Between two borders nothing changes. The first address there is stands for them all.
    const borders = own.flatMap(({ first, last }) => [first, last + 1n]);
    const numbers = new Set(
      given
        .filter((address) => familyOf(address) === family)
        .map((address) => bounds(hostCidr(address)).first),
    );
    for (const border of [somewhere[family], ...borders]) {
      if (border > 0n && border <= highest) numbers.add(border);
    }
    const addresses = [...numbers].sort((a, b) => (a < b ? -1 : 1));
    return sweep(addresses, own).map(({ number, sort }) => ({
      address: addressOfNumber(family, number),
      sort: `${family} ${sort}`,
    }));
  });
}

/** Anybody: 1.0.0.0 and 2000::, where the addresses begin that are given out. Nobody is at 0.0.0.0 or ::. */
const somewhere: Readonly<Record<Family, bigint>> = { IPv4: 1n << 24n, IPv6: 0x2000n << 112n };

/** Addresses that a ruleset looks for, and in what way. */
interface AddressUse {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
  readonly how: string;
}

function usesOf(ruleset: Ruleset, index: number): readonly AddressUse[] {
  const ofSets = [...ruleset.sets.values()].flatMap((set) => addressesOfSet(set, index));
  const ofRules = [...ruleset.chains.values()].flatMap(({ name, rules }) =>
    rules.flatMap(({ matches }, place) =>
      matches.flatMap((match): readonly AddressUse[] => {
        if (match.kind !== 'prefix') return [];
        const { first, last } = bounds(match.cidr);
        const how = `${String(index)} ${name} ${String(place)} ${match.side}`;
        return [{ family: familyOf(match.cidr), first, last, how }];
      }),
    ),
  );
  return [...ofSets, ...ofRules];
}

function addressesOfSet(set: NftSet, index: number): readonly AddressUse[] {
  if (!set.keyType.startsWith('ip')) return [];
  const family = set.keyType.startsWith('ipv4') ? 'IPv4' : 'IPv6';
  return [...set.elements].flatMap(([key, verdict]) => {
    const [span] = readKey(set, key) ?? [];
    if (span === undefined) return [];
    const rest = key.split(' . ').slice(1).join(' . ');
    const how = `${String(index)} @${set.name} ${rest} ${verdict === null ? '' : JSON.stringify(verdict)}`;
    return [{ family, first: span.first, last: span.last, how }];
  });
}

/** Which uses hold at each address, ascending addresses. */
function sweep(
  addresses: readonly bigint[],
  uses: readonly AddressUse[],
): readonly { readonly number: bigint; readonly sort: string }[] {
  const starts = [...uses].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  let next = 0;
  let open: AddressUse[] = [];
  return addresses.map((number) => {
    for (let use = starts[next]; use !== undefined && use.first <= number; use = starts[(next += 1)]) {
      open.push(use);
    }
    open = open.filter(({ last }) => last >= number);
    return { number, sort: [...new Set(open.map(({ how }) => how))].sort().join('; ') };
  });
}

/** Ranges of ports between which no ruleset tells a difference: disjoint, ascending, 1 to 65535 in all. */
export function portsToldApart(
  rulesets: readonly Ruleset[],
): ReadonlyMap<Protocol, readonly (readonly [number, number])[]> {
  const borders = new Map(protocols.map((protocol) => [protocol, new Set([1])]));
  const add = (protocol: string, first: number, last: number): void => {
    const known = borders.get(protocol.toUpperCase() as Protocol);
    known?.add(first).add(last + 1);
  };
  for (const { sets, chains } of rulesets) {
    for (const set of sets.values()) {
      if (!set.keyType.endsWith('inet_service')) continue;
      for (const key of set.elements.keys()) {
        const ports = readKey(set, key)?.at(-1);
        if (ports !== undefined) add(key.split(' . ').at(-2) ?? '', Number(ports.first), Number(ports.last));
      }
    }
    for (const { rules } of chains.values()) {
      for (const match of rules.flatMap(({ matches }) => matches)) {
        if (match.kind === 'ports')
          for (const [first, last] of match.ranges) add(match.protocol, first, last);
      }
    }
  }
  return new Map(
    [...borders].map(([protocol, known]) => {
      const starts = [...known].filter((port) => port >= 1 && port <= 65_535).sort((a, b) => a - b);
      return [protocol, starts.map((first, index) => [first, (starts[index + 1] ?? 65_536) - 1] as const)];
    }),
  );
}
