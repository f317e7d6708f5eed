import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readConnectionTable } from '../../src/nft/connection-table.ts';

async function procOf(files: Readonly<Record<string, string>>): Promise<string> {
  const proc = await mkdtemp(path.join(tmpdir(), 'ringfence-proc-'));
  onTestFinished(() => rm(proc, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.join(proc, path.dirname(file)), { recursive: true });
    await writeFile(path.join(proc, file), text);
  }
  return proc;
}

const files = {
  'sys/net/netfilter/nf_conntrack_count': '262144\n',
  'sys/net/netfilter/nf_conntrack_max': '262144\n',
  'net/stat/nf_conntrack': [
    'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new',
    '00040000  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00033a90 00000000 0000000a 00000007 00000000  00000000',
    '00040000  00000000 00000000 00000000 00000000 00000000 00000000 00000000 0000c570 00000000 00000010 00000000 00000000  00000000',
    '',
  ].join('\n'),
};

test('the drops of all processors are added up', async () => {
  expect(await readConnectionTable(await procOf(files))).toEqual({
    ...{ entries: 262_144, limit: 262_144, drops: 26 },
  });
});

test('a kernel that does not tell says nothing', async () => {
  expect(await readConnectionTable('/nowhere')).toBeUndefined();
  const foreign = await procOf({ ...files, 'net/stat/nf_conntrack': 'entries found\n1 2\n' });
  expect(await readConnectionTable(foreign)).toBeUndefined();
});

test('a limit of 0 is none', async () => {
  const proc = await procOf({ ...files, 'sys/net/netfilter/nf_conntrack_max': '0\n' });
  expect(await readConnectionTable(proc)).toMatchObject({ limit: Number.POSITIVE_INFINITY });
});
