import type { AgentStatus } from '../../agent/status.ts';
import type { Address } from '../../net/address.ts';
import type { Cidr } from '../../net/cidr.ts';
import type { Family } from '../../net/protocol.ts';
import type { Connection } from '../connectivity.ts';
import type { Interconnect, Topology } from '../network/terrain.ts';

/** What can be asked of a lab that stays up, over its control socket: `POST /NAME` with a JSON body, JSON back. */
export interface ControlCalls {
  readonly status: { readonly ask: Record<string, never>; readonly answer: SessionStatus };
  readonly probe: { readonly ask: ProbeAsk; readonly answer: ProbeAnswer };
  readonly place: { readonly ask: { readonly host: string }; readonly answer: HostPlace };
  readonly down: { readonly ask: Record<string, never>; readonly answer: Record<string, never> };
}

export type ControlCall = keyof ControlCalls;

/** `lab status -o json`. */
export interface SessionStatus {
  readonly apiVersion: 'ringfence.dev/v1alpha1';
  readonly kind: 'LabStatus';
  readonly name: string;
  /** The URL by which the host reaches the API server. */
  readonly apiServer: string;
  readonly topology: Topology;
  readonly interconnect: Interconnect;
  readonly families: readonly Family[];
  readonly nodes: readonly NodeStatus[];
  readonly pods: readonly PodStatus[];
  readonly externals: readonly { readonly name: string; readonly addresses: readonly Address[] }[];
  readonly policies: readonly PolicyProgress[];
}

export interface NodeStatus {
  readonly name: string;
  readonly addresses: readonly Address[];
  readonly podCIDRs: readonly Cidr[];
  /** Absent: none was started. */
  readonly agent?: {
    /** `ended`: the process is gone, the rules that it left stand. `silent`: it does not answer. */
    readonly phase: AgentStatus['phase'] | 'ended' | 'silent';
    /** In the lab's PID namespace. */
    readonly pid?: number;
    readonly lastError?: string;
  };
}

export interface PodStatus {
  readonly namespace: string;
  readonly name: string;
  /** Empty while it has none. */
  readonly node: string;
  readonly addresses: readonly Address[];
  /** Whether it has a place in the network. */
  readonly connected: boolean;
}

export interface PolicyProgress {
  readonly namespace: string;
  readonly name: string;
  readonly generation: number;
  /** The generation that the kernel of each node has; nodes that have none are left out. */
  readonly applied: Readonly<Record<string, number>>;
}

/** Nothing given: everybody to everybody. */
export interface ProbeAsk {
  readonly from?: string;
  /** `TO[:PORT[/PROTO]]`. */
  readonly to?: string;
}

export interface ProbeAnswer {
  readonly connections: readonly ProbedConnection[];
  /** Why what was measured may not be what is meant to be: agents that have not applied everything. */
  readonly warnings: readonly string[];
}

export interface ProbedConnection extends Connection {
  /** Who answered. */
  readonly answeredBy?: string;
}

/** Where a host stands in the lab's namespaces. */
export interface HostPlace {
  /** In front of a command so that it runs there. */
  readonly argv: readonly string[];
  /** Of the API server, as a host of the lab reaches it; pods do not. */
  readonly kubeconfig?: string;
}

/** What a call that fails answers, with status 400 or 500. */
export interface ControlFailure {
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
}
