import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { type Address, parseAddress } from '../net/address.ts';
import { isAborted, sleep } from './abort.ts';
import { createEventQueue, type EventQueue } from './event-queue.ts';
import { childEnvironment, temporaryFolders } from './exec.ts';
import { isRecord } from './listing.ts';
import { createRestartPause, type RestartPause } from './restart-pause.ts';

/** What the kernel logged of one packet. */
export interface LoggedPacket {
  readonly source: Address;
  readonly destination: Address;
  /** The number of the IP protocol: 6 is TCP. */
  readonly protocol: number;
  /** For TCP and UDP, and for SCTP over IPv4: ulogd2 does not read it behind an IPv6 header. */
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

export type PacketLogEvent =
  | { readonly kind: 'packet'; readonly prefix: string; readonly packet: LoggedPacket }
  /** From now on packets are told. */
  | { readonly kind: 'listening' }
  /** Packets may have gone by untold: the reader ended, said something else, or was faster than its reader. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface PacketLogOptions {
  /** ulogd 2.0.8 or newer, with its output to JSON. */
  readonly command: readonly [string, ...string[]];
  /** The group of nfnetlink_log. */
  readonly group: number;
  /** Packets with other prefixes are somebody else's. */
  readonly prefixes: readonly string[];
  readonly signal: AbortSignal;
  /** Between a reader that ended and the next. */
  readonly pause?: RestartPause;
}

/** Beyond this many unread packets, what is unread is dropped and said to be lost. */
const queueLimit = 1000;
/** Milliseconds. */
const restartPause: RestartPause = { first: 500, last: 60_000, healthy: 60_000 };

/**
 * The packets that the ruleset logs, as long as the signal allows. The kernel's netlink messages are read by ulogd2, which
 * writes a line of JSON for each to a socket of ours. One that ends is started again, sooner or later.
 */
export async function* packetLog(options: PacketLogOptions): AsyncGenerator<PacketLogEvent, void, undefined> {
  const closed = new AbortController();
  const signal = AbortSignal.any([options.signal, closed.signal]);
  const queue = createEventQueue<PacketLogEvent>(queueLimit, () => ({
    kind: 'lost',
    reason: 'more packets than were read',
  }));
  const pump = keepReading({ ...options, signal }, queue).finally(() => {
    queue.end();
  });
  try {
    for (let event = await queue.next(); event !== undefined; event = await queue.next()) yield event;
  } finally {
    closed.abort();
    await pump;
  }
}

async function keepReading(options: PacketLogOptions, queue: EventQueue<PacketLogEvent>): Promise<void> {
  const { signal } = options;
  const pause = createRestartPause(options.pause ?? restartPause);
  while (!signal.aborted) {
    const started = performance.now();
    const reason = await readOnce(options, queue);
    if (isAborted(signal)) return;
    queue.push({ kind: 'lost', reason });
    await sleep(pause.next(performance.now() - started), signal);
  }
}

/** Reads until the reader ends, and says why it did. Never rejects: a full disk is no reason to end the agent. */
async function readOnce(
  { command, group, prefixes, signal }: PacketLogOptions,
  queue: EventQueue<PacketLogEvent>,
): Promise<string> {
  const [file, ...args] = command;
  try {
    await using place = await makePlace(group);
    const server = await listen(place.socket, prefixes, queue);
    try {
      const { exitCode, ...end } = await execa(file, [...args, '--configfile', place.config], {
        stdin: 'ignore',
        stdout: 'pipe',
        stderr: 'ignore',
        reject: false,
        maxBuffer: 64 * 1024,
        cancelSignal: signal,
        killSignal: 'SIGKILL',
        extendEnv: false,
        env: childEnvironment(),
      });
      const how =
        exitCode === undefined ? (end.signal ?? end.code ?? 'unknown') : `exit code ${String(exitCode)}`;
      const lastWords = end.stdout.trim().split('\n').at(-1) ?? '';
      return `${file} ended: ${how}${lastWords === '' ? '' : `: ${lastWords}`}`;
    } finally {
      server.close();
    }
  } catch (error) {
    return `${file} was not started: ${error instanceof Error ? error.message : String(error)}`;
  }
}

