import { auditCases } from './audit.cases.ts';
import { bothDirectionsCases } from './both-directions.cases.ts';
import { brokenPoliciesCases } from './broken-policies.cases.ts';
import { emptyMissingNullCases } from './empty-missing-null.cases.ts';
import { ipBlockCases } from './ip-block.cases.ts';
import { isolationCases } from './isolation.cases.ts';
import { knownEngineBugsCases } from './known-engine-bugs.cases.ts';
import { namedPortsCases } from './named-ports.cases.ts';
import { namesCases } from './names.cases.ts';
import type { PolicyCase } from './policy-case.ts';
import { portsCases } from './ports.cases.ts';
import { protocolsCases } from './protocols.cases.ts';
import { selectorsCases } from './selectors.cases.ts';
import { whoIsAPodCases } from './who-is-a-pod.cases.ts';

/** Every table by its topic, in the order of docs/semantics.md. */
export const casesByTopic: Readonly<Record<string, readonly PolicyCase[]>> = {
  isolation: isolationCases,
  'both directions': bothDirectionsCases,
  'empty, missing, null': emptyMissingNullCases,
  ports: portsCases,
  'named ports': namedPortsCases,
  ipBlock: ipBlockCases,
  selectors: selectorsCases,
  'who is a pod': whoIsAPodCases,
  'what policies are judged on': protocolsCases,
  'policies that cannot be understood': brokenPoliciesCases,
  'audit policies': auditCases,
  'known bugs of engines': knownEngineBugsCases,
  names: namesCases,
};

export const allCases: readonly PolicyCase[] = Object.values(casesByTopic).flat();
