/** Reserved for experiments (RFC 3692): an IP protocol without ports that no kernel answers by itself. */
export const otherProtocol = 253;

/** A request holds a number of its own; the answer repeats it, with the name of who answers. */
export interface OtherPacket {
  readonly kind: 'request' | 'answer';
  readonly id: number;
  readonly name: string;
}

export function encodeOther({ kind, id, name }: OtherPacket): Buffer {
  const head = Buffer.alloc(8);
  head.write(kind === 'request' ? 'RQST' : 'ANSW', 'latin1');
  head.writeUInt32BE(id, 4);
  return Buffer.concat([head, Buffer.from(name, 'utf8')]);
}

export function decodeOther(bytes: Buffer): OtherPacket | undefined {
  if (bytes.length < 8) return undefined;
  const word = bytes.toString('latin1', 0, 4);
  if (word !== 'RQST' && word !== 'ANSW') return undefined;
  const kind = word === 'RQST' ? 'request' : 'answer';
  return { kind, id: bytes.readUInt32BE(4), name: bytes.toString('utf8', 8) };
}
