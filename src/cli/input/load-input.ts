import type { Cluster } from '../../model/cluster.ts';
import type { Diagnostic, SourcePosition } from '../../model/diagnostic.ts';
import { dnsLabelErrors } from '../../model/read/names.ts';
import { oversizeDiagnostics } from '../../policy/oversize.ts';
import { quote } from '../../model/read/quote.ts';
import type { Locate } from '../../model/read/reading.ts';
import { buildCluster } from './build-cluster.ts';
import type { ParseResult } from './document.ts';
import type { InputIo } from './input-io.ts';
import { jsonSyntaxProblem, parseJson } from './json-documents.ts';
import { listFiles, unreadableFile } from './list-files.ts';
import { noObjects, type Objects, readDocument, type ReadOptions } from './read-objects.ts';
import { decodeText, type SourceText, sourceText } from './source-text.ts';
import { parseYaml } from './yaml-documents.ts';
import { isSyntaxProblem } from './yaml-problem.ts';

/** Larger than any sensible input; a text beyond it could not be held in one string with what comes of it. */
export const mostBytes = 256 * 1024 * 1024;

/** What a command was told to read. */
export interface InputRequest {
  /** Values of `-f`: files, directories, `-` for standard input. */
  readonly files: readonly string[];
  /** `-R`: directories with all below them. */
  readonly recursive?: boolean;
  /** `-n`: the namespace of objects that name none; `default` where it is not given. */
  readonly namespace?: string;
  /** `--strict`: odd spellings of CIDRs are errors. */
  readonly strictCidrs?: boolean;
  /** Keeps what it takes to find places inside objects, which is most of what was read. */
  readonly keepLocators?: boolean;
}

export interface Input {
  /** Whole only where no diagnostic is an error. */
  readonly cluster: Cluster;
  readonly diagnostics: readonly Diagnostic[];
  /** Whether a text could not be taken apart into objects: nobody knows what else it says. */
  readonly isUnparsed: boolean;
  /** Kinds that say nothing about who reaches whom, with how many objects of each were passed over; by kind. */
  readonly ignored: readonly IgnoredKind[];
  /** The line of a diagnostic's place, to be shown with it. */
  readonly sourceLine: (position: SourcePosition) => string | undefined;
  /** Where a field of an object is written, with `keepLocators`. The object is named by its own place. */
  readonly locate: (object: SourcePosition, ...field: Parameters<Locate>) => SourcePosition | undefined;
}

export interface IgnoredKind {
  readonly kind: string;
  readonly count: number;
}

/**
 * Reads manifests into a cluster. Everything wrong with them is in `diagnostics`; only a broken world (a read error
 * without a code) is thrown. With any error among the diagnostics the cluster is incomplete and must not be judged.
 */
export async function loadInput(request: InputRequest, io: InputIo): Promise<Input> {
  const namespace = request.namespace ?? 'default';
  const options: ReadOptions = {
    defaultNamespace: namespace,
    ...(request.strictCidrs === undefined ? {} : { strictCidrs: request.strictCidrs }),
  };
  const objects = noObjects({ keepLocators: request.keepLocators ?? false });
  objects.diagnostics.push(...namespaceErrors(namespace));
  const list = await listFiles({ files: request.files, recursive: request.recursive ?? false }, io);
  objects.diagnostics.push(...list.diagnostics);
  if (list.policyTests > 0) objects.ignored.set('policy test file', list.policyTests);
  const sources = new Map<string, SourceText>();
  let [documents, isUnparsed] = [0, false];
  for (const file of list.files) {
    const source = await readSource(file, io, objects.diagnostics);
    if (source === undefined) continue;
    sources.set(source.file, source);
    const parsed = readSourceText(source, options, objects);
    documents += parsed.documents;
    isUnparsed ||= parsed.isUnparsed;
  }
  if (sources.size > 0 && documents === 0 && !isUnparsed)
    objects.diagnostics.push(nothingIn([...sources.keys()]));
  const cluster = buildCluster(objects);
  objects.diagnostics.push(...oversizeDiagnostics(cluster));
  return {
    cluster,
    diagnostics: objects.diagnostics,
    isUnparsed,
    ignored: [...objects.ignored]
      .map(([kind, count]) => ({ kind, count }))
      .sort((a, b) => (a.kind < b.kind ? -1 : 1)),
    sourceLine: ({ file, line }) => sources.get(file)?.lineAt(line),
    locate: (object, ...field) => objects.locators?.get(object)?.(...field),
  };
}

function namespaceErrors(namespace: string): readonly Diagnostic[] {
  return dnsLabelErrors(namespace).map((error) => ({
    code: 'invalid-name',
    severity: 'error',
    message: `invalid namespace ${quote(namespace)}: ${error}`,
  }));
}

async function readSource(
  path: string,
  io: InputIo,
  diagnostics: Diagnostic[],
): Promise<SourceText | undefined> {
  const file = path === '-' ? '<stdin>' : path;
  const bytes = await readBytes(path, io, diagnostics);
  if (bytes === undefined) return undefined;
  const text = bytes.length > mostBytes ? undefined : decodeText(bytes);
  if (text !== undefined) return sourceText(file, text);
  const [code, message] =
    bytes.length > mostBytes
      ? ['too-large', `larger than ${String(mostBytes / 1024 / 1024)} MiB`]
      : ['not-text', 'neither UTF-8 nor, by its byte order mark, UTF-16'];
  diagnostics.push({ code, severity: 'error', message, source: { file, line: 1, column: 1 } });
  return undefined;
}

async function readBytes(
  path: string,
  io: InputIo,
  diagnostics: Diagnostic[],
): Promise<Uint8Array | undefined> {
  if (path === '-') return io.readStdin();
  try {
    return await io.readFile(path);
  } catch (error) {
    diagnostics.push(unreadableFile(path, error));
    return undefined;
  }
}

/** The end of a pipe whose beginning failed looks like this, and must not pass for a cluster without policies. */
function nothingIn(files: readonly string[]): Diagnostic {
  return {
    code: 'no-objects',
    severity: 'error',
    message: `no objects in ${files.join(', ')}`,
    hint: 'where another program writes it, look whether that one failed (set -o pipefail)',
  };
}

interface Parsed {
  readonly documents: number;
  readonly isUnparsed: boolean;
}

function readSourceText(source: SourceText, options: ReadOptions, into: Objects): Parsed {
  let [documents, isUnparsed] = [0, false];
  for (const result of parse(source.text)) {
    if (result.kind === 'document') {
      readDocument(result, source, options, into);
      documents += 1;
      continue;
    }
    isUnparsed = true;
    const { code, message, hint, offset } = result;
    into.diagnostics.push({
      code,
      severity: 'error',
      message,
      source: source.positionAt(offset),
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return { documents, isUnparsed };
}

/** What begins like JSON is tried as JSON first: it is many times faster, and dumps are large. */
function parse(text: string): Iterable<ParseResult> {
  if (!/^\s*\{/.test(text)) return parseYaml(text);
  const documents = parseJson(text);
  if (documents !== undefined) return documents;
  // JSON with comments or a comma too many is YAML all the same.
  const results = [...parseYaml(text)];
  const problem = results.some(isSyntaxProblem) ? jsonSyntaxProblem(text) : undefined;
  return problem === undefined ? results : [problem];
}
