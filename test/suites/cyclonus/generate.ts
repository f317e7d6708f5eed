import { actionCases } from './action-cases.ts';
import { type CaseDraft, type CyclonusCase, type Group, groups } from './case.ts';
import { conflictCases } from './conflict-cases.ts';
import { exampleCases } from './example-cases.ts';
import { namespaceCases } from './namespace-cases.ts';
import { peersCases } from './peers-cases.ts';
import { portProtocolCases } from './port-protocol-cases.ts';
import { rulesCases } from './rules-cases.ts';
import { targetCases } from './target-cases.ts';
import { upstreamCases } from './upstream-cases.ts';

// The cases of cyclonus (https://github.com/mattfenwick/cyclonus, now in kubernetes-sigs/network-policy-api), built anew
// from a description of what each group varies. What must come out is not part of a case: it follows from the cluster of
// the step (world.ts) and the API's words (src/policy/evaluate.ts).

/** All 230 cases with their 256 steps, in the order of cyclonus. */
export function generateCases(): readonly CyclonusCase[] {
  return groups.flatMap((group) => drafts[group]().map((draft, index) => numbered(group, index + 1, draft)));
}

const drafts: Readonly<Record<Group, () => readonly CaseDraft[]>> = {
  target: targetCases,
  rules: rulesCases,
  peers: peersCases,
  'port-protocol': portProtocolCases,
  example: exampleCases,
  action: actionCases,
  conflict: conflictCases,
  namespace: namespaceCases,
  'upstream-e2e': upstreamCases,
};

function numbered(group: Group, index: number, { tags, description, steps }: CaseDraft): CyclonusCase {
  return {
    id: `${group}/${index}`,
    group,
    index,
    tags,
    description: description ?? tags.join(', '),
    steps,
  };
}
