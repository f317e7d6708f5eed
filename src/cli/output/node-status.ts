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

export function nodeStatusText({ agent, table, kernel }: NodeReport): string {
  const lines = [
    agent === undefined ? 'agent: none listens\n' : agentText(agent),
    `kernel: table inet ${table} ${kernelText(kernel)}\n`,
    ...(agent === undefined || agent.policies.length === 0 ? [] : ['\n', policiesText(agent)]),
  ];
  return lines.join('').split('\n').map(printable).join('\n');
}

function agentText(agent: AgentStatus): string {
  const { counts, drift } = agent;
  const waiting = agent.watches.filter(({ synced }) => !synced).map(({ resource }) => resource);
  return [
    `node: ${agent.node}\n`,
    `agent: ${agent.phase}, version ${agent.version}, nft ${agent.nftVersion}\n`,
    ...(agent.lastError === undefined ? [] : [`error: ${agent.lastError}\n`]),
    ...(waiting.length === 0 ? [] : [`waiting for: ${waiting.join(', ')}\n`]),
    `last sync: ${agent.lastSync ?? 'never'}${agent.pending ? ', changes are on their way' : ''}\n`,
    `last verify: ${drift.lastVerify ?? 'never'}; ${drift.watching ? 'changes by others are seen at once' : 'changes by others are not seen'}\n`,
    `repairs: ${String(drift.repairs)}${drift.lastRepair === undefined ? '' : `, the last at ${drift.lastRepair}`}\n`,
    `pods here: ${String(counts.localPods)}, isolated ${String(counts.isolatedLocalPods)}; policies: ${String(counts.policies)}, active here ${String(counts.activePolicies)}\n`,
  ].join('');
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

function policiesText({ policies }: AgentStatus): string {
  return columnsText(
    ['POLICY', 'GENERATION', 'IN THE KERNEL', 'PODS HERE', 'PROBLEMS'],
    policies.map(({ namespace, name, generation, appliedGeneration, selectedPods, diagnostics }) => [
      `${namespace}/${name}`,
      String(generation),
      appliedGeneration === undefined ? 'not yet' : String(appliedGeneration),
      String(selectedPods.length),
      diagnostics.length === 0 ? '' : diagnostics.map(({ code }) => code).join(','),
    ]),
  );
}
