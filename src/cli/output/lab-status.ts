import { printableLines } from '../../model/read/quote.ts';
import type { NodeStatus, PolicyProgress, SessionStatus } from '../../lab/session/control-calls.ts';
import { columnsText } from './columns.ts';

/** What stands in a lab, for people. `processes` are numbers of this machine by those in the lab. */
export function labStatusText(status: SessionStatus, processes: ReadonlyMap<number, number>): string {
  const { nodes, pods, externals, policies } = status;
  const counts = `${String(nodes.length)} nodes, ${String(pods.length)} pods, ${String(policies.length)} policies`;
  const kind = [status.topology, status.interconnect, ...status.families].join(', ');
  const blocks = [
    `lab "${status.name}": ${counts} (${kind})\n`,
    columnsText(
      ['NODE', 'ADDRESSES', 'POD CIDRS', 'AGENT', 'PID'],
      nodes.map((node) => [
        node.name,
        list(node.addresses),
        list(node.podCIDRs),
        ...agentCells(node, processes),
      ]),
    ),
    pods.length === 0
      ? ''
      : columnsText(
          ['POD', 'NODE', 'ADDRESSES'],
          pods.map((pod) => [
            `${pod.namespace}/${pod.name}`,
            pod.node === '' ? '<none>' : pod.node,
            `${list(pod.addresses)}${pod.connected ? '' : ' (not connected)'}`,
          ]),
        ),
    columnsText(
      ['OUTSIDE', 'ADDRESSES'],
      externals.map(({ name, addresses }) => [name, list(addresses)]),
    ),
    policies.length === 0
      ? ''
      : columnsText(
          ['POLICY', 'GENERATION', 'IN THE KERNEL OF'],
          policies.map((policy) => [
            `${policy.namespace}/${policy.name}`,
            String(policy.generation),
            appliedText(policy, nodes),
          ]),
        ),
  ];
  return printableLines(blocks.filter((block) => block !== '').join('\n'));
}

function agentCells({ agent }: NodeStatus, processes: ReadonlyMap<number, number>): readonly string[] {
  if (agent === undefined) return ['none', ''];
  const said = agent.lastError === undefined ? '' : `: ${agent.lastError}`;
  const pid = agent.pid === undefined ? undefined : processes.get(agent.pid);
  return [`${agent.phase}${said}`, pid === undefined ? '' : String(pid)];
}

/** `2 of 2 nodes`; a node that is behind says how far. */
function appliedText({ generation, applied }: PolicyProgress, nodes: readonly NodeStatus[]): string {
  const current = nodes.filter(({ name }) => applied[name] === generation);
  const behind = nodes.flatMap(({ name }) => {
    const older = applied[name];
    return older === undefined || older === generation ? [] : [`${name} has ${String(older)}`];
  });
  return [`${String(current.length)} of ${String(nodes.length)} nodes`, ...behind].join(', ');
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '<none>' : items.join(',');
}
