import { Command, Option } from 'commander';
import type { AgentConfig } from '../../agent/config.ts';
import type { Cluster } from '../../model/cluster.ts';
import { podKey, type PodKey } from '../../model/pod.ts';
import { printable, quote } from '../../model/read/quote.ts';
import { closest } from '../../model/read/suggestion.ts';
import { familiesOf, schedule } from '../../model/schedule.ts';
import { nodePolicy } from '../../policy/node-policy.ts';
import { compile, defaultCompilerOptions } from '../../ruleset/compiler.ts';
import { renderJson } from '../../ruleset/render-json.ts';
import { renderRuleset } from '../../ruleset/render-ruleset.ts';
import { replacementOf } from '../../ruleset/transaction.ts';
import { type RulesetFlags, readRulesetFlags, withRulesetOptions } from '../enforcement-options.ts';
import { exitCode } from '../exit-code.ts';
import { type InputOptions, readInput, withInputOptions } from '../input-options.ts';
import { jsonText } from '../output/json-text.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface CompileOptions extends InputOptions, RulesetFlags {
  readonly node?: string;
  readonly output: 'nft' | 'json' | 'ir';
  readonly assignAddresses?: true;
}

/** `ringfence compile`: the exact ruleset the agent on a node enforces, to stdout. */
export function compileCommand(terminal: Terminal, finish: Finish): Command {
  const command = withInputOptions(new Command('compile'))
    .summary('print the ruleset that the agent on a node enforces')
    .description(
      'Prints the exact ruleset that the agent on one node enforces. Needs no privileges and touches nothing. ' +
        '"nft" loads with "nft -f", "json" with "nft -j -f": into an empty ruleset, and over an earlier table, ' +
        'which it replaces in one transaction. The agent has the options from --table on, too: tell both the same.',
    )
    .option('--node <name>', 'the node whose pods are enforced; needless where the input has just one')
    .addOption(
      new Option('-o, --output <format>', 'what to print').choices(['nft', 'json', 'ir']).default('nft'),
    )
    .option('--assign-addresses', 'give addresses (and the node) to pods and templates that have none');
  return withRulesetOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  ringfence compile -f policies/ -f pods.yaml --node worker-1
  ringfence compile -f deploy/ --assign-addresses -o json | nft -c -j -f /dev/stdin
  kubectl get ns,nodes,pods,netpol -A -o yaml | ringfence compile -f - --node worker-1`,
    )
    .action(async (options: CompileOptions) => {
      const enforced = readRulesetFlags(options);
      const cluster = await readInput(options, terminal);
      if (cluster === undefined) {
        finish(exitCode.cannotAnswer);
        return;
      }
      const node = nodeOf(options, cluster);
      const complete = options.assignAddresses
        ? schedule(cluster, familiesOf(cluster), { homes: [node] })
        : cluster;
      const assigned = complete.pods
        .filter((pod, index) => JSON.stringify(pod) !== JSON.stringify(cluster.pods[index]))
        .map(podKey);
      for (const note of notes(complete, node, assigned)) terminal.err(`${printable(note)}\n`);
      terminal.out(output(complete, assigned, options.output, { ...enforced, nodeName: node }));
    });
}

function output(
  cluster: Cluster,
  assigned: readonly PodKey[],
  format: CompileOptions['output'],
  enforced: AgentConfig['compiler'],
): string {
  if (format === 'ir') {
    return jsonText({ ...nodePolicy(cluster, enforced.nodeName), assignedAddresses: assigned });
  }
  const ruleset = compile(cluster, { ...defaultCompilerOptions, ...enforced });
  if (format === 'json') return renderJson(replacementOf(ruleset), { declare: 'type' });
  const said = assigned.map(
    (key) => `# ${key}: addresses given by --assign-addresses, not those of a cluster\n`,
  );
  return said.join('') + renderRuleset(ruleset);
}

/** The node that was asked for, or the only one there is. A node that the input does not know is a mistake. */
function nodeOf(options: CompileOptions, cluster: Cluster): string {
  const known = [
    ...new Set([...cluster.nodes.map(({ name }) => name), ...cluster.pods.map(({ nodeName }) => nodeName)]),
  ]
    .filter((name) => name !== '')
    .sort();
  if (options.node === undefined) {
    const [only, ...more] = known;
    if (only !== undefined && more.length === 0) return only;
    if (only === undefined && options.assignAddresses) return 'node';
    throw new UsageError(
      only === undefined ? 'no node in the input' : 'several nodes in the input',
      only === undefined
        ? 'pods without a node need --assign-addresses; or name a node with --node'
        : `choose one with --node: ${firstOf(known, 10)}`,
    );
  }
  const { node } = options;
  if (known.includes(node) || (known.length === 0 && options.assignAddresses)) return node;
  const meant = closest(node, known);
  const choice =
    known.length === 0
      ? 'no pod of the input is on a node; see --assign-addresses'
      : `the input has ${firstOf(known, 10)}`;
  throw new UsageError(
    `no node ${quote(node)} in the input`,
    meant === undefined ? choice : `did you mean "${meant}"?`,
  );
}

/** What the output leaves out or makes up, so that nobody takes silence for an answer. */
function notes(cluster: Cluster, node: string, assigned: readonly PodKey[]): readonly string[] {
  const waiting = cluster.pods.filter(
    (pod) => !pod.finished && !pod.hostNetwork && pod.addresses.length === 0,
  );
  const given =
    assigned.length === 1
      ? '1 pod was given addresses'
      : `${String(assigned.length)} pods were given addresses`;
  const out =
    waiting.length === 1
      ? `1 pod has no address and is not in the ruleset (${some(waiting)}); --assign-addresses gives it some`
      : `${String(waiting.length)} pods have no address and are not in the ruleset (${some(waiting)}); --assign-addresses gives them some`;
  return [
    ...(assigned.length === 0 ? [] : [`note: ${given}`]),
    ...(waiting.length === 0 ? [] : [`note: ${out}`]),
    ...(cluster.nodes.some(({ name }) => name === node)
      ? []
      : [
          `note: the input has no Node ${node}, so its pod CIDRs are not known: addresses in them that no pod has yet are not closed`,
        ]),
  ];
}

function some(pods: Cluster['pods']): string {
  return firstOf(pods.map(podKey), 3);
}

function firstOf(names: readonly string[], most: number): string {
  return names.length > most ? `${names.slice(0, most).join(', ')}, ...` : names.join(', ');
}
