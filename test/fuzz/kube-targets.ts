import { Readable } from 'node:stream';
import fc from 'fast-check';
import { systemClock } from '../../src/kube/clock.ts';
import { KubeError } from '../../src/kube/errors.ts';
import { readLines } from '../../src/kube/lines.ts';
import { listPages } from '../../src/kube/list.ts';
import { readObjectName } from '../../src/kube/raw-object.ts';
import { readWatchEvent } from '../../src/kube/watch-event.ts';
import { damagedBytes, damagedText, damagedValue } from './mutations.ts';
import { orThrows, promise } from './promises.ts';
import * as samples from './samples.ts';
import { type Target, target } from './target.ts';

/** What an API server, or whatever stands before it, answers. */
export function kubeTargets(): readonly Target[] {
  const objects = samples.objects();
  const events = objects.map((object) => ({ type: 'MODIFIED', object }));
  const lines = events.map((event) => JSON.stringify(event));
  const page = { metadata: { resourceVersion: '1', continue: '' }, items: objects.slice(0, 3) };
  return [
    target('watch stream', damagedBytes([...lines, `${lines.join('\n')}\n`]), watchStream),
    target(
      'watch events',
      damagedValue(events).map((value) => JSON.stringify(value)),
      watchEvent,
    ),
    target(
      'list bodies',
      fc.oneof(
        damagedText([JSON.stringify(page)]),
        damagedValue([page]).map((value) => JSON.stringify(value)),
      ),
      listBody,
    ),
  ];
}

async function watchStream(bytes: Uint8Array): Promise<void> {
  // Chunks end anywhere.
  const middle = Math.floor(bytes.length / 3);
  const chunks = [bytes.subarray(0, middle), bytes.subarray(middle)].map((part) => Buffer.from(part));
  for await (const lines of readLines(Readable.from(chunks) as AsyncIterable<Buffer>))
    lines.forEach(watchEvent);
}

function watchEvent(line: string): void {
  orThrows(() => {
    const event = readWatchEvent(line);
    promise(event.resourceVersion !== '', 'an event without a version');
    if (event.kind !== 'bookmark') readObjectName(event.raw);
  }, isKubeError);
}

async function listBody(body: string): Promise<void> {
  const client = {
    server: 'http://localhost',
    request: () =>
      Promise.resolve(Object.assign(Readable.from([Buffer.from(body)]), { statusCode: 200, headers: {} })),
    close: () => undefined,
  };
  const exchange = { client, clock: systemClock } as unknown as Parameters<typeof listPages>[0];
  try {
    let pages = 0;
    const { signal } = new AbortController();
    for await (const { items, resourceVersion } of listPages(exchange, '/x', {}, 1000, signal)) {
      promise(Array.isArray(items) && resourceVersion !== '', 'a page without items or version');
      // This server gives the same page for ever.
      pages += 1;
      if (pages === 3) return;
    }
  } catch (error) {
    promise(isKubeError(error), 'not a KubeError', error);
  }
}

const isKubeError = (error: unknown): boolean => error instanceof KubeError;
