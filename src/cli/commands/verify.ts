import { setTimeout as delay } from 'node:timers/promises';
import { Command, Option } from 'commander';
import type { AgentConfig } from '../../agent/config.ts';
import { type Inspection, inspectTable } from '../../agent/inspection.ts';
import { kernelEpoch } from '../../agent/kernel-epoch.ts';
import { enforcedDifferences } from '../../analysis/enforced-difference.ts';
import type { Cluster } from '../../model/cluster.ts';
import { quote } from '../../model/read/quote.ts';
import { createNft } from '../../nft/nft.ts';
import { compile } from '../../ruleset/compiler.ts';
import type { Ruleset } from '../../ruleset/objects.ts';
import { type EnforcementOptions, readEnforcement, withEnforcementOptions } from '../enforcement-options.ts';
import { exitCode } from '../exit-code.ts';
import { type InputOptions, readInput } from '../input-options.ts';
import { loadLive } from '../input/live-input.ts';
import { repeatable } from '../options.ts';
import { formatDiagnostics } from '../output/diagnostics.ts';
import { type Verification, verificationJson, verificationText } from '../output/verification.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface VerifyOptions extends EnforcementOptions, InputOptions {
  readonly output: 'text' | 'json';
}

/** `ringfence verify`: whether the kernel of this node means what the policies say. */
export function verifyCommand(terminal: Terminal, finish: Finish): Command {
  return withEnforcementOptions(new Command('verify'))
    .summary("compare the kernel's rules with what the policies say")
    .description(
      `Reads the node's table back from the kernel and compares it with what the policies make of it: object by object, and
where these differ, connection by connection. Needs CAP_NET_ADMIN in the node's network namespace, and the options
that the agent was given. Exit code 0 where both are the same, 1 where not.`,
    )
    .option(
      '-f, --filename <path>',
      'what the policies say, from manifests instead of the API server; repeatable',
      repeatable,
    )
    .option('-R, --recursive', 'read directories with all below them')
    .addOption(
      new Option('-n, --namespace <name>', 'namespace of objects that have none').default(
        undefined,
        'default',
      ),
    )
    .option('--kubeconfig <file>', 'kubeconfig to use (default: $KUBECONFIG, in a pod its service account)')
    .option('--context <name>', 'context of the kubeconfig')
    .option('--in-cluster', "use the pod's service account")
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  ringfence verify --node-name worker-1 --kubeconfig /etc/kubernetes/ringfence.conf
  kubectl get ns,nodes,pods,netpol -A -o yaml | ringfence verify --node-name worker-1 -f -
  ringfence verify -o json`,
    )
    .action(async (options: VerifyOptions) => {
      const { output, filename, recursive, namespace, ...enforcement } = options;
      const config = readEnforcement(enforcement, terminal);
      const files: InputOptions = {
        ...(filename === undefined ? {} : { filename }),
        ...(recursive === undefined ? {} : { recursive }),
        ...(namespace === undefined ? {} : { namespace }),
      };
      const verification = await verify(config, filename === undefined ? undefined : files, terminal);
      if (verification === undefined) {
        finish(exitCode.cannotAnswer);
        return;
      }
      terminal.out(output === 'json' ? verificationJson(verification) : verificationText(verification));
      finish(verification.inspection.kind === 'equal' ? exitCode.yes : exitCode.no);
    });
}

/** Milliseconds that a change may take from the API server into the kernel. */
const onItsWay = 1000;

async function verify(
  config: AgentConfig,
  files: InputOptions | undefined,
  terminal: Terminal,
): Promise<Verification | undefined> {
  const first = await look(config, files, terminal);
  if (first === undefined || first.inspection.kind === 'equal' || files !== undefined)
    return first?.verification();
  // What has just changed may be on its way: only what stays is a difference.
  await delay(onItsWay, undefined, { signal: terminal.signal });
  return (await look(config, files, terminal))?.verification();
}

interface Look {
  readonly inspection: Inspection;
  verification(): Verification;
}

async function look(
  { kube, compiler, nftPath }: AgentConfig,
  files: InputOptions | undefined,
  terminal: Terminal,
): Promise<Look | undefined> {
  const { nodeName: node, table } = compiler;
  const cluster = files === undefined ? await readLive(kube, terminal) : await readInput(files, terminal);
  if (cluster === undefined) return undefined;
  requireNode(cluster, node);
  const objects = await createNft({ command: [nftPath] }).list(table, { signal: terminal.signal });
  // Which epoch it is the agent decides; in any other the rules say the same.
  const epoch = kernelEpoch(objects ?? [], compiler.ctMarkMask) ?? 0;
  const desired = compile(cluster, { ...compiler, epoch });
  const inspection = inspectTable(objects, desired);
  return {
    inspection,
    verification() {
      if (inspection.kind === 'equal') return { node, table, inspection };
      const nothing: Ruleset = { table, sets: new Map(), chains: new Map() };
      const actual = inspection.kind === 'missing' ? nothing : inspection.actual;
      return { node, table, inspection, flows: enforcedDifferences(cluster, node, actual, desired) };
    },
  };
}

/** As the agent: what it cannot understand is closed or left out, and the rest stands. */
async function readLive(kube: AgentConfig['kube'], terminal: Terminal): Promise<Cluster> {
  const { cluster, diagnostics } = await loadLive(kube, terminal.signal, { enforcedOnly: true });
  if (diagnostics.length > 0) terminal.err(formatDiagnostics(diagnostics, { colour: terminal.colour.err }));
  return cluster;
}

/** Without its Node nothing is known of the addresses that it gives to pods, and a wrong name would find nothing wrong. */
function requireNode({ nodes }: Cluster, name: string): void {
  if (nodes.some((node) => node.name === name)) return;
  throw new UsageError(`there is no Node ${quote(name)}`, 'name the node with --node-name');
}
