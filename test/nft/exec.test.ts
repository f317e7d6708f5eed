import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { execProcess, type ProcessCall } from '../../src/nft/exec.ts';

const call = (command: ProcessCall['command'], more: Partial<ProcessCall> = {}) =>
  execProcess({ command, timeout: 10_000, maxBuffer: 10_000_000, ...more });

it('gives the child a regular file that nobody else can open', async () => {
  const { stdout } = await call(['stat', '-L', '-c', '%F %a %h', '/dev/stdin'], { input: 'x' });
  expect(stdout).toBe('regular file 600 0\n');
});

it('is read by descriptor, and by path as nft before 1.1.0 does', async () => {
  const input = `${'ü'.repeat(1_000_000)}\n`;
  for (const command of [['cat'], ['cat', '/dev/stdin'], ['sh', '-c', 'cat; cat >&2 /dev/stdin']] as const) {
    const { stdout } = await call(command, { input });
    expect(stdout === input, command.join(' ')).toBe(true);
  }
});

it('leaves no file behind', async () => {
  await call(['true'], { input: 'x' });
  for (const folder of ['/dev/shm', '/run', '/tmp']) {
    expect(readdirSync(folder).filter((name) => name.startsWith(`.nft-${String(process.pid)}-`))).toEqual([]);
  }
});

it('gives an empty input where there is none', async () => {
  expect(await call(['cat'])).toMatchObject({ end: 'exit', exitCode: 0, stdout: '' });
});

it('keeps what the child says, and its end', async () => {
  expect(await call(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toMatchObject({
    end: 'exit',
    exitCode: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  expect(await call(['sh', '-c', 'kill -SEGV $$'])).toMatchObject({ end: 'signal', signal: 'SIGSEGV' });
  expect(await call(['/nowhere/at/all'])).toMatchObject({ end: 'not-started', reason: 'ENOENT' });
  expect(await call(['/etc/passwd'])).toMatchObject({ end: 'not-started', reason: 'EACCES' });
});

it('kills with SIGKILL, which no child can refuse', async () => {
  const stubborn = ['sh', '-c', 'trap "" TERM; exec sleep 60'] as const;
  expect(await call(stubborn, { timeout: 100 })).toMatchObject({ end: 'timeout', signal: 'SIGKILL' });
  expect(await call(stubborn, { signal: AbortSignal.timeout(100) })).toMatchObject({
    end: 'aborted',
    signal: 'SIGKILL',
  });
  expect(await call(['yes'], { maxBuffer: 1000 })).toMatchObject({ end: 'output-too-large' });
});

it('does not start anything for a caller that has given up', async () => {
  const signal = AbortSignal.abort(new Error('over'));
  expect(await call(['true'], { signal })).toMatchObject({ end: 'not-tried', cause: { message: 'over' } });
});

it('hands the child a small environment', async () => {
  const { stdout } = await call(['env']);
  const names = stdout.split('\n').map((line) => line.split('=')[0]);
  expect(names.filter((name) => name !== '').sort()).toEqual(['LC_ALL', 'PATH']);
  expect(stdout).toContain('LC_ALL=C\n');
});
