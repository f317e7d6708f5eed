import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * A shell in a network namespace of its own, for many calls of nft: starting a namespace each time costs more than nft
 * does. The namespace goes with the shell, also when the test process is killed.
 */
export interface NftShell {
  /** Loads a ruleset or a transaction. Throws what nft says where it refuses. */
  readonly load: (text: string, form: 'text' | 'json') => Promise<void>;
  /** `nft list table inet ringfence`, without the counts of counters. */
  readonly list: () => Promise<string>;
  /** Empties the ruleset of the namespace. */
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** @param nft path of the binary */
export function startNftShell(nft: string): NftShell {
  const folder = mkdtempSync(path.join(tmpdir(), 'ringfence-nft-'));
  const root = process.getuid?.() === 0;
  const shell = spawn('unshare', [...(root ? [] : ['-r']), '-n', 'sh'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let printed = '';
  let notice = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    shell.once('close', () => {
      resolve();
    });
  });
  shell.once('close', () => {
    notice();
  });
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    notice();
  });
  // A shell that ends early closes its input; what it says comes with its exit.
  shell.stdin.on('error', () => undefined);

  const run = async (script: string): Promise<string> => {
    const end = randomUUID();
    printed = '';
    shell.stdin.write(`{ ${script}; } 2>&1; echo; echo ${end} $?\n`);
    for (;;) {
      // No data can come between this look and the wait below: both are in one turn.
      const match = new RegExp(`\n${end} (\\d+)\n`).exec(printed);
      if (match !== null) {
        const output = printed.slice(0, match.index);
        if (match[1] !== '0') throw new Error(`exit code ${match[1]} of ${script}:\n${output}`);
        return output;
      }
      if (shell.exitCode !== null || shell.signalCode !== null) {
        throw new Error('the shell in a namespace is gone: these tests need root, or user namespaces');
      }
      await new Promise<void>((resolve) => {
        notice = resolve;
      });
    }
  };

  return {
    async load(text, form) {
      const file = path.join(folder, `transaction.${form}`);
      writeFileSync(file, text);
      await run(`'${nft}' ${form === 'json' ? '-j ' : ''}-f '${file}'`);
    },
    list: () => run(`'${nft}' -s list table inet ringfence`),
    async clear() {
      await run(`'${nft}' flush ruleset`);
    },
    async close() {
      shell.stdin.end();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}
