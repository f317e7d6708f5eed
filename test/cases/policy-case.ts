/**
 * One end of a flow, as people write it: `x/a` (a pod), `node/n1`, `external/203.0.113.10`. A pod or a node may be held
 * to one family: `x/a@IPv4`.
 */
export type EndpointText = string;

/** The receiving end and what is sent: `x/b:80/TCP`, `y/a:ICMP` (an echo request), `y/a:other` (IP protocol 253). */
export type DestinationText = string;

/**
 * A row of a case. Where neither end names an address or a family, the row stands for two flows, one of each family
 * (those that both ends have). Addresses are as policies judge them: after DNAT and before SNAT.
 */
export type FlowRow = readonly [
  from: EndpointText,
  to: DestinationText,
  verdict: 'allow' | 'deny',
  /** Allowed, and told: audit policies would deny it. */
  audited?: 'audited',
];

/**
 * Policies, and what they mean for some flows. Three witnesses run the same table: `evaluate`, the interpreter of the
 * compiled ruleset, and real packets in the lab. The verdicts are worked out by hand from the API's words.
 */
export interface PolicyCase {
  /** Kebab-case, unique in all tables: docs/semantics.md names it. */
  readonly name: string;
  /** The line of docs/semantics.md that the case shows, by its mark: `I3`. */
  readonly source: string;
  /**
   * Multi-document YAML on top of the base cluster (cluster.ts). An object of the same kind, namespace and name takes
   * the place of the base object.
   */
  readonly manifests: string;
  readonly flows: readonly FlowRow[];
  readonly options?: { readonly nodeEgress: 'allow' | 'enforce' };
  /**
   * Why today's API server would refuse the manifests. They are then read as what a cluster may still have stored, and
   * the strict reading must report at least one error.
   */
  readonly refused?: string;
  /** Spellings that are understood with a warning and that the strict reading refuses. */
  readonly odd?: string;
  /** What is understood with a warning, whoever reads it. */
  readonly warned?: string;
  /**
   * Present where real packets cannot show the case. Elsewhere whoever sends the packets listens on every destination of
   * the table, whether the pod declares the port or not.
   */
  readonly packets?: { readonly possible: false; readonly reason: string };
}

type OneOrMore = string | readonly string[];

/** Rows that must pass, from each source to each destination. */
export function allow(from: OneOrMore, ...to: readonly DestinationText[]): readonly FlowRow[] {
  return rows(from, to, 'allow');
}

/** Rows that must not pass, from each source to each destination. */
export function deny(from: OneOrMore, ...to: readonly DestinationText[]): readonly FlowRow[] {
  return rows(from, to, 'deny');
}

/** Rows that pass, and that audit policies would deny. */
export function audited(from: OneOrMore, ...to: readonly DestinationText[]): readonly FlowRow[] {
  return allow(from, ...to).map(([source, destination, verdict]): FlowRow => {
    return [source, destination, verdict, 'audited'];
  });
}

function rows(
  from: OneOrMore,
  to: readonly DestinationText[],
  verdict: 'allow' | 'deny',
): readonly FlowRow[] {
  const sources = typeof from === 'string' ? [from] : from;
  return sources.flatMap((source) => to.map((destination): FlowRow => [source, destination, verdict]));
}
