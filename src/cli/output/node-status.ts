import type { AgentStatus } from '../../agent/status.ts';
import { printable } from '../../model/read/quote.ts';
import { columnsText } from './columns.ts';

/** What a node says of itself. */
export interface NodeReport {
  /** Absent where no agent listens. */
  readonly agent?: AgentStatus | undefined;
  readonly table: string;
  readonly kernel:
    | { readonly table: 'missing' }
    | { readonly table: 'unknown'; readonly reason: string }
    | { readonly table: 'present'; readonly chains: number; readonly rules: number; readonly sets: number };
}

/** A line of it can hold nothing that steers a terminal or passes for another line, whoever answered as the agent. */
export function nodeStatusText({ agent, table, kernel }: NodeReport): string {
  const lines = [
    ...(agent === undefined ? ['agent: none listens'] : agentLines(agent)),
    `kernel: table inet ${table} ${kernelText(kernel)}`,
  ];
  const tables = [
    ...(agent === undefined || agent.policies.length === 0 ? [] : [policiesText(agent)]),
    ...(agent?.connections === undefined || agent.connections.pods.length === 0
      ? []
      : [connectionsText(agent.connections)]),
  ];
  return `${lines.map((line) => `${line.split('\n').map(printable).join('\n  ')}\n`).join('')}${tables.map((table) => `\n${table}`).join('')}`;
}

function agentLines(agent: AgentStatus): readonly string[] {
  const { counts, drift } = agent;
  const waiting = agent.watches.filter(({ synced }) => !synced).map(({ resource }) => resource);
  return [
    `node: ${agent.node}`,
    `agent: ${agent.phase}, version ${agent.version}, nft ${agent.nftVersion}`,
    ...(agent.lastError === undefined ? [] : [`error: ${agent.lastError}`]),
    ...(waiting.length === 0 ? [] : [`waiting for: ${waiting.join(', ')}`]),
    `last sync: ${agent.lastSync ?? 'never'}${agent.pending ? ', changes are on their way' : ''}`,
    `last verify: ${drift.lastVerify ?? 'never'}; ${drift.watching ? 'changes by others are seen at once' : 'changes by others are not seen'}`,
    `repairs: ${String(drift.repairs)}${drift.lastRepair === undefined ? '' : `, the last at ${drift.lastRepair}`}`,
    `pods here: ${String(counts.localPods)}, isolated ${String(counts.isolatedLocalPods)}; policies: ${String(counts.policies)}, active here ${String(counts.activePolicies)}`,
  ];
}

function kernelText(kernel: NodeReport['kernel']): string {
  switch (kernel.table) {
    case 'missing':
      return 'is not there: nothing is enforced';
    case 'unknown':
      return `cannot be read: ${kernel.reason}`;
    case 'present':
      return `has ${String(kernel.chains)} chains, ${String(kernel.rules)} rules, ${String(kernel.sets)} sets and maps`;
  }
}

/** Pods with policies, those that deny most first. */
function connectionsText({ pods }: NonNullable<AgentStatus['connections']>): string {
  return columnsText(
    ['POD', 'DIRECTION', 'ALLOWED', 'DENIED'],
    [...pods]
      .sort((a, b) => b.denied - a.denied)
      .map(({ pod, direction, allowed, denied }) =>
        [pod, direction, String(allowed), String(denied)].map(printable),
      ),
  );
}

function policiesText({ policies }: AgentStatus): string {
  return columnsText(
    ['POLICY', 'MODE', 'GENERATION', 'IN THE KERNEL', 'PODS HERE', 'PROBLEMS'],
    policies.map(({ namespace, name, mode, generation, appliedGeneration, selectedPods, diagnostics }) => [
      printable(`${namespace}/${name}`),
      mode,
      String(generation),
      appliedGeneration === undefined ? 'not yet' : String(appliedGeneration),
      String(selectedPods.length),
      diagnostics.length === 0 ? '' : printable(diagnostics.map(({ code }) => code).join(',')),
    ]),
  );
}
