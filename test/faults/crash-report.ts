import { runInLab } from '../lab/network/in-lab.ts';

/** What packets met while agents were killed, a table of another layout was taken over, and a node came up empty. */
export interface CrashReport {
  readonly kills: number;
  /** Changes that the API server saw meanwhile. */
  readonly changes: number;
  /** Packets of allowed connections, and those that did not come back. */
  readonly sent: number;
  readonly lost: number;
  /** Packets of connections that no policy allows after the agent was killed for the last time, and those that came through, ever. */
  readonly tried: number;
  readonly leaked: number;
  readonly upgraded: { readonly older: boolean };
  /** How the kernel of each node differs from what a compile from scratch makes. */
  readonly differing: readonly (readonly string[])[];
  readonly rebooted: unknown;
}

/** How a reboot must go: closed from the first transaction on, open for what is allowed once everything is known. */
export const goodReboot = { passedWhileClosed: 0, friendsPass: true, leaked: 0, differing: [[], []] };

export function runCrashLab(
  topology: string,
  interconnect: string,
  { seconds, seed }: { readonly seconds: number; readonly seed: number },
): Promise<CrashReport> {
  return runInLab(
    `${import.meta.dirname}/crash.lab.ts`,
    topology,
    interconnect,
    String(seconds),
    String(seed),
  );
}
