import { posix } from 'node:path';
import type { PreparedSuite } from '../../analysis/policy-test/run-suite.ts';
import type { Suite, Written } from '../../analysis/policy-test/suite.ts';
import { snapshotLines } from '../../analysis/snapshot/lines.ts';
import { compareLines, lockFileText, readLockFile } from '../../analysis/snapshot/lock-file.ts';
import { printable } from '../../model/read/quote.ts';
import type { InputIo } from '../input/input-io.ts';
import { unreadableFile } from '../input/list-files.ts';
import { besideFile } from '../input/policy-test/paths.ts';
import { decodeText } from '../input/source-text.ts';
import type { OutputIo } from '../output-io.ts';
import type { SnapshotChanges, TestResult } from './test-result.ts';

export interface SnapshotRun {
  readonly io: Pick<InputIo, 'readFile'>;
  /** Where lock files are written to; absent: they are only compared. */
  readonly output?: OutputIo;
  /** Whether the suites are asked about a running cluster in place of their manifests. */
  readonly isLive: boolean;
  /** Told of each file that is written. */
  readonly note: (text: string) => void;
}

/** Compares the lock files of suites with what there is, or writes them. */
export function snapshotChecks(
  run: SnapshotRun,
): (prepared: PreparedSuite) => Promise<readonly TestResult[]> {
  const owners = new Map<string, Suite>();
  return async ({ suite, world }) => {
    const { snapshot } = suite;
    if (snapshot === undefined) return [];
    const path = besideFile(snapshot.source.file, snapshot.value);
    const owner = owners.get(path) ?? suite;
    owners.set(path, owner);
    if (owner !== suite) {
      const { file, line } = owner.source;
      return [
        unanswered(
          snapshot,
          `the suite at ${file}:${String(line)} has the same lock file`,
          'give each its own',
        ),
      ];
    }
    const lines = snapshotLines(world.reach, world.scope);
    return [
      await (run.output === undefined
        ? compare(snapshot, path, lines, run)
        : update(suite, snapshot, path, lines, run.output, run)),
    ];
  };
}

async function compare(
  snapshot: Written<string>,
  path: string,
  lines: readonly string[],
  { io }: SnapshotRun,
): Promise<TestResult> {
  const kept = await readKept(path, io);
  switch (kept.kind) {
    case 'absent':
      return {
        ...resultOf(snapshot),
        status: 'failed',
        detail: [printable(`there is no ${path}`), 'hint: ringfence test --update writes it'],
      };
    case 'unreadable':
      return unanswered(snapshot, kept.message, kept.hint);
    case 'read': {
      const changes = compareLines(kept.lines, lines);
      if (changes.added.length + changes.removed.length === 0)
        return { ...resultOf(snapshot), status: 'passed' };
      return { ...resultOf(snapshot), status: 'failed', detail: changesText(changes, path), changes };
    }
  }
}

/** Lines of changes that are shown: more is for `git diff`. */
const mostShown = 20;

function changesText({ added, removed }: SnapshotChanges, path: string): readonly string[] {
  const shown = [...removed.map((line) => `- ${line}`), ...added.map((line) => `+ ${line}`)];
  const left = shown.length - mostShown;
  return [
    printable(`${path} is out of date: ${countsText({ added, removed })}`),
    ...shown.slice(0, mostShown).map(printable),
    ...(left > 0 ? [`and ${String(left)} more`] : []),
    'hint: where the change is meant, ringfence test --update writes it',
  ];
}

/** `3 lines added, 1 removed`. */
function countsText({ added, removed }: SnapshotChanges): string {
  return `${String(added.length)} ${added.length === 1 ? 'line' : 'lines'} added, ${String(removed.length)} removed`;
}

/** What is no lock file is not overwritten, unless it was one before a merge. */
async function update(
  { manifests }: Suite,
  snapshot: Written<string>,
  path: string,
  lines: readonly string[],
  output: OutputIo,
  { io, isLive, note }: SnapshotRun,
): Promise<TestResult> {
  if (isLive && manifests !== undefined) {
    const hint = 'leave out --update to compare, or the running cluster to write it';
    return unanswered(snapshot, 'the lock file is about the manifests, not about the running cluster', hint);
  }
  const kept = await readKept(path, io);
  if (kept.kind === 'unreadable' && !kept.isOurs) return unanswered(snapshot, kept.message, kept.hint);
  const text = lockFileText(lines);
  if (kept.kind === 'read' && kept.text === text) return { ...resultOf(snapshot), status: 'passed' };
  try {
    await output.writeFile(path, text, { below: posix.dirname(snapshot.source.file), replace: true });
  } catch (error) {
    const message = `cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`;
    return unanswered(snapshot, message, undefined);
  }
  const said = countsText(compareLines(kept.kind === 'read' ? kept.lines : [], lines));
  note(`note: ${printable(path)} written: ${said}\n`);
  return { ...resultOf(snapshot), status: 'passed' };
}

type Kept =
  | { readonly kind: 'read'; readonly text: string; readonly lines: readonly string[] }
  | { readonly kind: 'absent' }
  /** `isOurs`: a lock file that somebody damaged, or of another form. */
  | {
      readonly kind: 'unreadable';
      readonly message: string;
      readonly hint: string | undefined;
      readonly isOurs: boolean;
    };

async function readKept(path: string, io: SnapshotRun['io']): Promise<Kept> {
  let bytes: Uint8Array;
  try {
    bytes = await io.readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent' };
    const { message, hint } = unreadableFile(path, error);
    return { kind: 'unreadable', message: `${path}: ${message}`, hint, isOurs: false };
  }
  const text = decodeText(bytes) ?? '';
  const read = readLockFile(text);
  if (read.ok) return { kind: 'read', text, lines: read.lines };
  const { line, message, hint, isOurs } = read;
  return { kind: 'unreadable', message: `${path}:${String(line)}: ${message}`, hint, isOurs };
}

function resultOf({ value, source }: Written<string>): Omit<TestResult, 'status'> {
  return { verb: 'snapshot', text: value, source, detail: [], failures: [] };
}

function unanswered(snapshot: Written<string>, message: string, hint: string | undefined): TestResult {
  const detail = [message, ...(hint === undefined ? [] : [`hint: ${hint}`])].map(printable);
  return { ...resultOf(snapshot), status: 'unanswered', detail };
}
