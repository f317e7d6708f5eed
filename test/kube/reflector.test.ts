import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { ReflectorOptions } from '../../src/kube/reflector.ts';
import { type Bench, hearInto, type KeptPod, keepPod, startBench, until } from './harness.ts';
import {
  bookmark,
  ended,
  event,
  initialEventsEnd,
  list,
  pod,
  type ScriptedServer,
  status,
  statusObject,
  watching,
} from './scripted-server.ts';

const open: Bench[] = [];

async function bench(
  answers: ScriptedServer['script'],
  options: Partial<ReflectorOptions<string, KeptPod>> = {},
): Promise<Bench> {
  const started = await startBench(answers, options);
  open.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()));
});

/** A streaming list of pod a at version 10, left open. */
const syncedWithA = (opened?: (response: ServerResponse) => void) =>
  watching([event('ADDED', pod('a', '7')), initialEventsEnd('10')], opened);

const synced = (one: Bench) =>
  until(() => {
    expect(one.reflector.stats().hasSynced).toBe(true);
  });

describe('streaming list', () => {
  it('asks for initial events and bookmarks, and is synced at the bookmark that ends them', async () => {
    let response!: ServerResponse;
    const one = await bench([
      watching([event('ADDED', pod('a', '7')), event('ADDED', pod('b', '9'))], (opened) => {
        response = opened;
      }),
    ]);
    await until(() => {
      expect(one.reflector.stats().events).toBe(2);
    });
    expect(one.reflector.stats().hasSynced).toBe(false);
    expect(one.names()).toEqual([]);
    response.write(bookmark('9') + event('ADDED', pod('c', '8')));
    await until(() => {
      expect(one.reflector.stats().events).toBe(3);
    });
    expect(one.heard).toEqual([]);
    response.write(initialEventsEnd('10'));
    await synced(one);
    expect(one.heard).toEqual(['replaced team/a team/b team/c gone']);
    expect(one.names()).toEqual(['team/a', 'team/b', 'team/c']);
    expect(one.query(0)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      timeoutSeconds: '450',
    });
  });

  it('goes on as a watch: reports changes that matter, and only those', async () => {
    const one = await bench([
      syncedWithA((response) => {
        response.write(event('MODIFIED', { ...pod('a', '11'), status: { phase: 'Running' } }));
        response.write(event('MODIFIED', pod('a', '12', { app: 'web' })));
        response.write(event('ADDED', pod('b', '13')));
        response.write(event('DELETED', pod('a', '14', { app: 'web' })));
        response.write(event('DELETED', pod('never-seen', '15')));
      }),
    ]);
    await until(() => {
      expect(one.reflector.stats().events).toBe(6);
    });
    expect(one.heard).toEqual(['replaced team/a gone', 'changed team/a', 'new team/b', 'deleted team/a']);
    expect(one.names()).toEqual(['team/b']);
  });

  it('reads lines cut anywhere, inside characters too', async () => {
    const text = Buffer.from(
      event('ADDED', pod('a', '7', { name: 'Zoë 東京 🦊' })) + '\n' + initialEventsEnd('10') + bookmark('11'),
    );
    const one = await bench([
      async (response) => {
        response.writeHead(200);
        for (const byte of text) {
          response.write(Buffer.of(byte));
          if (byte > 0x7f) await new Promise((resolve) => setImmediate(resolve));
        }
      },
    ]);
    await synced(one);
    expect(one.reflector.objects().get('team/a')?.labels).toEqual({ name: 'Zoë 東京 🦊' });
  });

  it.each([400, 422])('pages where the server refuses it with %i', async (code) => {
    const one = await bench([
      status(code, 'Invalid'),
      list('20', [pod('a', '7')], 'next'),
      list('20', [pod('b', '8')]),
      watching([event('ADDED', pod('c', '21'))]),
    ]);
    await until(() => {
      expect(one.names()).toEqual(['team/a', 'team/b', 'team/c']);
    });
    expect(one.heard).toEqual(['replaced team/a team/b gone', 'new team/c']);
    expect(one.server.connections()).toBe(1);
    expect(one.query(1)).toEqual({ limit: '500' });
    expect(one.query(2)).toEqual({ limit: '500', continue: 'next' });
    expect(one.query(3)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '450',
      resourceVersion: '20',
    });
  });

  it('pages after two streams that never said that they were complete', async () => {
    const one = await bench([
      watching([event('ADDED', pod('a', '7'))]),
      ended([event('ADDED', pod('a', '7'))]),
      list('20', [pod('a', '7')]),
      watching([]),
    ]);
    await until(() => {
      expect(one.reflector.stats().events).toBe(1);
    });
    one.clock.advance(60_000);
    await until(() => {
      expect(one.log.lines.at(-1)?.fields).toMatchObject({ code: 'stalled' });
    });
    one.clock.advance(800);
    await until(() => {
      expect(one.log.lines.at(-1)?.fields).toMatchObject({ code: 'ended-early' });
    });
    expect(one.reflector.stats().hasSynced).toBe(false);
    one.clock.advance(1600);
    await synced(one);
    expect(one.query(2)).toEqual({ limit: '500' });
  });
});

