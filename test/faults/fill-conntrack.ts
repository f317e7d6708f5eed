import { readFileSync } from 'node:fs';
import koffi from 'koffi';

// Fills the kernel's table of connections in the network namespace of the process, or takes out again what filled it:
// fill-conntrack.ts fill | clear. Prints the number of entries.
//
// The limit is the host's and cannot be set in a namespace of one's own; entries are counted by namespace, so nobody else has
// less room. Entries are those of connections that go on (assured): others the kernel puts out to make room.

const [netlink, raw, netfilter] = [16, 3, 12];
const request = { fill: [0x100, 0x601, 2], clear: [0x102, 0x1, 0] } as const;
const attribute = { original: 1, reply: 2, status: 3, timeout: 7, mark: 8, markMask: 21 } as const;
const nested = 0x8000;
const udp = 17;
const inUse = 0b1110;
/** Below the bits that the agent uses. */
const [ownMark, ownBits] = [0x0f11, 0xffff];
const lifetime = 600;
const batch = 400;

const libc = koffi.load(null);
const socket = libc.func('int socket(int family, int type, int protocol)');
const sendto = libc.func(
  'long sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t size)',
);
const fd = socket(netlink, raw, netfilter) as number;
if (fd < 0) throw new Error('no netlink socket');

if (process.argv[2] === 'clear') {
  send([message('clear', attributes([attribute.mark, u32(ownMark)], [attribute.markMask, u32(ownBits)]))]);
} else {
  const most = countOf('max');
  for (let next = 0; countOf('count') < most;) {
    const round = Array.from({ length: Math.min(batch, most - countOf('count')) }, () => entry(next++));
    const before = countOf('count');
    send(round);
    if (countOf('count') === before) throw new Error(`the kernel takes no more than ${String(before)}`);
  }
}
process.stdout.write(String(countOf('count')));

function countOf(what: 'count' | 'max'): number {
  return Number(readFileSync(`/proc/sys/net/netfilter/nf_conntrack_${what}`, 'utf8'));
}

/** A connection between two addresses that nobody has (RFC 2544). */
function entry(number: number): Buffer {
  const [client, server] = [u32(0xc612_0000 + (number >> 15)), u32(0xc613_0001)];
  const [from, to] = [u16(1024 + (number & 0x7fff)), u16(9)];
  return message(
    'fill',
    attributes(
      [attribute.original | nested, tuple(client, server, from, to)],
      [attribute.reply | nested, tuple(server, client, to, from)],
      [attribute.status, u32(inUse)],
      [attribute.timeout, u32(lifetime)],
      [attribute.mark, u32(ownMark)],
    ),
  );
}

function tuple(source: Buffer, destination: Buffer, from: Buffer, to: Buffer): Buffer {
  return attributes(
    [1 | nested, attributes([1, source], [2, destination])],
    [2 | nested, attributes([1, Buffer.from([udp])], [2, from], [3, to])],
  );
}

/** `nlmsghdr`, `nfgenmsg`, attributes: ctnetlink of linux/netfilter/nfnetlink_conntrack.h. */
function message(kind: keyof typeof request, body: Buffer): Buffer {
  const [type, flags, family] = request[kind];
  const head = Buffer.alloc(20);
  head.writeUInt32LE(head.length + body.length, 0);
  head.writeUInt16LE(type, 4);
  head.writeUInt16LE(flags, 6);
  head.writeUInt8(family, 16);
  return Buffer.concat([head, body]);
}

function attributes(...all: readonly (readonly [number, Buffer])[]): Buffer {
  return Buffer.concat(
    all.flatMap(([type, value]) => {
      const head = Buffer.alloc(4);
      head.writeUInt16LE(4 + value.length, 0);
      head.writeUInt16LE(type, 2);
      return [head, value, Buffer.alloc((4 - (value.length % 4)) % 4)];
    }),
  );
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function send(messages: readonly Buffer[]): void {
  const bytes = Buffer.concat(messages);
  const sent = sendto(fd, bytes, bytes.length, 0, null, 0) as number;
  if (sent !== bytes.length) throw new Error(`sent ${String(sent)} of ${String(bytes.length)} bytes`);
}