interface Place extends AsyncDisposable {
  readonly socket: string;
  readonly config: string;
}

/** A folder for the socket and the configuration of ulogd, in the first place that takes both. */
async function makePlace(group: number): Promise<Place> {
  const failures: unknown[] = [];
  for (const parent of temporaryFolders()) {
    let folder: string | undefined;
    try {
      folder = await mkdtemp(path.join(parent, 'ringfence-log-'));
      const place = placeIn(folder);
      await writeFile(place.config, ulogdConfig(group, place.socket), { mode: 0o600 });
      return place;
    } catch (error) {
      // Read-only or full: the next one may do. A full one still has room for an empty folder.
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
      failures.push(error);
    }
  }
  throw new AggregateError(failures, `no folder takes its files: ${failures.map(String).join('; ')}`);
}

function placeIn(folder: string): Place {
  return {
    socket: path.join(folder, 'packets'),
    config: path.join(folder, 'ulogd.conf'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function ulogdConfig(group: number, socket: string): string {
  return `[global]
logfile="stdout"
loglevel=5
stack=log1:NFLOG,base1:BASE,ip2str1:IP2STR,json1:JSON
[log1]
group=${String(group)}
netlink_socket_buffer_size=1048576
netlink_socket_buffer_maxsize=4194304
netlink_qthreshold=1
[json1]
mode="unix"
file="${socket}"
`;
}

function listen(
  socket: string,
  prefixes: readonly string[],
  queue: EventQueue<PacketLogEvent>,
): Promise<Server> {
  const server = createServer((connection) => {
    queue.push({ kind: 'listening' });
    // A connection that breaks ends with its process, which says so.
    connection.on('error', () => connection.destroy());
    createInterface({ input: connection }).on('line', (line) => {
      const event = eventOf(line, prefixes);
      if (event !== undefined) queue.push(event);
    });
  });
  return new Promise((resolve, reject) => {
    // Beyond the start: one connection that could not be taken, and ulogd tries again.
    server.on('error', reject);
    server.listen(socket, () => {
      resolve(server);
    });
  });
}

/** What one line of ulogd's JSON says; `undefined` for packets of others. */
export function eventOf(line: string, prefixes: readonly string[]): PacketLogEvent | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return { kind: 'lost', reason: `not JSON: ${line.slice(0, 100)}` };
  }
  if (!isRecord(json)) return undefined;
  const prefix = json['oob.prefix'];
  if (typeof prefix !== 'string' || !prefixes.includes(prefix)) return undefined;
  const [source, destination] = [addressAt(json, 'src_ip'), addressAt(json, 'dest_ip')];
  const protocol = json['ip.protocol'] ?? json['ip6.nexthdr'];
  if (source === undefined || destination === undefined || !isWhole(protocol, 255)) {
    return { kind: 'lost', reason: `no addresses or protocol: ${line.slice(0, 200)}` };
  }
  const { src_port: sourcePort, dest_port: destinationPort } = json;
  if (!isPort(sourcePort) || !isPort(destinationPort)) {
    return { kind: 'lost', reason: `no ports: ${line.slice(0, 200)}` };
  }
  return {
    kind: 'packet',
    prefix,
    packet: {
      source,
      destination,
      protocol,
      ...(sourcePort === undefined ? {} : { sourcePort }),
      ...(destinationPort === undefined ? {} : { destinationPort }),
    },
  };
}

function addressAt(json: Readonly<Record<string, unknown>>, key: string): Address | undefined {
  const value = json[key];
  return typeof value === 'string' ? parseAddress(value) : undefined;
}

/** Not every packet has one. */
function isPort(value: unknown): value is number | undefined {
  return value === undefined || isWhole(value, 65_535);
}

function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}