describe('paged list', () => {
  it('starts again when the continue token is too old', async () => {
    const one = await bench([
      status(400),
      list('20', [pod('a', '7'), pod('old', '8')], 'next'),
      status(410, 'Expired'),
      list('30', [pod('a', '7')], 'again'),
      list('30', [pod('b', '29')]),
      watching([]),
    ]);
    await until(() => {
      expect(one.reflector.stats().failures).toBe(1);
    });
    expect(one.names()).toEqual([]);
    one.clock.advance(800);
    await until(() => {
      expect(one.names()).toEqual(['team/a', 'team/b']);
    });
    expect(one.query(3)).toEqual({ limit: '500' });
    expect(one.reflector.stats().expirations).toBe(1);
  });

  it('halves the page when objects are huge, without losing its place', async () => {
    const huge = (name: string) => ({ ...pod(name, '7'), padding: 'x'.repeat(17 * 1024 * 1024) });
    const one = await bench([
      status(400),
      list('20', [pod('a', '7')], 'next'),
      list('20', [huge('b'), huge('c')]),
      list('20', [huge('b')], 'rest'),
      list('20', [pod('c', '7')]),
      watching([]),
    ]);
    await until(() => {
      expect(one.names()).toEqual(['team/a', 'team/b', 'team/c']);
    });
    expect(one.query(3)).toEqual({ limit: '250', continue: 'next' });
    expect(one.query(4)).toEqual({ limit: '250', continue: 'rest' });
  });

  it.each([JSON.stringify({ metadata: { resourceVersion: '5' } }), 'too-large', '', 'undefined'])(
    'never takes the answer %j, which is no list, for an empty list or a page to halve',
    async (answer) => {
      const one = await bench([
        status(400),
        (response) => {
          response.end(answer);
        },
      ]);
      await until(() => {
        expect(one.log.lines.at(-1)?.fields).toMatchObject({ code: 'malformed' });
      });
      expect(one.reflector.stats().hasSynced).toBe(false);
      expect(one.server.seen).toHaveLength(2);
    },
  );
});

