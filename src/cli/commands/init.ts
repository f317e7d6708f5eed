import { posix } from 'node:path';
import { Command } from 'commander';
import { proposeTest } from '../../analysis/first-test/propose.ts';
import { createReach } from '../../analysis/reach/reach.ts';
import { snapshotLines } from '../../analysis/snapshot/lines.ts';
import { lockFileText } from '../../analysis/snapshot/lock-file.ts';
import { printable } from '../../model/read/quote.ts';
import { exitCode } from '../exit-code.ts';
import { suiteText } from '../first-test/suite-text.ts';
import { passesAtOnce } from '../first-test/try-suite.ts';
import { policyTestName } from '../input/policy-test/find-tests.ts';
import { tidyPath } from '../input/policy-test/paths.ts';
import { type ClusterOptions, readCluster, sourceOf, withClusterOptions } from '../input-options.ts';
import type { Finish } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface InitOptions extends ClusterOptions {
  readonly output: string;
  readonly force?: true;
}

/** `ringfence init`: a first policy test for what there is. */
export function initCommand(terminal: Terminal, finish: Finish): Command {
  return withClusterOptions(new Command('init'))
    .summary('write a first policy test for manifests that there are')
    .description(
      `Writes a policy test and its lock file that hold for the manifests, or the running cluster, as they are: who reaches
isolated workloads, what is closed to the internet, and who reaches whom line by line. Directories are read with all below them.`,
    )
    .option('--output <file>', 'the policy test to write', 'connectivity.policy-test.yaml')
    .option('--force', 'replace files that are there')
    .addHelpText(
      'after',
      `
Examples:
  ringfence init -f deploy/
  ringfence init -f deploy/ --output policies/shop.policy-test.yaml
  ringfence init --context prod --output prod.policy-test.yaml`,
    )
    .action(async (options: InitOptions) => {
      const target = targetOf(options.output);
      const isLive = sourceOf(options) !== undefined;
      for (const file of options.force === true ? [] : [target.test, target.lock]) {
        if (await exists(file, terminal)) {
          throw new UsageError(
            `${printable(file)} exists`,
            'name another file with --output, or replace it with --force',
          );
        }
      }
      const read = await readCluster({ ...options, recursive: true }, terminal);
      if (read === undefined) {
        finish(exitCode.cannotAnswer);
        return;
      }
      const reach = createReach(read.cluster);
      const test = proposeTest(reach, options.namespace ?? 'default');
      const manifests = isLive ? undefined : manifestsFrom(options.filename ?? [], target.directory);
      const text = suiteText(test, {
        ...(manifests === undefined ? {} : { manifests }),
        snapshot: posix.basename(target.lock),
      });
      const scope = test.scope.length > 0 ? test.scope : read.cluster.pods.map(({ namespace }) => namespace);
      const lines = snapshotLines(reach, new Set(scope));
      const files = new Map([
        [target.lock, lockFileText(lines)],
        [target.test, text],
      ]);
      const given = manifests === undefined ? { reach, replaces: isLive } : undefined;
      await passesAtOnce(target.test, files, { options, given, io: terminal.input });
      const how = { below: target.directory, replace: options.force ?? false };
      for (const [file, content] of files) await terminal.output.writeFile(file, content, how);
      const statements = test.statements.reduce((sum, statement) => sum + statement.lines.length, 0);
      terminal.err(
        `note: ${printable(target.test)} written: ${count(statements, 'line')} that hold now
note: ${printable(target.lock)} written: ${count(lines.length, 'line')}
next: keep the lines that are meant, and commit both files; then
  ${printable(testCommandLine(options, target.test, manifests !== undefined))}
`,
      );
      finish(exitCode.yes);
    });
}

interface Target {
  readonly test: string;
  readonly lock: string;
  readonly directory: string;
}

function targetOf(output: string): Target {
  const test = tidyPath(output);
  if (!policyTestName.test(test) || posix.basename(test).startsWith('.')) {
    throw new UsageError(
      `${printable(output)} is no name of a policy test`,
      'policy tests are found by their name: NAME.policy-test.yaml',
    );
  }
  return { test, lock: test.replace(policyTestName, '.lock'), directory: posix.dirname(test) };
}

async function exists(file: string, { input }: Terminal): Promise<boolean> {
  try {
    await input.kindOf(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** As the test names them, relative to itself. What comes from standard input is there once. */
function manifestsFrom(files: readonly string[], directory: string): readonly string[] | undefined {
  if (files.includes('-')) return undefined;
  return files.map((file) => {
    if (/^https?:\/\//.test(file) || (posix.isAbsolute(file) && !posix.isAbsolute(directory))) return file;
    const path = posix.isAbsolute(directory) ? posix.resolve(file) : file;
    return posix.relative(directory, path) || '.';
  });
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
}

function testCommandLine(
  { namespace, context, kubeconfig, filename = [] }: InitOptions,
  test: string,
  namesManifests: boolean,
): string {
  const options = [
    ...(namespace === undefined ? [] : ['-n', namespace]),
    ...(context === undefined ? [] : ['--context', context]),
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
    ...(namesManifests ? [] : filename.flatMap((file) => ['-f', file])),
  ];
  return ['ringfence', 'test', test, ...options].join(' ');
}
