import type { PodClosure } from '../ruleset/compiler.ts';

/** Pods closed because their rules are too large or could not be compiled; each said once for as long as it lasts. */
export interface ClosureReports {
  /** Everything that is closed at present; also nothing. */
  read(closures: readonly PodClosure[]): void;
}

/** `report` is called once for each pod, direction, mode and message; again only where it was gone in between. */
export function createClosureReports(report: (closure: PodClosure) => void): ClosureReports {
  let known: ReadonlySet<string> = new Set();
  return {
    read(closures) {
      const present = new Map(closures.map((closure) => [identityOf(closure), closure]));
      const before = known;
      // Only what is there is kept: a tenant decides how many pods come and go.
      known = new Set(present.keys());
      for (const [identity, closure] of present) if (!before.has(identity)) report(closure);
    },
  };
}

function identityOf({ pod, direction, audit, message }: PodClosure): string {
  return JSON.stringify([pod, direction, audit, message]);
}
