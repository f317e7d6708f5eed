import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../lab-command-line.ts';

// With the real git, on repositories of the test's own.

const folder = mkdtempSync(path.join(tmpdir(), 'ringfence-diff-'));
const repository = path.join(folder, 'repository');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const pods = ['web', 'db']
  .map(
    (name) => `---
apiVersion: v1
kind: Pod
metadata: { namespace: shop, name: ${name}, labels: { app: ${name} } }
spec: { containers: [] }
`,
  )
  .join('');
const policy = (from: string): string => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: db }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress:
  - from: [${from}]
`;
const fromWeb = '{ podSelector: { matchLabels: { app: web } } }';

function git(...args: readonly string[]): string {
  return gitIn(repository, ...args);
}

function gitIn(cwd: string, ...args: readonly string[]): string {
  const identity = [
    '-c',
    'user.name=test',
    '-c',
    'user.email=test@example.com',
    '-c',
    'commit.gpgSign=false',
  ];
  return execFileSync('git', [...identity, ...args], { cwd, encoding: 'utf8', stdio: 'pipe' });
}

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function diff(args: readonly string[], cwd = repository): Result {
  try {
    const out = execFileSync(process.execPath, [main, 'diff', ...args], {
      cwd,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return { code: 0, out, err: '' };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, out: stdout, err: stderr };
  }
}

beforeAll(() => {
  mkdirSync(path.join(repository, 'deploy/policies'), { recursive: true });
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(repository, 'deploy/pods.yaml'), pods);
  writeFileSync(
    path.join(repository, 'deploy/policies/db.yaml'),
    policy('{ ipBlock: { cidr: 192.0.2.0/24 } }'),
  );
  symlinkSync('policies/db.yaml', path.join(repository, 'deploy/link.yaml'));
  symlinkSync('/etc/hostname', path.join(repository, 'outside.yaml'));
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  git('tag', 'v1');
  writeFileSync(path.join(repository, 'deploy/policies/db.yaml'), policy(fromWeb));
  rmSync(path.join(repository, 'outside.yaml'));
  writeFileSync(path.join(repository, 'outside.yaml'), policy(fromWeb));
});

const expected = `+ shop/web -> shop/db: every port and protocol
    ingress: allowed by shop/db ingress[0] (deploy/policies/db.yaml:7)
- 192.0.2.0/24 -> shop/db: every port and protocol
    ingress: no longer allowed by shop/db ingress[0] (REF:deploy/policies/db.yaml:7)
