import type { InputIo } from '../input/input-io.ts';
import type { ClusterOptions } from '../input-options.ts';
import { clusterLoader, type GivenCluster } from '../policy-test/clusters.ts';
import { runTests } from '../policy-test/run-tests.ts';
import { snapshotChecks } from '../policy-test/snapshot.ts';
import { countsOf } from '../policy-test/test-result.ts';

export interface Trial {
  readonly options: Pick<ClusterOptions, 'namespace' | 'strict'>;
  readonly given: GivenCluster | undefined;
  readonly io: InputIo;
}

/**
 * Runs a policy test before it is written, as `ringfence test` will read it.
 *
 * @param files what is about to be written, by path
 * @throws {Error} where it would not pass: with files that change meanwhile, or names that cannot be written in a test
 */
export async function passesAtOnce(
  test: string,
  files: ReadonlyMap<string, string>,
  { options: { namespace, strict }, given, io }: Trial,
): Promise<void> {
  const readFile = (path: string): Promise<Uint8Array> => {
    const text = files.get(path);
    return text === undefined ? io.readFile(path) : Promise.resolve(new TextEncoder().encode(text));
  };
  const loading = { ...(namespace === undefined ? {} : { namespace }), strictCidrs: strict ?? false };
  const ran = await runTests([test], {
    io: { ...io, readFile },
    defaultNamespace: namespace ?? 'default',
    clusterOf: clusterLoader(loading, given, io),
    more: snapshotChecks({ io: { readFile }, isLive: given?.replaces ?? false, note: () => undefined }),
  });
  const report = { suites: ran.map((one) => one.report) };
  const { failed, unanswered, broken } = countsOf(report);
  if (failed + unanswered + broken === 0) return;
  const reasons = report.suites.flatMap(({ diagnostics, results }) => [
    ...diagnostics.map(({ message }) => message),
    ...results.filter(({ status }) => status !== 'passed').flatMap(({ detail }) => detail),
  ]);
  throw new Error(`the test would not pass, and is not written: ${reasons[0] ?? 'nothing was asked'}`);
}
