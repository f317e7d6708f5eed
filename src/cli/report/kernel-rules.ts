import type { Cluster } from '../../model/cluster.ts';
import type { Direction } from '../../model/network-policy.ts';
import { familiesOf, schedule } from '../../model/schedule.ts';
import type { KernelRules } from '../../page/data.ts';
import { runningPods } from '../../page/packed-cluster.ts';
import { compile, defaultCompilerOptions } from '../../ruleset/compiler.ts';
import { podChainName } from '../../ruleset/names.ts';
import type { Chain, ChainName, Match, NftSet, Ruleset, SetName, Verdict } from '../../ruleset/objects.ts';
import { elementText, ruleText, setProperties } from '../../ruleset/render-text.ts';
import { sharedChains } from '../../ruleset/verdict-chains.ts';

/** Addresses of a set that are listed; the rest is counted. */
const mostElements = 8;

const home = 'node';

/** The rules by which the agents judge each pod, compiled for all of them at once. */
export function kernelRules(cluster: Cluster): KernelRules {
  const pods = runningPods(cluster);
  const placed = withAddresses({ ...cluster, pods });
  const onOneNode = placed.pods.map((pod) => ({ ...pod, nodeName: home }));
  const ruleset = compile({ ...placed, pods: onOneNode }, { ...defaultCompilerOptions, nodeName: home });
  const bodies: (readonly string[])[] = [];
  const known = new Map<ChainName, number>();
  const bodyOf = (pod: Cluster['pods'][number], direction: Direction): number => {
    const entry = entryOf(ruleset, podChainName(pod, direction));
    if (entry === undefined) return -1;
    const found = known.get(entry) ?? bodies.push(bodyLines(ruleset, entry)) - 1;
    known.set(entry, found);
    return found;
  };
  return {
    ofPod: pods.map((pod) => [bodyOf(pod, 'ingress'), bodyOf(pod, 'egress')]),
    bodies,
    assigned: placed.pods.some(({ addresses }, at) => pods[at]?.addresses.length !== addresses.length),
  };
}

/** A node has room for some 250 pods; addresses that are made up come from nodes that are made up. */
const podsOfHome = 200;

function withAddresses(cluster: Cluster): Cluster {
  const isComplete = cluster.pods.every(({ addresses }) => addresses.length > 0);
  if (isComplete) return cluster;
  const count = Math.ceil(cluster.pods.length / podsOfHome);
  const homes = Array.from({ length: count }, (_, at) => `node-${String(at + 1)}`);
  const pods = cluster.pods.map((pod) => (pod.addresses.length > 0 ? pod : { ...pod, nodeName: '' }));
  return schedule({ ...cluster, nodes: [], pods }, familiesOf(cluster), { homes });
}

/** Where the pod's own chain leads: to the rules that it shares with pods like it. */
function entryOf({ chains }: Ruleset, own: ChainName): ChainName | undefined {
  return chains
    .get(own)
    ?.rules.flatMap(({ statements }) => statements)
    .flatMap((statement) =>
      statement.kind === 'verdict' && statement.verdict.kind === 'jump' ? [statement.verdict.chain] : [],
    )[0];
}

/** The chain, the chains that it leads to, and the sets that they look up. */
function bodyLines({ chains, sets }: Ruleset, entry: ChainName): readonly string[] {
  const reached = new Map<ChainName, Chain>();
  const used = new Map<SetName, NftSet>();
  const visit = (name: ChainName): void => {
    const chain = chains.get(name);
    if (chain === undefined || reached.has(name) || isShared(name)) return;
    reached.set(name, chain);
    for (const { matches, statements } of chain.rules) {
      for (const name of [...matches.flatMap(setsOf), ...statements.flatMap(mapsOf)]) {
        const set = sets.get(name);
        if (set === undefined) continue;
        used.set(name, set);
        for (const verdict of set.elements.values()) if (verdict !== null) leadTo(verdict);
      }
      for (const statement of statements) if (statement.kind === 'verdict') leadTo(statement.verdict);
    }
  };
  const leadTo = (verdict: Verdict): void => {
    if ('chain' in verdict) visit(verdict.chain);
  };
  visit(entry);
  return [...[...reached.values()].flatMap(chainLines), ...[...used.values()].flatMap(setLines)];
}

function isShared(name: ChainName): boolean {
  return Object.values(sharedChains).includes(name);
}

function setsOf(match: Match): readonly SetName[] {
  return 'set' in match ? [match.set] : [];
}

function mapsOf(statement: Chain['rules'][number]['statements'][number]): readonly SetName[] {
  return 'map' in statement ? [statement.map] : [];
}

function chainLines({ name, rules }: Chain): readonly string[] {
  return [`chain ${name} {`, ...rules.map((rule) => `  ${ruleText(rule)}`), '}'];
}

function setLines(set: NftSet): readonly string[] {
  const elements = [...set.elements].slice(0, mostElements).map(elementText);
  const left = set.elements.size - elements.length;
  const more = left > 0 ? [`# and ${String(left)} more`] : [];
  return [
    `${set.kind} ${set.name} {`,
    ...setProperties(set).map((line) => `  ${line}`),
    ...(elements.length === 0 ? [] : [`  elements = { ${[...elements, ...more].join(', ')} }`]),
    '}',
  ];
}
