import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  encodeEcho,
  icmpVerdict,
  internetChecksum,
  isEchoReply,
} from '../../../src/lab/probe/icmp-packet.ts';
import { decodeOther, encodeOther, otherRequestId } from '../../../src/lab/probe/other-packet.ts';
import { crc32c, decodeSctp, encodeSctp } from '../../../src/lab/probe/sctp-packet.ts';
import { decodeSocketAddress, encodeSocketAddress } from '../../../src/lab/probe/socket-address.ts';
import { address } from '../network/cluster.ts';

it('computes the checksum of SCTP', () => {
  // The check value of CRC-32C, and the first example of RFC 3720, appendix B.4.
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
});

it('reads the SCTP packets that it writes, and none that was damaged', () => {
  const port = fc.integer({ min: 0, max: 65535 });
  const tag = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(port, port, tag, tag, fc.string(), fc.nat(), (from, to, own, other, cookie, where) => {
      const packet = {
        sourcePort: from,
        destinationPort: to,
        tag: own,
        initiateTag: other,
        cookie,
        chunk: 'initAck',
      } as const;
      const bytes = encodeSctp(packet);
      expect(decodeSctp(bytes)).toEqual(packet);
      bytes.writeUInt8(bytes.readUInt8(where % bytes.length) ^ 1, where % bytes.length);
      expect(decodeSctp(bytes)).toBeUndefined();
    }),
  );
});

it('writes echo requests that sum up', () => {
  expect(internetChecksum(encodeEcho('IPv4', 0x1234, 7))).toBe(0);
  const reply = encodeEcho('IPv4', 0x1234, 7);
  reply.writeUInt8(0, 0);
  expect(isEchoReply('IPv4', reply, 0x1234)).toBe(true);
  expect(isEchoReply('IPv4', reply, 0x1235)).toBe(false);
  expect(isEchoReply('IPv4', encodeEcho('IPv4', 0x1234, 7), 0x1234)).toBe(false);
});

it('writes packets of the other protocol that sum up, for nftables rejects no others', () => {
  const packet = { kind: 'answer', id: 77, name: 'x/odd' } as const;
  expect(internetChecksum(encodeOther('IPv4', packet))).toBe(0);
  expect(decodeOther(encodeOther('IPv4', packet))).toEqual(packet);
  const request = encodeOther('IPv6', { kind: 'request', id: 78, name: '' });
  expect(otherRequestId(request.subarray(0, 8))).toBe(78);
});

it.each([
  ['IPv4', 3, 0, 'unreachable'],
  ['IPv4', 3, 1, 'unreachable'],
  ['IPv4', 3, 3, 'rejected'],
  ['IPv4', 3, 13, 'rejected'],
  ['IPv4', 3, 4, undefined],
  ['IPv4', 11, 0, undefined],
  ['IPv6', 1, 0, 'unreachable'],
  ['IPv6', 1, 1, 'rejected'],
  ['IPv6', 1, 3, 'unreachable'],
  ['IPv6', 1, 4, 'rejected'],
  ['IPv6', 2, 0, undefined],
] as const)('takes an ICMP error for what it is: %s type %i code %i', (family, type, code, verdict) => {
  expect(icmpVerdict({ family, type, code, offender: undefined, packet: Buffer.alloc(0) })).toBe(verdict);
});

it.each(['10.0.0.1', '255.255.255.255', '::1', 'fd00:10:244:1::2', '2001:db8::ffff:1'])(
  'takes %s through the structure of a socket address',
  (text) => {
    expect(decodeSocketAddress(encodeSocketAddress({ address: address(text), port: 8080 }))).toEqual({
      address: text,
      port: 8080,
    });
  },
);
