import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { packetLog } from '../../src/nft/packet-log.ts';
import { createRestartPause } from '../../src/nft/restart-pause.ts';

test('the pause grows while readers end soon, and is short again after one that was well', () => {
  const pause = createRestartPause({ first: 500, last: 3000, healthy: 60_000 });
  const next = (...ran: readonly number[]) => ran.map((each) => pause.next(each));
  expect(next(10, 10, 10, 59_999, 10)).toEqual([500, 1000, 2000, 3000, 3000]);
  expect(next(60_000, 10, 10)).toEqual([500, 1000, 2000]);
});

test('a reader that ended after a healthy run is started again soon', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-reader-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  // Ends at once five times, then runs for a while, then ends at once.
  const script = path.join(folder, 'reader');
  await writeFile(
    script,
    `#!/bin/sh\nn=$(cat ${folder}/runs 2>/dev/null || echo 0)\necho $((n + 1)) > ${folder}/runs\n[ $n -ne 5 ] || sleep 0.4\n`,
  );
  await chmod(script, 0o755);
  const stop = new AbortController();
  const endedAt: number[] = [];
  for await (const { kind } of packetLog({
    command: [script],
    group: 1,
    prefixes: ['test'],
    signal: stop.signal,
    pause: { first: 20, last: 10_000, healthy: 350 },
  })) {
    if (kind === 'lost') endedAt.push(performance.now());
    if (endedAt.length === 7) stop.abort();
  }
  // Five short runs have brought the pause to 640.
  expect(endedAt[6]! - endedAt[5]!).toBeLessThan(500);
});

test(
  'folders that are full are waited for: nothing else may end with the log',
  { timeout: 30_000 },
  async () => {
    const module = path.join(import.meta.dirname, '../../src/nft/packet-log.ts');
    const program = `
    import { rmSync } from 'node:fs';
    import { packetLog } from ${JSON.stringify(module)};
    const stop = new AbortController();
    const pause = { first: 50, last: 50, healthy: 60_000 };
    for await (const event of packetLog({ command: ['false'], group: 1, prefixes: [], signal: stop.signal, pause })) {
      console.log(event.reason);
      if (event.reason.includes('ended')) stop.abort();
      rmSync('/run/filler', { force: true });
    }`;
    const full =
      'for folder in /run /dev/shm; do mount -t tmpfs -o size=64k full $folder && cat /dev/zero > $folder/filler; done 2>/dev/null; exec "$@"';
    const { stdout, exitCode } = await execa(
      'unshare',
      ['-m', 'sh', '-c', full, 'sh', process.execPath, '--input-type=module', '--eval', program],
      { reject: false, env: { TMPDIR: '/dev/shm' } },
    );
    expect(stdout.split('\n').map((line) => line.slice(0, 80))).toEqual([
      expect.stringMatching(/^false was not started: no folder takes its files: Error: ENOSPC/),
      'false ended: exit code 1',
    ]);
    expect(exitCode).toBe(0);
  },
);
