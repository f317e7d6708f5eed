import type { Cluster } from '../../model/cluster.ts';
import type { CompilerOptions } from '../../ruleset/compiler.ts';
import type { LabOptions } from '../lab.ts';
import type { SessionStatus } from './control-calls.ts';

// What `lab up` and the process that holds the lab say to each other, until the one lets go of the other.

/** Everything that a lab is made of. Plain data. */
export interface SessionPlan {
  readonly name: string;
  readonly cluster: Cluster;
  readonly options: Omit<LabOptions, 'onLog'>;
  /** What the agents' flags say, for the compiler that packets are compared with. */
  readonly compiler: Partial<CompilerOptions>;
  /** Where the host reaches the API server. */
  readonly apiServer: string;
  /** Who may reach it there, beside root. */
  readonly user: number;
}

export type ToHolder =
  /** Comes with the socket on which the host's clients of the API server arrive. */
  | { readonly kind: 'start'; readonly plan: SessionPlan }
  /** From now on the holder stands alone; before, it ends with its caller. */
  | { readonly kind: 'release' };

export type FromHolder =
  | { readonly kind: 'entered' }
  | { readonly kind: 'ready'; readonly status: SessionStatus }
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly message: string };

/** The holder's descriptor of the folder of all labs, which its own /run may hide. */
export const sessionRootFd = 4;

/** The holder's descriptor of the host's TCP sockets, see `userOfPeer`. */
export const socketTableFd = 5;
