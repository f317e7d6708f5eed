import { type FileHandle, open } from 'node:fs/promises';
import { read } from 'node:fs';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';
import { promisify } from 'node:util';

// Everybody on the host can connect to a port of 127.0.0.1, but the kernel says whose socket the other end is. Its table
// is that of the network namespace in which it was opened, so the host's comes in as a descriptor.

const readAt = promisify(read);

/** The IPv4 TCP sockets of this process' network namespace, to be handed to a process in another. */
export function openSocketTable(): Promise<FileHandle> {
  return open('/proc/net/tcp', 'r');
}

/**
 * Number of the user who connected over IPv4 loopback, or `undefined` where the table does not say.
 *
 * @param table descriptor of the table of the namespace in which the connection is
 */
export async function userOfPeer(table: number, socket: Socket): Promise<number | undefined> {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (remoteAddress === undefined || localAddress === undefined) return undefined;
  const local = endText(remoteAddress, remotePort ?? 0);
  const remote = endText(localAddress, localPort ?? 0);
  for (const line of (await readTable(table)).split('\n')) {
    const [, from, to, state, , , , user] = line.trim().split(/\s+/);
    // Only an established socket is somebody's: of one that is closing, the table says user 0.
    if (from === local && to === remote && state === '01') return Number(user);
  }
  return undefined;
}

/** As /proc/net/tcp writes it: the address as the machine's own integer, both in hexadecimal. */
function endText(address: string, port: number): string {
  const bytes = address.split('.').map(Number);
  const ordered = endianness() === 'LE' ? bytes.reverse() : bytes;
  const hex = (number: number, width: number): string =>
    number.toString(16).toUpperCase().padStart(width, '0');
  return `${ordered.map((byte) => hex(byte, 2)).join('')}:${hex(port, 4)}`;
}

async function readTable(fd: number): Promise<string> {
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const chunk = Buffer.alloc(64 * 1024);
    const { bytesRead } = await readAt(fd, chunk, 0, chunk.length, position);
    if (bytesRead === 0) return Buffer.concat(chunks).toString('latin1');
    chunks.push(chunk.subarray(0, bytesRead));
    position += bytesRead;
  }
}
