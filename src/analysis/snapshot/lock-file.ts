/** Of the form below. A later form gets the next number. */
const version = 1;
const firstWords = '# ringfence connectivity';

const header = `${firstWords} ${String(version)}: who reaches whom. Written by "ringfence test --update"; read it, do not edit it.
# An isolated end stands by its name; any, ns:NAME, ns:* and addresses beside it are those whose own side lets everything through.
`;

/** The text of a lock file with these lines. */
export function lockFileText(lines: readonly string[]): string {
  return [header, ...lines.map((line) => `${line}\n`)].join('');
}

export type LockFile =
  | { readonly ok: true; readonly lines: readonly string[] }
  | {
      readonly ok: false;
      readonly line: number;
      readonly message: string;
      readonly hint: string;
      /** Whether it was a lock file once, so that nothing else is lost where it is written again. */
      readonly isOurs: boolean;
    };

/** Reads a lock file. Line ends may be those of another system; everything else is as it was written. */
export function readLockFile(text: string): LockFile {
  const lines: string[] = [];
  let form: string | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const problem = (message: string, hint: string, isOurs = true): LockFile => {
      return { ok: false, line: index + 1, message, hint, isOurs };
    };
    form ??= new RegExp(`^${firstWords} (\\d+):`).exec(line)?.[1];
    if (/^(?:<{7}|={7}|>{7}|\|{7})/.test(line)) {
      return problem(
        'a merge conflict',
        `merge the policies, then ${rewrite}`,
        text.includes(`${firstWords} `),
      );
    }
    if (form === undefined) {
      return problem(
        'this is no lock file of ringfence',
        'name another file in snapshot, or remove this one',
        false,
      );
    }
    if (form !== String(version)) {
      const message = `a lock file of form ${form}, where form ${String(version)} is known`;
      return problem(message, `use the ringfence that wrote it, or ${rewrite}`);
    }
    if (line === '' || line.startsWith('#')) continue;
    if (!line.includes(' -> ')) return problem('this is no line of a lock file', rewrite);
    lines.push(line);
  }
  return { ok: true, lines };
}

const rewrite = 'write it again with ringfence test --update';

export interface LineChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** How what is differs from what was kept. The order of lines says nothing. */
export function compareLines(kept: readonly string[], now: readonly string[]): LineChanges {
  const [before, after] = [new Set(kept), new Set(now)];
  return {
    added: now.filter((line) => !before.has(line)),
    removed: [...before].filter((line) => !after.has(line)).sort(),
  };
}