1 connection opened, 1 closed
`;

describe('files and a commit', () => {
  test.for(['main', 'v1', 'HEAD', 'HEAD~0', 'refs/tags/v1'])('%s', (ref) => {
    expect(diff(['-f', 'deploy/pods.yaml', '-f', 'deploy/policies', '--base', ref])).toEqual({
      code: 0,
      out: expected.replace('REF', ref),
      err: '',
    });
  });

  test('in a folder below, by relative and absolute paths', () => {
    const below = path.join(repository, 'deploy');
    const files = ['-f', 'pods.yaml', '-f', path.join(below, 'policies')];
    const { code, out } = diff([...files, '--base', 'main'], below);
    expect(code).toBe(0);
    expect(out).toContain('+ shop/web -> shop/db');
    expect(out).toContain('(main:deploy/policies/db.yaml:7)');
  });

  test.each([[[]], [['x.policy-test.yaml']]])('the whole repository, with %j at its top', (files) => {
    // By itself: what lies at the top of the other one is no manifest.
    const top = path.join(folder, `top-${String(files.length)}`);
    cpSync(path.join(repository, 'deploy/policies'), path.join(top, 'deploy'), { recursive: true });
    writeFileSync(path.join(top, 'deploy/pods.yaml'), pods);
    for (const file of files) writeFileSync(path.join(top, file), 'deny: [any -> shop/db]\n');
    gitIn(top, 'init', '-q', '-b', 'main');
    gitIn(top, 'add', '-A');
    gitIn(top, 'commit', '-q', '-m', 'first');
    writeFileSync(path.join(top, 'deploy/db.yaml'), policy('{ ipBlock: { cidr: 198.51.100.0/24 } }'));
    for (const [name, cwd] of [
      ['.', top],
      ['..', path.join(top, 'deploy')],
    ] as const) {
      const { out } = diff(['-f', name, '-R', '--base', 'main'], cwd);
      expect(out).toContain('- shop/web -> shop/db');
      expect(out).toContain('(main:deploy/db.yaml:7)');
      expect(out).toContain('1 connection opened, 1 closed');
    }
  });

  test('links are followed inside of the commit, and nowhere else', () => {
    expect(diff(['-f', 'deploy/pods.yaml', '-f', 'deploy/link.yaml', '--base', 'main']).out).toContain(
      'no longer allowed',
    );
    const { code, err } = diff(['-f', 'outside.yaml', '--base', 'main']);
    expect(code).toBe(2);
    expect(err).toContain('"main:outside.yaml" does not exist');
  });

  test('what the commit does not have is new, and that is said', () => {
    writeFileSync(path.join(repository, 'new.yaml'), policy(fromWeb).replace('name: db', 'name: new'));
    const child = diff(['-f', 'deploy/pods.yaml', '-f', 'new.yaml', '--base', 'main', '--fail-on', 'closed']);
    expect(child.code).toBe(1);
    expect(child.out).toContain('ingress: isolated by shop/new');
    expect(child.err).toBe('note: new.yaml is not in main: all of it is new\n');
    rmSync(path.join(repository, 'new.yaml'));
  });

  test('a file that was removed is an error, for -f names it', () => {
    const { code, err } = diff(['-f', 'deploy/gone.yaml', '--base', 'main']);
    expect(code).toBe(2);
    expect(err).toContain('deploy/gone.yaml');
  });
});

describe('what cannot be compared', () => {
  test.for<[string, readonly string[], string]>([
    ['no such commit', ['-f', 'deploy/policies', '--base', 'nope'], '"nope"'],
    ['an option for git', ['-f', 'deploy/policies', '--base=--output=/tmp/x'], '--output=/tmp/x'],
    ['another option', ['-f', 'deploy/policies', '--base=-x'], '"-x"'],
    ['a path', ['-f', 'deploy/policies', '--base', 'main:deploy'], 'main:deploy'],
    ['nothing', ['-f', 'deploy/policies', '--base', ''], 'no commit ""'],
    ['a path outside', ['-f', '../x.yaml', '--base', 'main'], 'x.yaml'],
    ['standard input', ['-f', '-', '--base', 'main'], 'standard input'],
    ['two inputs and a commit', ['a', 'b', '--base', 'main'], '--base compares the files of -f'],
    ['one input', ['deploy'], 'a comparison needs two inputs'],
    ['no input', [], 'a comparison needs two inputs'],
  ])('%s', ([, args, message]) => {
    const { code, out, err } = diff(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  test('no repository', () => {
    writeFileSync(path.join(folder, 'alone.yaml'), pods);
    const { code, err } = diff(['-f', 'alone.yaml', '--base', 'main'], folder);
    expect(code).toBe(2);
    expect(err).toContain('not a git repository');
  });

  test('a clone without the commit: the hint says how to fetch it', () => {
    const shallow = path.join(folder, 'shallow');
    git('commit', '-q', '--allow-empty', '-m', 'second');
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${repository}`, shallow], { stdio: 'pipe' });
    const { code, err } = diff(['-f', 'deploy/pods.yaml', '--base', 'v1'], shallow);
    expect(code).toBe(2);
    expect(err).toContain('git fetch');
  });
});

test('nothing of the repository runs, and nothing in it changes', () => {
  const trap = path.join(folder, 'trap');
  writeFileSync(path.join(folder, 'run.sh'), `#!/bin/sh\ntouch '${trap}'\n`, { mode: 0o755 });
  for (const key of ['core.fsmonitor', 'core.pager', 'core.sshCommand', 'diff.external', 'filter.x.smudge'])
    git('config', key, path.join(folder, 'run.sh'));
  git('config', 'core.hooksPath', folder);
  const before = git('-c', 'core.fsmonitor=false', 'status', '--porcelain');
  expect(diff(['-f', 'deploy/policies', '--base', 'main']).code).toBe(0);
  expect(() => execFileSync('ls', [trap], { stdio: 'pipe' })).toThrow();
  expect(git('-c', 'core.fsmonitor=false', 'status', '--porcelain')).toBe(before);
});
