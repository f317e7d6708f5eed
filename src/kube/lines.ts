import { KubeError } from './errors.ts';

const newline = 0x0a;

/** etcd takes no object above 1.5 MiB by default; in JSON and with an envelope it stays far below this. */
const longestLine = 32 * 1024 * 1024;

/**
 * Cuts a stream of bytes into lines. Yields the lines that a chunk completed, at least one. Chunks may end anywhere, inside
 * a character too: no byte of a multi-byte UTF-8 character is a newline, so a line is decoded only once it is whole. An
 * unfinished last line is dropped: what it held comes again after reconnecting. Throws `too-large` on an endless line.
 */
export async function* readLines(body: AsyncIterable<Buffer>): AsyncGenerator<readonly string[], void> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of body) {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const piece = chunk.subarray(start, end);
      const line = pending.length === 0 ? piece : Buffer.concat([...pending, piece]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      const text = line.toString('utf8').trim();
      if (text !== '') lines.push(text);
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > longestLine) throw new KubeError('too-large', 'a watch event is larger than 32 MiB');
    }
    if (lines.length > 0) yield lines;
  }
}
