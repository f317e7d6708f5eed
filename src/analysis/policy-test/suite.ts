import type { LabelSelector, Labels } from '../../model/label-selector.ts';
import type { SourcePosition } from '../../model/diagnostic.ts';
import type { Pod } from '../../model/pod.ts';
import type { AddressBlock } from '../../net/address-block.ts';
import type { DestinationExpression, EndExpression } from '../ends/expression.ts';

/**
 * What a line says of the connections that it covers, the sources to the destinations at these ports, every one of them:
 * - `allow`: all work;
 * - `deny`: none works;
 * - `only`: all work, and nobody that no line lets in reaches these destinations at these ports;
 * - `exactly`: all work, and nothing else does between these ends (a cell of the matrix);
 * - `any`: it says nothing, but mentions them (a cell with a dash).
 */
export type Verb = 'allow' | 'deny' | 'only' | 'exactly' | 'any';

/** A statement of a policy test, in one line, in the long form, or in a cell of the matrix. */
export interface Line {
  readonly verb: Verb;
  readonly from: EndExpression;
  readonly to: DestinationExpression;
  /** `shop/web -> shop/api:8080`, as written. */
  readonly text: string;
  readonly source: SourcePosition;
  /** Whether it stands in the matrix. */
  readonly isCell: boolean;
  readonly name?: string;
  /** Why it has to be so, for whoever sees it fail. */
  readonly why?: string;
}

/** One document of a policy test file. */
export interface Suite {
  /** The document's place: file, and line and column of its first key. */
  readonly source: SourcePosition;
  /** Counts from 1 within its file. */
  readonly document: number;
  /** Paths as written: files, directories, globs, `-`. Absent: the suite leaves it to the command line. */
  readonly manifests?: readonly Written<string>[];
  readonly names: ReadonlyMap<string, NameMeaning>;
  readonly lines: readonly Line[];
  /** Absent: pairs that no line mentions are nobody's business. */
  readonly otherwise?: Written<'deny'>;
  /** Namespaces that `otherwise` and the snapshot speak about; absent: all that have pods. */
  readonly scope?: readonly Written<string>[];
  /** The path of the lock file, as written. */
  readonly snapshot?: Written<string>;
}

/** A value, and the place where it was written. */
export interface Written<T> {
  readonly value: T;
  readonly source: SourcePosition;
}

/** What a word of the suite stands for. */
export type NameMeaning =
  | { readonly kind: 'ends'; readonly ends: readonly EndExpression[] }
  | { readonly kind: 'blocks'; readonly blocks: readonly AddressBlock[] }
  | {
      readonly kind: 'pod';
      /** A pod that no manifest has; it bears the word as its name. */
      readonly pod: Pod;
      /** Labels of its namespace, where no manifest has that either. */
      readonly namespaceLabels?: Labels;
      readonly source: SourcePosition;
    };

/** Whether a selector names the pods that it means: it asks for a label, rather than for none. */
export function asksForLabels(selector: LabelSelector): boolean {
  return selector.some(({ operator }) => operator === 'In' || operator === 'Exists');
}
