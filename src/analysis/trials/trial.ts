import type { Cluster } from '../../model/cluster.ts';
import type { Pod } from '../../model/pod.ts';
import type { Address } from '../../net/address.ts';
import type { Family, Protocol } from '../../net/protocol.ts';
import type { Somebody } from '../ends/place.ts';
import type { Check } from '../policy-test/run-suite.ts';
import type { Sample } from './sample.ts';

/** A connection that shows, as an example of many, whether a statement of a suite holds. */
export interface Trial {
  readonly from: TrialEnd;
  readonly to: TrialEnd;
  readonly family: Family;
  /** ICMP stands for all protocols that policies cannot name. */
  readonly protocol: Protocol | 'ICMP';
  /** Of the Service where it goes through one; 0 for ICMP. */
  readonly port: number;
  /** The Service through whose cluster address it goes. */
  readonly service?: { readonly namespace: string; readonly name: string };
  /** What the statement says of it. */
  readonly expected: 'allowed' | 'denied';
  /** Whether the policies alone, without packets, say that it is not as expected. */
  readonly isCounterexample: boolean;
}

export interface TrialEnd {
  /** The name in the lab: `namespace/name` of a pod, the name of a node, `external/ADDRESS`. */
  readonly host: string;
  readonly somebody: Somebody;
}

/** A statement with the connections that stand for it. */
export interface CheckTrials {
  readonly check: Check;
  readonly trials: readonly Trial[];
  /** How many there were to choose from, after the choices of `samples`. */
  readonly known: number;
  /** Of what just some are tried, because there is so much of it. */
  readonly samples: readonly Sample[];
  /** What of it cannot be tried, a reason each. */
  readonly untried: readonly string[];
}

/** A suite, made ready for packets. */
export interface TrialPlan {
  /** The cluster of the suite, with everybody whom the trials need, complete: each pod on a node, with addresses. */
  readonly cluster: Cluster;
  /** Those of its pods that the suite's cluster does not have. */
  readonly added: readonly Pod[];
  /** Addresses of the outside world that hosts have to own. */
  readonly externals: readonly Address[];
  readonly checks: readonly CheckTrials[];
}

/** The name of the host that owns an address of the outside world. */
export function externalName(address: Address): string {
  return `external/${address}`;
}

/** Equal for connections that are the same on the wire. */
export function trialKey({ from, to, family, protocol, port, service }: Trial): string {
  const way = service === undefined ? to.host : `svc/${service.namespace}/${service.name} ${to.host}`;
  return `${from.host} ${way} ${family} ${protocol} ${String(port)}`;
}
