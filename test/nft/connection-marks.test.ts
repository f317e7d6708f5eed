import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { leftMarksText } from '../../src/cli/output/left-marks.ts';
import { countMarkedConnections, listConnectionMarks } from '../../src/nft/connection-marks.ts';

test('marks of connections are listed, and those within the mask counted', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ringfence-marks-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const listing = path.join(folder, 'nf_conntrack');
  const line = (mark: number) =>
    `ipv4     2 tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2 [ASSURED] mark=${mark} zone=0 use=2\n`;
  await writeFile(listing, [0, 7, 0x10000, 0x10007, 0xffff0000].map(line).join(''));
  const marks = await listConnectionMarks({ path: listing });
  expect([...marks!].sort((a, b) => a - b)).toEqual([0, 7, 0x10000, 0x10007, 0xffff0000]);
  expect(await countMarkedConnections(0xffff0000, { path: listing })).toBe(3);
  expect(await countMarkedConnections(0xffff0000, { path: path.join(folder, 'missing') })).toBeUndefined();
});

test('cleanup says what stays, and how to clear it', () => {
  expect(leftMarksText({ mask: 0xffff0000, connections: 0 })).toBe('');
  expect(leftMarksText({ mask: 0xffff0000, connections: 3 }))
    .toBe(`note: 3 marked connections stay in conntrack until they end; nothing reads the marks
note: conntrack --update --mark 0x0/0xffff0000 clears them
`);
  expect(leftMarksText({ mask: 0xff000000, connections: undefined })).toContain('connections may keep marks');
});
