// The first two packets of an SCTP association (RFC 9260), enough to ask whether a port answers and who does, on kernels
// without SCTP sockets. The checksum has to be right: conntrack drops what has a wrong one.

export const sctpProtocol = 132;

const chunkTypes = { init: 1, initAck: 2, abort: 6 } as const;
const stateCookie = 7;

export interface SctpPacket {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tag: number;
  readonly chunk: 'init' | 'initAck' | 'abort';
  /** Of INIT and INIT ACK: the tag that the other side has to put on its packets. */
  readonly initiateTag: number;
  /** Of INIT ACK: the state cookie, in which a lab listener says its name. */
  readonly cookie: string;
}

export function encodeSctp(packet: SctpPacket): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(packet.sourcePort, 0);
  header.writeUInt16BE(packet.destinationPort, 2);
  header.writeUInt32BE(packet.tag, 4);
  const bytes = Buffer.concat([header, encodeChunk(packet)]);
  bytes.writeUInt32LE(crc32c(bytes), 8);
  return bytes;
}

/** `undefined` for anything but an intact INIT, INIT ACK or ABORT. */
export function decodeSctp(bytes: Buffer): SctpPacket | undefined {
  if (bytes.length < 16) return undefined;
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(0, 8);
  if (crc32c(copy) !== bytes.readUInt32LE(8)) return undefined;
  const type = bytes.readUInt8(12);
  const chunk = (['init', 'initAck', 'abort'] as const).find((name) => chunkTypes[name] === type);
  if (chunk === undefined || (chunk !== 'abort' && bytes.length < 32)) return undefined;
  return {
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    tag: bytes.readUInt32BE(4),
    chunk,
    initiateTag: chunk === 'abort' ? 0 : bytes.readUInt32BE(16),
    cookie: chunk === 'initAck' ? readCookie(bytes.subarray(32)) : '',
  };
}

function encodeChunk({ chunk, initiateTag, cookie }: SctpPacket): Buffer {
  if (chunk === 'abort') return Buffer.from([chunkTypes.abort, 0, 0, 4]);
  const parameter = chunk === 'initAck' ? encodeCookie(cookie) : Buffer.alloc(0);
  const head = Buffer.alloc(20);
  head.writeUInt8(chunkTypes[chunk], 0);
  head.writeUInt16BE(20 + parameter.length, 2);
  head.writeUInt32BE(initiateTag, 4);
  head.writeUInt32BE(65536, 8); // receiver window
  head.writeUInt16BE(1, 12); // outbound streams
  head.writeUInt16BE(1, 14); // inbound streams
  head.writeUInt32BE(initiateTag, 16); // first sequence number
  return Buffer.concat([head, parameter]);
}

function encodeCookie(cookie: string): Buffer {
  const text = Buffer.from(cookie, 'utf8');
  const length = 4 + text.length;
  const parameter = Buffer.alloc(length + ((4 - (length % 4)) % 4));
  parameter.writeUInt16BE(stateCookie, 0);
  parameter.writeUInt16BE(length, 2);
  text.copy(parameter, 4);
  return parameter;
}

function readCookie(parameters: Buffer): string {
  for (let at = 0; at + 4 <= parameters.length;) {
    const length = parameters.readUInt16BE(at + 2);
    if (length < 4) break;
    if (parameters.readUInt16BE(at) === stateCookie) return parameters.toString('utf8', at + 4, at + length);
    at += length + ((4 - (length % 4)) % 4);
  }
  return '';
}

/** The checksum of RFC 3720, appendix B.4: reflected polynomial 0x1edc6f41. */
export function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});
