import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// The scripts in the shells themselves: what a Tab would put on the line. zsh and fish are not on every machine.

const root = path.resolve(import.meta.dirname, '../../..');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ringfence-completion-'));
  mkdirSync(path.join(folder, 'bin'));
  mkdirSync(path.join(folder, 'some files'));
  writeFileSync(path.join(folder, 'some files', 'x.yaml'), '');
  const command = path.join(folder, 'bin', 'ringfence');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${root}/src/cli/main.ts' "$@"\n`);
  chmodSync(command, 0o755);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function inShell(shell: string, args: readonly string[]): string {
  return execFileSync(shell, [...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}/bin:${process.env['PATH'] ?? ''}`, HOME: folder, TERM: 'dumb' },
  });
}

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0;
}

describe('bash', () => {
  /** The replies for a line, as readline would get them. */
  const replies = (line: string): readonly string[] =>
    inShell('bash', [
      '--norc',
      '-c',
      `source <(ringfence completion bash)
       COMP_LINE=$1; COMP_POINT=\${#1}; _ringfence; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      line,
    ])
      .split('\n')
      .filter((reply) => reply !== '');

  test.for<[string, readonly string[]]>([
    ['ringfence compi', ['compile']],
    ['ringfence compile --output=j', ['json']],
    ['ringfence compile -f some', ['some files']],
    [`ringfence compile -f ${root}/rules/demo -n kube`, ['kube-system']],
    ['ringfence compile --assign', ['--assign-addresses']],
  ])('%s', ([line, expected]) => {
    expect(replies(line)).toEqual(expected);
  });
});

describe.skipIf(!has('fish'))('fish', () => {
  test.for<[string, string]>([
    ['ringfence compi', 'compile'],
    ['ringfence compile -o ', 'json'],
    ['ringfence compile --assign', '--assign-addresses'],
  ])('%s', ([line, expected]) => {
    const out = inShell('fish', [
      '--no-config',
      '-c',
      `ringfence completion fish | source; complete -C '${line}'`,
    ]);
    expect(out.split('\n').map((reply) => reply.split('\t')[0])).toContain(expected);
  });
});

describe.skipIf(!has('zsh'))('zsh', () => {
  test.for<[string, string]>([
    ['ringfence compi', 'compile'],
    ['ringfence compile --assign', '--assign-addresses'],
  ])('%s', ([line, expected]) => {
    // A pseudo terminal with a Tab in it: the only way to ask zsh what it would insert.
    const script = `zmodload zsh/zpty; zpty z zsh -f -i
zpty -w z "PS1=; autoload -U compinit && compinit -u -D; source <(ringfence completion zsh); echo rea''dy"
zpty -r -m z seen '*ready*'
zpty -w -n z ${JSON.stringify(line)}$'\\t'
sleep 1.5; zpty -w -n z $' ; echo en''d\\n'
zpty -r -m z seen '*end*'; print -r -- $seen`;
    expect(inShell('zsh', ['-f', '-c', script])).toContain(expected);
  });
});
