import type { Diagnostic } from '../../../model/diagnostic.ts';
import { quote } from '../../../model/read/quote.ts';
import type { InputIo } from '../input-io.ts';
import { unreadableFile } from '../list-files.ts';
import { joined, tidyPath } from './paths.ts';

export interface TestFiles {
  /** Sorted, each once. */
  readonly files: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Policy test files by name. */
export const policyTestName = /\.policy-test\.ya?ml$/;

/**
 * The policy test files at the paths: of a directory all below it that are named `*.policy-test.yaml`, but not in hidden
 * directories and in node_modules; a file that is named itself may be called anything.
 */
export async function findTests(paths: readonly string[], io: InputIo): Promise<TestFiles> {
  const files = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const path of paths.map(tidyPath)) {
    try {
      if ((await io.kindOf(path)) === 'file') {
        files.add(path);
        continue;
      }
      const found = await filesBelow(path, io);
      if (found.length === 0) diagnostics.push(noTests(path));
      for (const file of found) files.add(file);
    } catch (error) {
      diagnostics.push(unreadableFile(path, error));
    }
  }
  return { files: [...files].sort(), diagnostics };
}

async function filesBelow(directory: string, io: InputIo): Promise<readonly string[]> {
  const files: string[] = [];
  const open = [directory];
  for (const path of open) {
    for (const { name, kind } of await io.readDirectory(path)) {
      const child = joined(path, name);
      if (kind === 'directory' && !name.startsWith('.') && name !== 'node_modules') open.push(child);
      else if (kind === 'file' && policyTestName.test(name)) files.push(child);
    }
  }
  return files;
}

function noTests(path: string): Diagnostic {
  return {
    code: 'no-tests',
    severity: 'error',
    message: `no policy test in ${path === '.' ? 'this directory' : quote(path)}`,
    hint: 'policy tests are called *.policy-test.yaml; "ringfence init" writes a first one',
  };
}
