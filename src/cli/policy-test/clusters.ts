import { createReach, type Reach } from '../../analysis/reach/reach.ts';
import type { Suite } from '../../analysis/policy-test/suite.ts';
import type { Diagnostic, SourcePosition } from '../../model/diagnostic.ts';
import type { InputIo } from '../input/input-io.ts';
import { type Input, loadInput } from '../input/load-input.ts';
import { manifestsOf } from '../input/policy-test/suite-manifests.ts';

/** A cluster that a suite is asked about, as far as it could be read. */
export interface TestCluster {
  /** Absent: something of it could not be read, and nobody may judge the rest. */
  readonly reach?: Reach;
  readonly diagnostics: readonly Diagnostic[];
  readonly sourceLine: (position: SourcePosition) => string | undefined;
  readonly ignored: Input['ignored'];
}

/** What the command line gives to suites that name no manifests, or to all of them. */
export interface GivenCluster {
  readonly reach: Reach;
  /** Whether it takes the place of the manifests that suites name: they are asked about a running cluster. */
  readonly replaces: boolean;
}

export interface ClusterOptions {
  readonly namespace?: string;
  readonly strictCidrs: boolean;
}

/** Reads the clusters of suites, each set of manifests once. */
export function clusterLoader(
  options: ClusterOptions,
  given: GivenCluster | undefined,
  io: InputIo,
): (suite: Suite) => Promise<TestCluster> {
  const known = new Map<string, Promise<TestCluster>>();
  let stdin: Promise<Uint8Array> | undefined;
  // Standard input can be read only once, and several suites may name it.
  const shared: InputIo = { ...io, readStdin: () => (stdin ??= io.readStdin()) };
  return async (suite) => {
    if (given !== undefined && (given.replaces || suite.manifests === undefined)) {
      return { ...nothingRead, reach: given.reach };
    }
    if (suite.manifests === undefined) return { ...nothingRead, diagnostics: [noManifests(suite)] };
    const { paths, diagnostics } = await manifestsOf(suite.manifests, io);
    if (diagnostics.length > 0) return { ...nothingRead, diagnostics };
    const key = JSON.stringify(paths);
    const found = known.get(key) ?? load(paths, options, shared);
    known.set(key, found);
    return found;
  };
}

const nothingRead = { diagnostics: [], ignored: [], sourceLine: () => undefined };

function noManifests({ source }: Suite): Diagnostic {
  return {
    code: 'no-manifests',
    severity: 'error',
    message: 'the suite names no manifests, and the command line gives none',
    hint: 'write manifests: [DIR] into the file, or name them with -f DIR',
    source,
  };
}

async function load(paths: readonly string[], options: ClusterOptions, io: InputIo): Promise<TestCluster> {
  const { cluster, diagnostics, ignored, sourceLine } = await loadInput(
    { files: paths, recursive: true, ...options },
    io,
  );
  const isWhole = !diagnostics.some(({ severity }) => severity === 'error');
  return {
    ...(isWhole ? { reach: createReach(cluster) } : {}),
    diagnostics,
    sourceLine,
    // Policy tests among the manifests are what is being read.
    ignored: ignored.filter(({ kind }) => kind !== 'policy test file'),
  };
}
