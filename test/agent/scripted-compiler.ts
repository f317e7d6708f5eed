import type { Compiler, CompilerCounts, Step } from '../../src/ruleset/compiler.ts';
import type { Operation } from '../../src/ruleset/operation.ts';

export interface ScriptedCompiler extends Compiler {
  /** Something to carry: each becomes one operation, named by its chain. */
  change(name: string): void;
  /** Makes the next step or replacement throw. */
  failNext(error: Error): void;
  /** What was committed, in order. */
  readonly committed: string[];
}

/** A compiler that knows nothing of policies: it carries the names it was given until they are committed. */
export function createScriptedCompiler(table = 'ringfence'): ScriptedCompiler {
  const committed: string[] = [];
  let open: string[] = [];
  let error: Error | undefined;

  return {
    setNode: ignore,
    setNamespace: ignore,
    deleteNamespace: ignore,
    setPod: ignore,
    deletePod: ignore,
    setPolicy: ignore,
    deletePolicy: ignore,
    change(name) {
      open.push(name);
    },
    failNext(next) {
      error = next;
    },
    committed,
    step: () => step(open.map(operation)),
    replacement: () => step([{ op: 'add-table' }, ...[...committed, ...open].map(operation)]),
    ruleset: () => ({ table, sets: new Map(), chains: new Map() }),
    closures: () => [],
    counted: () => [],
    counts: () => counts,
  };

  function step(operations: readonly Operation[]): Step {
    if (error !== undefined) {
      const thrown = error;
      error = undefined;
      throw thrown;
    }
    const carried = [...open];
    return {
      transaction: { table, operations },
      narrows: false,
      commit() {
        committed.push(...carried);
        open = open.slice(carried.length);
      },
    };
  }
}

export const counts: CompilerCounts = {
  pods: 5,
  localPods: 4,
  uncoveredLocalPods: 0,
  closedByDefect: 1,
  closedByLimit: 2,
  isolatedLocalPods: 3,
  namespaces: 2,
  policies: 7,
  activePolicies: 6,
  sets: 8,
  chains: 9,
  rules: 10,
  elements: 11,
};

function operation(name: string): Operation {
  return { op: 'flush-chain', chain: name as never };
}

function ignore(): void {
  // The script decides what changes.
}
