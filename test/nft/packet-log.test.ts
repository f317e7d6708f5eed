import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
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
