import { Command, Option } from 'commander';
import { printable } from '../../model/read/quote.ts';
import { exitCode } from '../exit-code.ts';
import { type InputOptions, readInput, withOptionalInput } from '../input-options.ts';
import { type LabFlags, labOptions, withLabOptions } from '../lab-options.ts';
import { agreementText, connectivityTable } from '../output/connectivity.ts';
import { jsonText } from '../output/json-text.ts';
import { apiVersion } from '../output/traffic-json.ts';
import type { Finish } from '../program.ts';
import { repeatable } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { runTestCommand } from './test.ts';

interface LabRunOptions extends InputOptions, LabFlags {
  readonly output: 'text' | 'json';
  readonly tests?: readonly string[];
  readonly verbose?: true;
}

/** `ringfence lab run`: one lab, one measurement, gone again. */
export function labRunCommand(terminal: Terminal, finish: Finish): Command {
  return withLabOptions(withOptionalInput(new Command('run')))
    .summary('enforce manifests on real packets once and show who reaches whom')
    .description(
      `Builds the cluster of the manifests in network namespaces of its own, starts an agent on every node, tries every connection with real packets, and compares with what the compiler says. Exit code 0 where both agree, 1 where not.`,
    )
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text'))
    .option(
      '-t, --tests <path>',
      'run the policy tests of a file or a directory instead, as test --packets does; repeatable',
      repeatable,
    )
    .option('-v, --verbose', 'show what the agents log')
    .addHelpText(
      'after',
      `
Examples:
  ringfence lab run -f manifests/
  ringfence lab run -f manifests/ -t tests/
  ringfence lab run -f manifests/ --topology routed --family dual -o json`,
    )
    .action(async (options: LabRunOptions) => {
      if (options.tests !== undefined) {
        await runTestCommand(options.tests, { ...options, packets: true }, terminal, finish);
        return;
      }
      if (options.filename === undefined) {
        throw new UsageError('nothing to read', 'name manifests with -f FILE, -f DIR or -f -');
      }
      // Loaded only here: the lab needs Linux and koffi, and other commands do without.
      const [{ enterLab }, { startLab }, { measureConnectivity }] = await Promise.all([
        import('../../lab/network/enter.ts'),
        import('../../lab/lab.ts'),
        import('../../lab/connectivity.ts'),
      ]);
      await enterLab();
      const cluster = await readInput(options, terminal);
      if (cluster === undefined) {
        finish(exitCode.cannotAnswer);
        return;
      }
      const lab = await startLab(
        cluster,
        labOptions(options, cluster, (node, line) => {
          if (options.verbose) terminal.err(`${printable(`${node}: ${line}`)}\n`);
        }),
      );
      try {
        await lab.enforce();
        const { deny, nodeEgress } = options;
        const connections = await measureConnectivity(lab, { deny, nodeEgress });
        if (connections.length === 0) {
          throw new UsageError(
            'nothing to try: no pod of the input declares a port',
            'add containerPort to the pods',
          );
        }
        const agree = connections.every(({ agrees }) => agrees);
        terminal.out(
          options.output === 'json'
            ? jsonText({ apiVersion, kind: 'MeasuredConnectivity', agree, connections })
            : `${connectivityTable(connections, terminal.colour.out)}\n${agreementText(connections)}`,
        );
        finish(agree ? exitCode.yes : exitCode.no);
      } finally {
        await lab.close();
      }
    });
}
