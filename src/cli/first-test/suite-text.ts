import { Document, isMap, isPair, isScalar, isSeq, type YAMLSeq } from 'yaml';
import type { FirstTest } from '../../analysis/first-test/propose.ts';

export interface SuiteFile {
  /** Absent: the test is about a running cluster, or about manifests that the command line names. */
  readonly manifests?: readonly string[];
  /** The lock file, beside the test. */
  readonly snapshot: string;
}

const verbs = ['only', 'allow', 'deny'] as const;

const notes: Readonly<Record<string, string>> = {
  otherwise: 'The lines above are all that passes from and to these namespaces.',
  snapshot: 'Who reaches whom, line by line: see it change in git diff. ringfence test --update writes it.',
  scope: 'Namespaces with policies: what the lock file is about.',
};

/** A policy test file that says this, with a comment above each statement. */
export function suiteText({ scope, statements, isComplete, leftOut }: FirstTest, file: SuiteFile): string {
  const lists = verbs.flatMap((verb) => {
    const own = statements.filter((statement) => statement.verb === verb);
    return own.length === 0 ? [] : [[verb, own] as const];
  });
  const content = {
    ...(file.manifests === undefined ? {} : { manifests: file.manifests }),
    ...(scope.length === 0 ? {} : { scope }),
    ...Object.fromEntries(lists.map(([verb, own]) => [verb, own.flatMap(({ lines }) => lines)])),
    ...(isComplete ? { otherwise: 'deny' } : {}),
    snapshot: file.snapshot,
  };
  // Read as kubectl reads YAML: a namespace named y or on needs quotes.
  const document = new Document(content, { version: '1.1' });
  document.commentBefore = [
    'Written by "ringfence init" from what the policies say now, not from what they should say:',
    'keep the lines that are meant, change or delete the others.',
    ...(leftOut === 0 ? [] : [`${String(leftOut)} more statements could be made; these are the widest.`]),
  ]
    .map((line) => ` ${line}`)
    .join('\n');
  for (const key of ['manifests', 'scope']) {
    const list = document.get(key);
    if (isSeq(list)) list.flow = true;
  }
  for (const [verb, own] of lists) {
    const list = document.get(verb) as YAMLSeq;
    let at = 0;
    for (const { lines, comment } of own) {
      const item = list.items[at];
      if (isScalar(item)) item.commentBefore = ` ${comment}`;
      at += lines.length;
    }
  }
  for (const pair of isMap(document.contents) ? document.contents.items : []) {
    const key = isPair(pair) ? pair.key : undefined;
    if (!isScalar(key)) continue;
    const note = notes[String(key.value)];
    if (note !== undefined) key.commentBefore = ` ${note}`;
    key.spaceBefore = key.value !== 'manifests';
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