describe('410', () => {
  it('as a status of the watch: lists anew, leaving the version to the server', async () => {
    const one = await bench([
      syncedWithA((response) => response.end(bookmark('12'))),
      status(410, 'Expired'),
      watching([event('ADDED', pod('b', '40')), initialEventsEnd('41')]),
    ]);
    await until(() => {
      expect(one.server.connections()).toBeGreaterThan(0);
      expect(one.clock.untilNext()).toBe(400);
    });
    one.clock.advance(800);
    await one.requests(2);
    expect(one.query(1)).toMatchObject({ resourceVersion: '12' });
    await until(() => {
      expect(one.reflector.stats().expirations).toBe(1);
    });
    one.clock.advance(1600);
    await until(() => {
      expect(one.names()).toEqual(['team/b']);
    });
    expect(one.query(2)).not.toHaveProperty('resourceVersion');
    expect(one.query(2)).toMatchObject({ sendInitialEvents: 'true' });
    expect(one.heard).toEqual(['replaced team/a gone', 'replaced team/b gone team/a']);
  });

  it('as an ERROR event with the stream left open: the same, at once', async () => {
    let closed = false;
    const one = await bench([
      syncedWithA((response) => {
        response.on('close', () => {
          closed = true;
        });
        response.write(event('ERROR', statusObject(410, 'Gone')));
      }),
      watching([initialEventsEnd('41')]),
    ]);
    await until(() => {
      expect(closed).toBe(true);
      expect(one.reflector.stats().expirations).toBe(1);
    });
    one.clock.advance(800);
    await until(() => {
      expect(one.heard.at(-1)).toBe('replaced  gone team/a');
    });
    expect(one.query(1)).not.toHaveProperty('resourceVersion');
  });

  it('lists anew too when the version lies in the future of the server', async () => {
    const details = { details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 } };
    const one = await bench([
      syncedWithA((response) => response.write(event('ERROR', statusObject(504, 'Timeout', details)))),
      watching([initialEventsEnd('3')]),
    ]);
    await until(() => {
      expect(one.reflector.stats().expirations).toBe(1);
    });
    expect(one.clock.untilNext()).toBe(1400);
    one.clock.advance(1400);
    await one.requests(2);
    expect(one.query(1)).not.toHaveProperty('resourceVersion');
  });
});

describe('relist', () => {
  it('swaps at the end: the live store never shrinks while listing', async () => {
    let response!: ServerResponse;
    const one = await bench([
      watching(
        [event('ADDED', pod('a', '7')), event('ADDED', pod('b', '8')), initialEventsEnd('10')],
        (opened) => opened.write(event('ERROR', statusObject(410, 'Expired'))),
      ),
      watching([event('ADDED', pod('c', '20'))], (opened) => {
        response = opened;
      }),
    ]);
    await until(() => {
      expect(one.reflector.stats().expirations).toBe(1);
    });
    one.clock.advance(800);
    await until(() => {
      expect(one.reflector.stats().events).toBe(3);
    });
    expect(one.names()).toEqual(['team/a', 'team/b']);
    const a = one.reflector.objects().get('team/a');
    response.write(event('ADDED', pod('a', '7')) + initialEventsEnd('21'));
    await until(() => {
      expect(one.names()).toEqual(['team/a', 'team/c']);
    });
    expect(one.heard.at(-1)).toBe('replaced team/c team/a gone team/b');
    expect(one.reflector.objects().get('team/a')).toBe(a);
    expect(one.reflector.stats().relists).toBe(1);
  });

  it('is at the newest version seen, after garbage that comes twice', async () => {
    const one = await bench([
      syncedWithA((response) => response.write(bookmark('12') + '{"type":"ADD\n')),
      ended(['<html>\n']),
      watching([initialEventsEnd('13')]),
    ]);
    await until(() => {
      expect(one.log.lines.at(-1)?.fields).toMatchObject({ code: 'malformed', relist: false });
    });
    one.clock.advance(400);
    await until(() => {
      expect(one.log.lines.at(-1)?.fields).toMatchObject({ code: 'malformed', relist: true });
    });
    one.clock.advance(800);
    await one.requests(3);
    expect(one.query(1)).toMatchObject({ resourceVersion: '12' });
    expect(one.query(1)).not.toHaveProperty('sendInitialEvents');
    expect(one.query(2)).toMatchObject({ resourceVersion: '12', resourceVersionMatch: 'NotOlderThan' });
  });
});

describe('selectors', () => {
  it('are part of each list and each watch; a continue token stands for the version', async () => {
    const selectors = { fieldSelector: 'metadata.name=a' };
    const one = await bench(
      [
        status(400),
        list('20', [pod('a', '7')]),
        ended([]),
        status(503),
        ended(['garbage\n', 'garbage\n']),
        ended(['garbage\n']),
        list('30', [pod('a', '7')], 'next'),
        list('30', []),
        watching([]),
      ],
      { selectors },
    );
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await one.requests(attempt + 2);
      await until(() => {
        // A wait between attempts; the idle timer of a request is longer.
        expect(one.clock.untilNext()).toBeLessThan(30_000);
      });
      one.clock.advance(30_000);
    }
    await one.requests(9);
    expect(one.server.seen.map(({ query }) => query['fieldSelector'])).toEqual(
      Array(9).fill('metadata.name=a'),
    );
    expect(one.query(6)).toEqual({
      ...selectors,
      limit: '500',
      resourceVersion: '20',
      resourceVersionMatch: 'NotOlderThan',
    });
    expect(one.query(7)).toEqual({ ...selectors, limit: '500', continue: 'next' });
  });
});

