import type { Chain, ChainName, CounterName, ElementKey, NftSet, Rule, SetName, Verdict } from './objects.ts';

/** One command of an nft transaction, in the words of nft. Objects are of the table that the transaction names. */
export type Operation =
  | { readonly op: 'add-table' }
  | { readonly op: 'delete-table' }
  /** Declares the set or map; its elements, if any, are operations of their own. */
  | { readonly op: 'add-set'; readonly set: NftSet }
  | { readonly op: 'delete-set'; readonly set: Pick<NftSet, 'name' | 'kind'> }
  | {
      readonly op: 'add-elements' | 'delete-elements';
      readonly set: SetName;
      readonly elements: readonly Element[];
    }
  /** Adding one that is there already leaves what it has counted. */
  | { readonly op: 'add-counter' | 'delete-counter'; readonly counter: CounterName }
  /** Declares the chain; its rules are operations of their own. */
  | { readonly op: 'add-chain'; readonly chain: Chain }
  | { readonly op: 'flush-chain' | 'delete-chain'; readonly chain: ChainName }
  /** Appends. */
  | { readonly op: 'add-rule'; readonly chain: ChainName; readonly rule: Rule };

/** A key and, in a map, its verdict. Deleting looks at the key alone. */
export type Element = readonly [key: ElementKey, verdict: Verdict | null];

/** Applied by the kernel as a whole or not at all. Empty: nothing to do. */
export interface Transaction {
  readonly table: string;
  readonly operations: readonly Operation[];
}
