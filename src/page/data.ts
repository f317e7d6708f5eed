import type { SourcePosition } from '../model/diagnostic.ts';
import type { Direction } from '../model/network-policy.ts';
import type { PackedCluster } from './packed-cluster.ts';

// What the command writes into the page and the page's script reads: plain JSON, the same for the same input.

export interface ReportData {
  /** The version of the program. */
  readonly version: string;
  readonly after: SideData;
  /** Where two inputs are compared: what was before. */
  readonly before?: SideData;
  readonly lint: readonly FindingData[];
  /** Absent where no tests were asked for. */
  readonly tests?: readonly SuiteData[];
}

/** One input. */
export interface SideData {
  /** What was read, as the command line names it. */
  readonly label: string;
  readonly cluster: PackedCluster;
  /** By position in the cluster's policies; `null` where nobody wrote it in a file. */
  readonly texts: readonly (PolicyText | null)[];
  readonly kernel: KernelRules;
}

/** A policy as it is written. */
export interface PolicyText {
  readonly file: string;
  /** The number of the first line. */
  readonly first: number;
  readonly lines: readonly string[];
  /** Whether lines or parts of them were left out. */
  readonly cut: boolean;
  /** The last line of each rule, by direction and index; it begins at its own position. */
  readonly ruleEnds: Readonly<Record<Direction, Readonly<Record<number, number>>>>;
}

/** The nftables rules that judge pods, each chain and set once: pods that are alike share them. */
export interface KernelRules {
  /** Chains with the sets that they look up, as lines of `nft -f`. */
  readonly bodies: readonly (readonly string[])[];
  /** By position in the cluster's pods: the bodies for ingress and egress; -1 where nothing judges. */
  readonly ofPod: readonly (readonly [ingress: number, egress: number])[];
  /** Whether pods were given addresses, because the input has none. */
  readonly assigned: boolean;
}

export interface FindingData {
  readonly rule: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly title: string;
  readonly message: string;
  readonly hint?: string;
  readonly object?: { readonly kind: string; readonly namespace?: string; readonly name: string };
  readonly place?: SourcePosition;
  /** The reason why it is no mistake. */
  readonly ignored?: string;
}

export interface SuiteData {
  readonly name: string;
  /** What kept it from being run. */
  readonly problems: readonly string[];
  readonly results: readonly ResultData[];
}

export interface ResultData {
  readonly status: 'passed' | 'failed' | 'skipped' | 'unanswered';
  readonly title: string;
  readonly place: SourcePosition;
  readonly lines: readonly string[];
  /** The first counterexample between two pods, as `namespace/name`. */
  readonly pair?: readonly [from: string, to: string];
}

/** The id of the element that holds the data. */
export const dataElementId = 'ringfence-data';
