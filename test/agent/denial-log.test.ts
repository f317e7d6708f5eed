import { describe, expect, test } from 'vitest';
import { createDenialLog } from '../../src/agent/denial-log.ts';
import type { Log } from '../../src/agent/log.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import type { NetworkPolicy } from '../../src/model/network-policy.ts';
import { readNetworkPolicy } from '../../src/model/read/network-policy.ts';
import type { LoggedPacket, PacketLogEvent } from '../../src/nft/packet-log.ts';
import { eventOf } from '../../src/nft/packet-log.ts';
import { logPrefixes } from '../../src/ruleset/verdict-chains.ts';
import { address, cluster, pod } from '../lab/network/cluster.ts';
import { createFakeClock } from './fake-clock.ts';

const web = pod('x/web', { addresses: [address('10.0.0.1')] });
const db = pod('x/db', { addresses: [address('10.0.0.2')] });
const denyAll = readNetworkPolicy(
  { metadata: { namespace: 'x', name: 'deny' }, spec: { podSelector: {} } },
  { mode: 'strict' },
).object;
const tryOut: NetworkPolicy = {
  namespace: 'x',
  name: 'try',
  uid: '',
  generation: 1,
  podSelector: [],
  policyTypes: ['egress'],
  ingress: [],
  egress: [],
  audit: true,
  annotations: {},
};
const around = (policies = denyAll === undefined ? [] : [denyAll]): Cluster =>
  cluster([web, db], { policies });

function packet(overrides: Partial<LoggedPacket> = {}, prefix: string = logPrefixes.denied): PacketLogEvent {
  return {
    kind: 'packet',
    prefix,
    packet: {
      source: address('10.0.0.1'),
      destination: address('10.0.0.2'),
      protocol: 6,
      sourcePort: 4000,
      destinationPort: 80,
      ...overrides,
    },
  };
}

function setUp(known: Cluster = around()) {
  const lines: { readonly message: string; readonly [field: string]: unknown }[] = [];
  const write = (fields: object, message: string) => lines.push({ ...fields, message });
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const clock = createFakeClock();
  const denials = createDenialLog({ clusterAround: () => known, log, clock });
  const run = (...events: readonly PacketLogEvent[]) => denials.run(stream(events));
  return { lines, clock, denials, run };
}

async function* stream(events: readonly PacketLogEvent[]): AsyncGenerator<PacketLogEvent> {
  for (const event of events) yield await Promise.resolve(event);
}

describe('one flow', () => {
  test('is told once, whatever port it comes from, and again after a minute', async () => {
    const { lines, clock, run } = setUp();
    await run(packet(), packet(), packet({ sourcePort: 4001 }));
    expect(lines).toHaveLength(1);
    await clock.advance(60_001);
    await run(packet());
    expect(lines).toHaveLength(2);
  });

  test('is told by name, with the policies that isolate', async () => {
    const { lines, run, denials } = setUp();
    await run(packet());
    expect(lines).toEqual([
      {
        message: 'connection denied',
        source: 'x/web',
        sourceAddress: '10.0.0.1',
        destination: 'x/db',
        destinationAddress: '10.0.0.2',
        protocol: 'TCP',
        port: 80,
        direction: 'ingress',
        isolatedBy: ['x/deny'],
      },
    ]);
    expect(denials.counts().told).toEqual([{ namespace: 'x', direction: 'ingress', count: 1 }]);
  });

  test('that no policy denies is blamed on none', async () => {
    const { lines, run } = setUp(around([]));
    await run(packet(), packet({ source: address('10.0.0.9') }));
    expect(lines.map(({ reason }) => reason)).toEqual([
      'no policy denies it any more',
      'an address of this node whose pod is not known',
    ]);
  });
});

test('a policy on which judging throws costs a line, not the agent: the compiler has closed its pods', async () => {
  const { lines, run, denials } = setUp(around([{ ...denyAll!, ingress: null as never }]));
  await run(packet());
  expect(lines).toEqual([
    {
      message: 'denied connections went by unseen',
      reason: expect.stringMatching(/^not judged: /) as string,
    },
  ]);
  expect(denials.counts()).toMatchObject({ told: [], lost: 1 });
});

describe('what audit policies would deny', () => {
  const audited = packet({}, logPrefixes.audited);

  test('is told and counted apart from what is denied', async () => {
    const { lines, run, denials } = setUp(around([tryOut]));
    await run(audited, audited);
    expect(lines).toEqual([
      {
        message: 'connection would be denied',
        source: 'x/web',
        sourceAddress: '10.0.0.1',
        destination: 'x/db',
        destinationAddress: '10.0.0.2',
        protocol: 'TCP',
        port: 80,
        direction: 'egress',
        audit: ['x/try'],
      },
    ]);
    expect(denials.counts()).toMatchObject({
      told: [],
      audited: [{ namespace: 'x', direction: 'egress', count: 1 }],
    });
  });

  test('is not told where another policy denies it', async () => {
    const { lines, run, denials } = setUp(around([tryOut, ...around().policies]));
    await run(audited);
    expect(lines).toEqual([]);
    expect(denials.counts().audited).toEqual([]);
  });
});

test('a flood is told up to the limit, and the rest is counted', async () => {
  const { lines, run, denials, clock } = setUp();
  const flood = (first: number) =>
    Array.from({ length: 1000 }, (_, index) => packet({ destinationPort: first + index }));
  await run(...flood(1));
  expect(lines).toHaveLength(100);
  expect(denials.counts().suppressed).toBe(900);
  await clock.advance(2000);
  await run(...flood(2000));
  expect(lines).toHaveLength(120);
});

test('what goes by unseen is said and counted', async () => {
  const { lines, run, denials } = setUp();
  await run({ kind: 'listening' }, { kind: 'lost', reason: 'why' });
  expect(lines).toEqual([
    { message: 'denied connections are logged' },
    { message: 'denied connections went by unseen', reason: 'why' },
  ]);
  expect(denials.counts().lost).toBe(1);
});

describe('a line of ulogd', () => {
  const line = {
    'oob.prefix': 'ours',
    'ip.protocol': 17,
    src_ip: '10.0.0.1',
    dest_ip: '10.0.0.2',
    dest_port: 53,
  };
  const read = (json: unknown) => eventOf(JSON.stringify(json), ['other', 'ours']);

  test('is a packet', () => {
    expect(read(line)).toEqual({
      kind: 'packet',
      prefix: 'ours',
      packet: { source: '10.0.0.1', destination: '10.0.0.2', protocol: 17, destinationPort: 53 },
    });
  });
  test('with another prefix is not ours', () => {
    expect(read({ ...line, 'oob.prefix': 'theirs' })).toBeUndefined();
  });
  test.each([
    { ...line, src_ip: 'x' },
    { ...line, dest_ip: undefined },
    { ...line, 'ip.protocol': '17' },
    { ...line, 'ip.protocol': 256 },
    { ...line, 'ip.protocol': -1 },
    { ...line, 'ip.protocol': 1.5 },
    { ...line, src_port: '53' },
    { ...line, src_port: 1.5 },
    { ...line, dest_port: -1 },
    { ...line, dest_port: 65_536 },
    { ...line, dest_port: 1e300 },
  ])('that cannot be read is said to be lost: %o', (broken) => {
    expect(read(broken)).toMatchObject({ kind: 'lost' });
    expect(eventOf('{', ['ours'])).toMatchObject({ kind: 'lost' });
  });
});