describe('connections', () => {
  it('resumes where a dropped connection stopped, without listing', async () => {
    const one = await bench([
      syncedWithA((response) => {
        response.write(event('ADDED', pod('b', '11')) + '{"type":"ADDED","obj', () => {
          response.destroy();
        });
      }),
      watching([event('ADDED', pod('c', '12'))]),
    ]);
    await until(() => {
      expect(one.log.lines.at(-1)?.fields).toMatchObject({ code: 'unreachable' });
    });
    one.clock.advance(800);
    await until(() => {
      expect(one.names()).toEqual(['team/a', 'team/b', 'team/c']);
    });
    expect(one.query(1)).toMatchObject({ resourceVersion: '11' });
    expect(one.reflector.stats()).toMatchObject({ relists: 0, reconnects: 1, failures: 1, watching: true });
  });

  it('gives up a watch in which nothing comes, and knows how long ago something came', async () => {
    let closed = false;
    const one = await bench([
      syncedWithA((response) => {
        response.on('close', () => {
          closed = true;
        });
      }),
      watching([]),
    ]);
    await synced(one);
    one.clock.advance(119_000);
    expect(one.reflector.stats()).toMatchObject({ lastEventAge: 119, watching: true });
    one.clock.advance(1000);
    await until(() => {
      expect(closed).toBe(true);
      expect(one.log.lines.at(-1)?.fields).toMatchObject({ code: 'stalled' });
    });
    one.clock.advance(800);
    await one.requests(2);
    expect(one.query(1)).toMatchObject({ resourceVersion: '10' });
  });

  it('is kept alive by bookmarks, and resumes from the last', async () => {
    let response!: ServerResponse;
    const one = await bench([
      syncedWithA((opened) => {
        response = opened;
      }),
      watching([]),
    ]);
    await synced(one);
    for (const version of ['15', '16', '17']) {
      one.clock.advance(100_000);
      response.write(bookmark(version));
      await until(() => {
        expect(one.reflector.stats().lastEventAge).toBe(0);
      });
    }
    response.end();
    // A watch that stood for a minute and ended in order is followed by the next without any wait.
    await one.requests(2);
    expect(one.query(1)).toMatchObject({ resourceVersion: '17' });
    expect(one.reflector.stats()).toMatchObject({ failures: 0, reconnects: 1 });
  });

  it('waits longer each time when watches end at once, until one has stood for a minute', async () => {
    const one = await bench([syncedWithA((response) => response.end())]);
    for (const [index, wait] of [400, 800, 1600, 3200].entries()) {
      await one.requests(index + 1);
      await until(() => {
        expect(one.clock.untilNext()).toBe(wait);
      });
      one.server.script.push(index === 3 ? watching([]) : ended([]));
      one.clock.advance(wait);
    }
    await until(() => {
      expect(one.reflector.stats().watching).toBe(true);
    });
    one.clock.advance(120_000);
    await until(() => {
      expect(one.reflector.stats().watching).toBe(false);
      expect(one.clock.untilNext()).toBe(400);
    });
  });

  it('waits as long as the server asks, on 429 as on 5xx', async () => {
    const one = await bench([
      status(429, 'TooManyRequests', { 'Retry-After': '7' }),
      status(500, 'InternalError'),
      status(503, '', { 'Retry-After': '86400' }),
      syncedWithA(),
    ]);
    for (const [index, wait] of [7400, 800, 301_600].entries()) {
      await one.requests(index + 1);
      await until(() => {
        expect(one.clock.untilNext()).toBe(wait);
      });
      one.clock.advance(wait);
    }
    await synced(one);
    expect(one.reflector.stats().failures).toBe(3);
  });

  it('leaves nothing open when aborted, in a watch and in a list', async () => {
    const watchingOne = await bench([syncedWithA()]);
    await synced(watchingOne);
    const listingOne = await bench([status(400), () => undefined]);
    await listingOne.requests(2);
    const waitingOne = await bench([status(500)]);
    await until(() => {
      expect(waitingOne.reflector.stats().failures).toBe(1);
    });
    waitingOne.log.lines.length = 0;
    const untoldOne = await bench([syncedWithA()], {
      handler: {
        ...hearInto([]),
        replaced: () => {
          throw new Error('handler is broken');
        },
      },
    });
    await until(() => {
      expect(untoldOne.reflector.stats().handlerErrors).toBe(1);
    });
    for (const one of [watchingOne, listingOne, waitingOne, untoldOne]) {
      expect(one.clock.pending()).toBeGreaterThan(0);
      await one.abort();
      expect(one.clock.pending()).toBe(0);
      expect(one.log.lines.filter(({ message }) => message === 'watch failed')).toEqual([]);
      // Connections that were in use are closed, not left to the server; idle ones go with the client.
      one.client.close();
      await until(() => {
        expect(one.server.connections()).toBe(0);
      });
    }
  });
});

