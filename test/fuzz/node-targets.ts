import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { readStatusBody } from '../../src/agent/read-status.ts';
import { nodeStatusText } from '../../src/cli/output/node-status.ts';
import { isNftError } from '../../src/nft/errors.ts';
import { parseListing } from '../../src/nft/listing.ts';
import { createMonitorReader } from '../../src/nft/monitor.ts';
import { eventOf } from '../../src/nft/packet-log.ts';
import { readTable } from '../../src/nft/read-table.ts';
import { agentStatus } from '../agent/status-sample.ts';
import { damagedText, damagedValue } from './mutations.ts';
import { orThrows, printableLines, promise } from './promises.ts';
import * as samples from './samples.ts';
import { type Target, target } from './target.ts';

const table = 'ringfence';

/** What programs on the node say: nft, ulogd, whoever listens where the agent should. */
export async function nodeTargets(): Promise<readonly Target[]> {
  return [
    target('nft listings', damagedJson(await samples.listings(table)), listing),
    target('nft monitor', damagedText(samples.monitorLines), monitor),
    target('logged packets', damagedJson(samples.packets), packet),
    target('status of an agent', damagedJson([agentStatus]), status),
  ];
}

function damagedJson(values: readonly object[]): fc.Arbitrary<string> {
  return fc.oneof(
    damagedText(values.map((value) => JSON.stringify(value))),
    damagedValue(values).map((value) => JSON.stringify(value)),
  );
}

/** What can be read says the same again, and what cannot is named as foreign or refused as a whole. */
function listing(output: string): void {
  orThrows(
    () => {
      const { ruleset, foreign } = readTable(table, parseListing(output, table));
      for (const { object } of foreign) promise(object !== '', 'something foreign without a name');
      const again = readTable(table, parseListing(output, table)).ruleset;
      promise(isDeepStrictEqual(again, ruleset), 'read in two ways');
    },
    (error) => isNftError(error, 'NFT_UNREADABLE_OUTPUT'),
  );
}

function monitor(text: string): void {
  const reader = createMonitorReader(table);
  for (const event of text.split('\n').flatMap((line) => reader.read(line))) {
    if (event.kind !== 'transaction') continue;
    printableLines(event.by.replaceAll('\n', '\r'));
    promise(event.changes.length <= 5, 'more changes are told than wanted');
  }
}

function packet(line: string): void {
  const event = eventOf(line, ['ringfence-denied']);
  if (event?.kind !== 'packet') return;
  const { protocol, sourcePort = 0, destinationPort = 0 } = event.packet;
  promise(isWhole(protocol, 255), `no protocol: ${String(protocol)}`);
  promise(isWhole(sourcePort, 65_535) && isWhole(destinationPort, 65_535), 'no port');
}

function isWhole(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

/** Whatever it says, the report keeps its form. */
function status(body: string): void {
  const { data: agent } = readStatusBody(body);
  if (agent === undefined) return;
  const text = nodeStatusText({ agent, table, kernel: { table: 'missing' } });
  printableLines(text);
  const kernelLines = text.split('\n').filter((line) => line.startsWith('kernel:'));
  promise(kernelLines.length === 1, `${String(kernelLines.length)} lines say what the kernel has`);
}
