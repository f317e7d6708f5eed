import { readPod } from '../../model/read/pod.ts';
import { podKey } from '../../model/pod.ts';
import type { AgentStatus } from '../../agent/status.ts';
import { familyOf } from '../../net/address.ts';
import type { AgentProcess } from '../agent-process.ts';
import { numberAt } from '../api-server/json.ts';
import type { Lab } from '../lab.ts';
import type { NodeStatus, SessionStatus } from './control-calls.ts';
import type { SessionPlan } from './holder-messages.ts';

/** What stands in the lab, as the API server and the agents say now. */
export async function sessionStatus(lab: Lab, plan: SessionPlan): Promise<SessionStatus> {
  const { hosts, cluster } = lab.network;
  const { topology = 'bridge', interconnect = 'routes', families = [] } = plan.options.network;
  const agents = new Map(
    await Promise.all([...lab.agents].map(async ([node, agent]) => [node, await answerOf(agent)] as const)),
  );
  const pods = lab.api.list('Pod').flatMap((object) => readPod(object, { mode: 'tolerant' }).object ?? []);
  return {
    apiVersion: 'ringfence.dev/v1alpha1',
    kind: 'LabStatus',
    name: plan.name,
    apiServer: plan.apiServer,
    topology,
    interconnect,
    families,
    nodes: cluster.nodes.map(({ name, addresses, podCIDRs }): NodeStatus => {
      const process = lab.agents.get(name);
      return {
        name,
        addresses,
        podCIDRs,
        ...(process === undefined ? {} : { agent: agentOf(process, agents.get(name)) }),
      };
    }),
    pods: pods.map((pod) => ({
      namespace: pod.namespace,
      name: pod.name,
      node: pod.nodeName,
      addresses: pod.addresses,
      connected: hosts.has(podKey(pod)),
    })),
    externals: [...hosts.values()]
      .filter(({ kind }) => kind === 'external')
      .map(({ name, addresses }) => ({
        name,
        addresses: addresses.filter((address) => families.includes(familyOf(address))),
      })),
    policies: lab.api.list('NetworkPolicy').map(({ metadata }) => {
      const { namespace = '', name } = metadata;
      const applied = [...agents].flatMap(([node, answer]) => {
        const policy = answer?.policies.find((one) => one.namespace === namespace && one.name === name);
        return policy?.appliedGeneration === undefined ? [] : [[node, policy.appliedGeneration] as const];
      });
      const generation = numberAt(metadata, 'generation') ?? 0;
      return { namespace, name, generation, applied: Object.fromEntries(applied) };
    }),
  };
}

/** `undefined` where the agent does not answer; that it does not is part of the status. */
async function answerOf(agent: AgentProcess): Promise<AgentStatus | undefined> {
  if (agent.exited !== undefined) return undefined;
  return agent.status().catch(() => undefined);
}

function agentOf(process: AgentProcess, answer: AgentStatus | undefined): NonNullable<NodeStatus['agent']> {
  const { exited, pid } = process;
  if (exited !== undefined) return { phase: 'ended', lastError: exited };
  return {
    phase: answer?.phase ?? 'silent',
    ...(pid === undefined ? {} : { pid }),
    ...(answer?.lastError === undefined ? {} : { lastError: answer.lastError }),
  };
}
