import type { CompilerDefect } from '../ruleset/compiler.ts';

/** Pods closed because their rules could not be compiled; each said once for as long as it lasts. */
export interface DefectReports {
  /** Everything that is closed at present; also nothing. */
  read(defects: readonly CompilerDefect[]): void;
}

/** `report` is called once for each pod, direction and message; again only where it was gone in between. */
export function createDefectReports(report: (defect: CompilerDefect) => void): DefectReports {
  let known: ReadonlySet<string> = new Set();
  return {
    read(defects) {
      const present = new Map(defects.map((defect) => [identityOf(defect), defect]));
      const before = known;
      // Only what is there is kept: a tenant decides how many pods come and go.
      known = new Set(present.keys());
      for (const [identity, defect] of present) if (!before.has(identity)) report(defect);
    },
  };
}

function identityOf({ pod, direction, message }: CompilerDefect): string {
  return JSON.stringify([pod, direction, message]);
}