describe('what others throw', () => {
  it('a handler that throws is told everything again, later, with all that vanished', async () => {
    const heard: string[] = [];
    let broken = true;
    const handler = hearInto(heard);
    const one = await bench(
      [
        watching(
          [event('ADDED', pod('a', '7')), event('ADDED', pod('b', '8')), initialEventsEnd('10')],
          (response) => {
            response.write(event('DELETED', pod('a', '11')));
            response.write(event('DELETED', pod('b', '12')));
            response.write(event('ADDED', pod('b', '13')));
          },
        ),
      ],
      {
        handler: {
          ...handler,
          deleted: () => {
            if (broken) throw new Error('handler is broken');
          },
          replaced: (objects, gone) => {
            if (broken && gone.size > 0) throw new Error('handler is still broken');
            handler.replaced(objects, gone);
          },
        },
      },
    );
    await until(() => {
      expect(one.reflector.stats().events).toBe(5);
    });
    expect(one.names()).toEqual(['team/b']);
    expect(one.reflector.stats()).toMatchObject({ handlerErrors: 1, watching: true, failures: 0 });
    one.clock.advance(400);
    expect(one.reflector.stats().handlerErrors).toBe(2);
    broken = false;
    one.clock.advance(800);
    expect(heard).toEqual(['replaced team/a team/b gone', 'replaced team/b gone team/a']);
  });

  it('an object that cannot be projected never goes missing in silence', async () => {
    const project = (raw: unknown): KeptPod => {
      const kept = keepPod(raw);
      if (kept.name === 'bad') throw new Error('hostile');
      return kept;
    };
    const one = await bench([watching([event('ADDED', pod('bad', '7')), initialEventsEnd('10')])], {
      project,
    });
    await until(() => {
      expect(one.log.lines.at(-1)?.fields).toMatchObject({ code: 'unreadable-object' });
    });
    expect(one.reflector.stats()).toMatchObject({ hasSynced: false, unreadableObjects: 1 });
  });

  it('or gets the stand-in that the caller made for it', async () => {
    const one = await bench([watching([event('ADDED', pod('bad', '7')), initialEventsEnd('10')])], {
      project: () => {
        throw new Error('hostile');
      },
      unreadable: ({ name }) => ({ name: `closed ${name}`, labels: {} }),
    });
    await synced(one);
    expect(one.reflector.objects().get('team/bad')).toEqual({ name: 'closed bad', labels: {} });
  });
});

