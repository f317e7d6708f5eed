import type { Cluster } from '../../model/cluster.ts';
import { type Address, familyOf } from '../../net/address.ts';
import { endpointAt, type Flow } from '../../policy/flow.ts';
import { type CompilerOptions, defaultCompilerOptions } from '../../ruleset/compiler.ts';
import { agrees, measureConnectivity, storedCluster, type Witnesses, witnessesOf } from '../connectivity.ts';
import type { Lab } from '../lab.ts';
import { endpointsOf } from '../network/endpoints.ts';
import type { ProbeResult } from '../probe/probe.ts';
import type { ProbeAnswer, ProbeAsk, ProbedConnection } from './control-calls.ts';
import type { OneAtATime } from './one-at-a-time.ts';
import { probeQuestions, type ProbeQuestion } from './probe-questions.ts';

/** Sends packets once everything that the API server holds is in the kernels, and asks the compiler the same. */
export async function answerProbe(
  lab: Lab,
  { from, to }: ProbeAsk,
  compiler: Partial<CompilerOptions>,
  settled: () => Promise<void>,
  exclusively: OneAtATime,
): Promise<ProbeAnswer> {
  const warnings = await unsettled(settled);
  return exclusively(async () => {
    if (from === undefined) return { connections: await measureConnectivity(lab, compiler), warnings };
    const cluster = storedCluster(lab);
    const { pods, services } = cluster;
    const world = { hosts: lab.network.hosts, pods, services, endpoints: endpointsOf(services, pods) };
    const questions = probeQuestions(world, from, to);
    lab.prober.listenFor(questions.flatMap(listenersOf));
    const results = await lab.prober.probe(questions);
    const witnesses = witnessesOf(lab, cluster, compiler);
    const { deny } = { ...defaultCompilerOptions, ...compiler };
    return {
      connections: questions.map((question, index) =>
        judge(lab, cluster, witnesses, deny, question, results[index]),
      ),
      warnings,
    };
  });
}

/** Why agents do not have everything; a measurement says what is there all the same. */
async function unsettled(settled: () => Promise<void>): Promise<readonly string[]> {
  try {
    await settled();
    return [];
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    if (code === 'AGENT_EXITED' || code === 'NOT_SETTLED') return [message];
    throw error;
  }
}

/** Behind a Service it is its endpoints that have to answer. */
function listenersOf(question: ProbeQuestion): readonly ProbeQuestion[] {
  if (question.endpoints === undefined) return [question];
  return question.endpoints.map(({ address, port }) => ({ ...question, to: address, port }));
}

function judge(
  lab: Lab,
  cluster: Cluster,
  witnesses: Witnesses,
  deny: CompilerOptions['deny'],
  question: ProbeQuestion,
  result: ProbeResult | undefined,
): ProbedConnection {
  if (result === undefined) throw new Error('the prober answered less than it was asked');
  const { verdict, answeredBy } = result;
  const { from, source, to, destination, protocol, port, endpoints } = question;
  const flowTo = (address: Address, targetPort: number): Flow => ({
    source: endpointAt(cluster, source),
    destination: endpointAt(cluster, address),
    protocol: protocol === 'OTHER' ? 'other' : protocol,
    ...(protocol === 'ICMP' || protocol === 'OTHER' ? {} : { port: targetPort }),
  });
  const answerer = answeredBy === undefined ? undefined : lab.network.hosts.get(answeredBy);
  const rightHost =
    verdict !== 'allowed' ||
    answerer === undefined ||
    answerer.netns === lab.network.hosts.get(destination)?.netns;
  // Of a Service, the endpoint that answered tells which one was tried; silence may be that of any of them.
  const tried = endpoints?.filter(
    ({ address }) => verdict !== 'allowed' || answerer?.addresses.includes(address) === true,
  );
  const allows = (witness: (flow: Flow) => boolean): boolean =>
    tried === undefined
      ? witness(flowTo(to, port))
      : tried.length > 0 && tried.every(({ address, port: target }) => witness(flowTo(address, target)));
  const [compiled, meant] = [allows(witnesses.compiled), allows(witnesses.policies)];
  return {
    ...{ from, to: destination, family: familyOf(to), address: to, protocol, port },
    packets: verdict,
    compiled: compiled ? 'allowed' : 'denied',
    policies: meant ? 'allowed' : 'denied',
    agrees: compiled === meant && agrees(verdict, compiled, deny) && (endpoints !== undefined || rightHost),
    ...(answeredBy === undefined ? {} : { answeredBy }),
  };
}
