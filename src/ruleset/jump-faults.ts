import type { Chain, ChainName, Ruleset, SetName, Verdict } from './objects.ts';

/** The chain that a verdict leads to. */
export function targetOf(verdict: Verdict): ChainName | undefined {
  return 'chain' in verdict ? verdict.chain : undefined;
}

/**
 * The most jumps and gotos in a row. The kernel's jump stack has 16 places and its check counts the base chain, and goto
 * like jump (measured on 6.18: 15 pass, 16 are refused with EMLINK).
 */
export const maximumJumpDepth = 15;

/** Loops of chains, and ways from a base chain that are too long. */
export function jumpFaults(ruleset: Ruleset): string[] {
  const mapTargets = new Map<SetName, readonly ChainName[]>();
  const depths = new Map<ChainName, number>();
  const onPath = new Set<ChainName>();
  const faults: string[] = [];
  for (const chain of ruleset.chains.values()) {
    const depth = depthBelow(chain);
    if (chain.base !== undefined && depth > maximumJumpDepth) {
      faults.push(
        `chain ${chain.name}: leads ${String(depth)} chains deep, more than ${String(maximumJumpDepth)}`,
      );
    }
  }
  return faults;

  function depthBelow(chain: Chain): number {
    const known = depths.get(chain.name);
    if (known !== undefined) return known;
    onPath.add(chain.name);
    let depth = 0;
    for (const target of targetsOf(chain)) {
      const next = ruleset.chains.get(target);
      if (onPath.has(target)) faults.push(`chain ${chain.name}: loops back to ${target}`);
      else if (next !== undefined) depth = Math.max(depth, 1 + depthBelow(next));
    }
    onPath.delete(chain.name);
    depths.set(chain.name, depth);
    return depth;
  }

  function targetsOf(chain: Chain): ReadonlySet<ChainName> {
    const targets = new Set<ChainName>();
    for (const statement of chain.rules.flatMap((rule) => rule.statements)) {
      const target = statement.kind === 'verdict' ? targetOf(statement.verdict) : undefined;
      if (target !== undefined) targets.add(target);
      if ('map' in statement) for (const mapped of targetsOfMap(statement.map)) targets.add(mapped);
    }
    return targets;
  }

  function targetsOfMap(name: SetName): readonly ChainName[] {
    let targets = mapTargets.get(name);
    if (targets === undefined) {
      const verdicts = [...(ruleset.sets.get(name)?.elements.values() ?? [])];
      targets = [...new Set(verdicts.flatMap((verdict) => (verdict && targetOf(verdict)) ?? []))];
      mapTargets.set(name, targets);
    }
    return targets;
  }
}