describe('safety check', () => {
  const times = { watchIdle: 10_000_000 };
  const due = 3_600_000;

  it('lists exactly the version that the store stands at, and leaves an equal store alone', async () => {
    const one = await bench([syncedWithA(), list('10', [pod('a', '7')])], { times });
    await synced(one);
    one.clock.advance(due);
    await until(() => {
      expect(one.reflector.stats().safetyChecks).toBe(1);
      expect(one.clock.untilNext()).toBe(due);
    });
    expect(one.query(1)).toEqual({ limit: '500', resourceVersion: '10', resourceVersionMatch: 'Exact' });
    expect(one.reflector.stats()).toMatchObject({ differences: 0, relists: 0, watching: true });
  });

  it('counts what differs and lists anew', async () => {
    const one = await bench(
      [
        watching([event('ADDED', pod('a', '7')), event('ADDED', pod('gone', '8')), initialEventsEnd('10')]),
        list('10', [pod('a', '7', { app: 'changed unseen' }), pod('missed', '8')]),
        watching([event('ADDED', pod('missed', '8')), initialEventsEnd('12')]),
      ],
      { times },
    );
    await synced(one);
    one.clock.advance(due);
    await until(() => {
      expect(one.reflector.stats().differences).toBe(3);
    });
    one.clock.advance(800);
    await until(() => {
      expect(one.names()).toEqual(['team/missed']);
    });
    expect(one.query(2)).toMatchObject({ resourceVersion: '10', sendInitialEvents: 'true' });
  });

  it('counts nothing when the server lists another version, but lists anew', async () => {
    const one = await bench(
      [syncedWithA(), list('11', [pod('b', '11')]), watching([initialEventsEnd('12')])],
      {
        times,
      },
    );
    await synced(one);
    one.clock.advance(due);
    await until(() => {
      expect(one.log.lines.at(-1)?.fields).toMatchObject({ code: 'out-of-step' });
    });
    one.clock.advance(800);
    await until(() => {
      expect(one.reflector.stats()).toMatchObject({ relists: 1, differences: 0 });
    });
  });
});

describe('an owner beyond its bound', () => {
  const bound = {
    owner: (key: string) => key.slice(0, key.indexOf('/')),
    size: () => 1,
    most: 2,
    cut: ({ name }: KeptPod): KeptPod => ({ name, labels: { cut: 'yes' } }),
  };
  const labels = { app: 'web' };
  const three = ['a', 'b', 'c'].map((name) => pod(name, '7', labels));
  const cutOf = (one: Bench) =>
    [...one.reflector.objects().values()].map((kept) => kept.labels['cut'] ?? 'no');

  it('is no difference to a safety check', async () => {
    const one = await bench(
      [watching([...three.map((each) => event('ADDED', each)), initialEventsEnd('10')]), list('10', three)],
      { bound, times: { watchIdle: 10_000_000 } },
    );
    await synced(one);
    expect(cutOf(one)).toEqual(['yes', 'yes', 'yes']);
    one.clock.advance(3_600_000);
    await until(() => {
      expect(one.reflector.stats().safetyChecks).toBe(1);
      expect(one.clock.untilNext()).toBe(3_600_000);
    });
    expect(one.reflector.stats()).toMatchObject({ differences: 0, relists: 0 });
  });

  it('is cut as events come, told, and listed anew once it fits', async () => {
    const two = three.slice(0, 2);
    const one = await bench(
      [
        watching([
          ...two.map((each) => event('ADDED', each)),
          initialEventsEnd('10'),
          event('ADDED', pod('c', '11', labels)),
          event('DELETED', pod('a', '12', labels)),
        ]),
        watching([
          event('ADDED', pod('b', '7', labels)),
          event('ADDED', pod('c', '11', labels)),
          initialEventsEnd('13'),
        ]),
      ],
      { bound },
    );
    await until(() => {
      expect(one.log.lines.at(-1)?.fields).toMatchObject({ code: 'out-of-step', relist: true });
    });
    expect(one.heard).toEqual([
      'replaced team/a team/b gone',
      'new team/c',
      'changed team/a',
      'changed team/b',
      'deleted team/a',
    ]);
    expect(cutOf(one)).toEqual(['yes', 'yes']);
    one.clock.advance(800);
    await until(() => {
      expect(one.reflector.stats().relists).toBe(1);
    });
    expect(cutOf(one)).toEqual(['no', 'no']);
  });
});
