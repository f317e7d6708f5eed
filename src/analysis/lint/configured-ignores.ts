import type { SourcePosition } from '../../model/diagnostic.ts';
import type { WrittenIgnore } from './ignores.ts';
import { createPattern } from './pattern.ts';
import type { Finding } from './rule.ts';

/** An ignore of the command line or of a configuration: for a rule, where they are given also for files and objects. */
export interface ConfiguredIgnore extends WrittenIgnore {
  /** A pattern of file names: `*` is within a folder, `**` also below. */
  readonly path?: string;
  /** A pattern of `namespace/name` or `Kind/namespace/name`. */
  readonly object?: string;
  /** Where it is written; absent for the command line. */
  readonly source?: SourcePosition;
}

export interface Configured {
  readonly findings: readonly Finding[];
  /** What ignores nothing. */
  readonly unused: readonly ConfiguredIgnore[];
}

/** The findings with those marked that are to be ignored. What an annotation ignores already counts as found. */
export function withConfigured(
  findings: readonly Finding[],
  ignores: readonly ConfiguredIgnore[],
): Configured {
  const matchers = ignores.map((ignore) => ({ ignore, matches: matcherOf(ignore) }));
  const used = new Set<ConfiguredIgnore>();
  const marked = findings.map((finding): Finding => {
    const meant = matchers.filter(({ matches }) => matches(finding)).map(({ ignore }) => ignore);
    for (const ignore of meant) used.add(ignore);
    const [first] = meant;
    return first === undefined || finding.ignored !== undefined
      ? finding
      : { ...finding, ignored: { by: 'configuration', reason: first.reason } };
  });
  return { findings: marked, unused: ignores.filter((ignore) => !used.has(ignore)) };
}

function matcherOf({ rule, path, object }: ConfiguredIgnore): (finding: Finding) => boolean {
  const isFile = path === undefined ? undefined : createPattern(path.replace(/^\.\//, ''));
  const isName = object === undefined ? undefined : createPattern(object);
  return (finding) =>
    finding.rule === rule &&
    (isFile === undefined || (finding.place !== undefined && isFile(finding.place.file))) &&
    (isName === undefined || namesOf(finding).some(isName));
}

/** `shop/web` and `NetworkPolicy/shop/web`; for kinds without a namespace `shop` and `Namespace/shop`. */
function namesOf({ object }: Finding): readonly string[] {
  if (object === undefined) return [];
  const { kind, namespace, name } = object;
  const short = namespace === undefined ? name : `${namespace}/${name}`;
  return [short, `${kind}/${short}`];
}
