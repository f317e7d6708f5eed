import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isRunning, recordOf } from '../../../src/lab/session/process-record.ts';
import {
  claimSession,
  readSession,
  readSessions,
  removeSession,
  sessionNameError,
  sessionRoot,
  setOwner,
} from '../../../src/lab/session/session-folder.ts';

let home: string;
let root: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ringfence-session-'));
  root = join(home, 'labs');
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

it('lies in the runtime folder, or in /tmp where there is none', () => {
  const uid = String(process.geteuid?.());
  expect(sessionRoot({ XDG_RUNTIME_DIR: '/run/user/7' })).toBe(`/run/user/7/ringfence-lab-${uid}`);
  expect(sessionRoot({})).toBe(`/tmp/ringfence-lab-${uid}`);
  // The specification says to ignore a relative one.
  expect(sessionRoot({ XDG_RUNTIME_DIR: 'here' })).toBe(`/tmp/ringfence-lab-${uid}`);
});

it('is one owner’s at a time', async () => {
  await claimSession(root, 'a');
  await expect(claimSession(root, 'a')).rejects.toMatchObject({ code: 'LAB_RUNS' });
  await claimSession(root, 'b');
  expect((await readSessions(root)).map(({ name, running }) => [name, running])).toEqual([
    ['a', true],
    ['b', true],
  ]);
});

it('goes to one of many that claim it at once', async () => {
  const claims = await Promise.allSettled(Array.from({ length: 20 }, () => claimSession(root, 'a')));
  expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(readdirSync(root)).toEqual(['a']);
});

it('is free again when its owner is dead', async () => {
  const paths = await claimSession(root, 'a');
  const child = spawn('sleep', ['60']);
  await setOwner(paths, child.pid ?? 0);
  writeFileSync(paths.log, 'of the dead one');
  await expect(claimSession(root, 'a')).rejects.toMatchObject({ code: 'LAB_RUNS' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await readSession(root, 'a')).toMatchObject({ running: false, owner: { pid: child.pid } });
  await claimSession(root, 'a');
  expect(existsSync(paths.log)).toBe(false);
});

it('is not taken for the one of a process that has the number of the dead one, or ran before the machine did', async () => {
  const own = await recordOf(process.pid);
  expect(await isRunning(own)).toBe(true);
  expect(await isRunning({ ...own, startTime: '1' })).toBe(false);
  expect(await isRunning({ ...own, bootId: 'another' })).toBe(false);
});

it('is not removed under a lab that runs', async () => {
  const paths = await claimSession(root, 'a');
  const child = spawn('sleep', ['60']);
  await setOwner(paths, child.pid ?? 0);
  await removeSession(root, 'a');
  expect(await readSession(root, 'a')).toMatchObject({ running: true });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await removeSession(root, 'a');
  expect(readdirSync(root)).toEqual([]);
});

it('clears away what somebody was killed over', async () => {
  await claimSession(root, 'a');
  const child = spawn('sleep', ['60']);
  const stale = await recordOf(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  mkdirSync(join(root, '.new-123456'));
  writeFileSync(join(root, '.new-123456/process.json'), JSON.stringify(stale));
  await claimSession(root, 'b');
  expect(readdirSync(root).sort()).toEqual(['a', 'b']);
});

it.each([
  [
    'is open to others',
    (path: string) => {
      mkdirSync(path);
      chmodSync(path, 0o755);
    },
  ],
  [
    'is a link',
    (path: string) => {
      mkdirSync(`${path}.real`, { mode: 0o700 });
      symlinkSync(`${path}.real`, path);
    },
  ],
  [
    'is a file',
    (path: string) => {
      writeFileSync(path, '', { mode: 0o600 });
    },
  ],
])('refuses a folder that %s', async (_, make) => {
  make(root);
  await expect(claimSession(root, 'a')).rejects.toMatchObject({ code: 'LAB_FOLDER_UNSAFE' });
  await expect(readSessions(root)).rejects.toMatchObject({ code: 'LAB_FOLDER_UNSAFE' });
});

it('refuses a folder whose socket could not be opened', async () => {
  const long = join(home, 'x'.repeat(90));
  await expect(claimSession(long, 'a')).rejects.toThrow('too long for a socket');
});

it('has a name that is one plain word', () => {
  for (const name of ['lab', 'a', 'a-1', 'x'.repeat(30)]) expect(sessionNameError(name)).toBeUndefined();
  for (const name of ['', '.', '..', 'a/b', '-a', 'A', 'a.b', 'x'.repeat(31)]) {
    expect(sessionNameError(name)).toBeDefined();
  }
});
