import { afterEach, describe, expect, test } from 'vitest';
import { createSyncLoop, type SyncFailure, type SyncSuccess } from '../../src/agent/sync-loop.ts';
import type { Chain, Ruleset } from '../../src/ruleset/objects.ts';
import type { Transaction } from '../../src/ruleset/operation.ts';
import { createFakeClock } from './fake-clock.ts';
import { createScriptedCompiler } from './scripted-compiler.ts';

class Refused extends Error {}

interface Applied {
  readonly at: number;
  readonly names: readonly string[];
}

function setUp(duration = 10) {
  const clock = createFakeClock();
  const compiler = createScriptedCompiler();
  const applied: Applied[] = [];
  const successes: SyncSuccess[] = [];
  const failures: SyncFailure[] = [];
  const errors: Error[] = [];
  let running = 0;
  let hanging = false;
  let kernel = (): Ruleset | undefined => undefined;
  const looks: { readonly at: number; answer: (isAsCommitted: boolean) => void }[] = [];
  const loop = createSyncLoop({
    clock,
    isAsCommitted: () => {
      expect(running, 'nothing is written meanwhile').toBe(0);
      return new Promise((answer) => {
        looks.push({ at: clock.now(), answer });
      });
    },
    readKernel: () => Promise.resolve(kernel()),
    kernelInDoubt: (error) => !(error instanceof Refused),
    succeeded: (success) => successes.push(success),
    failed: (failure) => failures.push(failure),
    async apply(transaction, { signal }) {
      running += 1;
      expect(running, 'one writer').toBe(1);
      try {
        await new Promise<void>((resolve, reject) => {
          if (!hanging) clock.after(duration, resolve);
          signal.addEventListener('abort', () => {
            reject(new Error('killed'));
          });
        });
        const error = errors.shift();
        if (error !== undefined) throw error;
        applied.push({ at: clock.now(), names: namesOf(transaction) });
      } finally {
        running -= 1;
      }
    },
  });
  const controller = new AbortController();
  const run = loop.run(controller.signal);
  cleanUp = async () => {
    controller.abort();
    await clock.advance(60_000);
    await run;
  };
  return {
    clock,
    compiler,
    loop,
    applied,
    successes,
    failures,
    looks,
    run,
    change: (name: string) => {
      compiler.change(name);
      loop.mark();
    },
    failWith: (...next: readonly Error[]) => {
      errors.push(...next);
    },
    /** What the kernel says it holds. */
    held: (next: () => Ruleset | undefined) => {
      kernel = next;
    },
    hang: () => {
      hanging = true;
    },
    stop: () => {
      controller.abort();
    },
    /** The first replacement, out of the way. */
    start: async () => {
      loop.use(compiler);
      await clock.advance(1000);
      applied.length = 0;
      successes.length = 0;
    },
  };
}

function namesOf(transaction: Transaction): string[] {
  return transaction.operations.map((operation) =>
    operation.op === 'flush-chain' ? operation.chain : operation.op,
  );
}

let cleanUp: () => Promise<void> = () => Promise.resolve();
afterEach(() => cleanUp());

describe('first sync', () => {
  test('nothing is applied before a compiler is in use, then everything in one replacement', async () => {
    const { clock, loop, applied, change } = setUp();
    change('a');
    change('b');
    await clock.advance(10_000);
    expect(applied).toEqual([]);
    expect(loop.state().phase).toBe('idle');
    loop.use(compilerWith('c'));
    await clock.advance(10);
    expect(applied).toEqual([{ at: 10_010, names: ['add-table', 'c'] }]);
  });

  test('a compiler that comes later replaces what an earlier one wrote', async () => {
    const { clock, loop, applied, start } = setUp();
    await start();
    loop.use(compilerWith('x'));
    await clock.advance(100);
    expect(applied.map(({ names }) => names)).toEqual([['add-table', 'x']]);
  });
});

function compilerWith(...names: readonly string[]) {
  const compiler = createScriptedCompiler();
  for (const name of names) compiler.change(name);
  return compiler;
}

describe('a replacement', () => {
  const kernel = { table: 'ringfence', sets: new Map(), chains: new Map() };
  const stray = { name: 'stray', rules: [] } as unknown as Chain;

  test('writes but what differs where all that the kernel holds is known', async () => {
    const { clock, loop, applied, held } = setUp();
    held(() => ({ ...kernel, chains: new Map([[stray.name, stray]]) }));
    loop.use(compilerWith('c'));
    await clock.advance(100);
    expect(applied.map(({ names }) => names)).toEqual([['stray', 'delete-chain']]);
  });

  test('is none where the kernel has everything', async () => {
    const { clock, loop, applied, successes, held } = setUp();
    held(() => kernel);
    loop.use(compilerWith());
    await clock.advance(100);
    expect(applied).toEqual([]);
    expect(successes).toMatchObject([{ mode: 'replacement', operations: 0 }]);
  });

  test('writes everything when the table is said to be gone, also while it is read', async () => {
    const { clock, loop, applied, held, start } = setUp();
    await start();
    held(() => {
      loop.replace();
      return kernel;
    });
    loop.use(compilerWith('c'));
    await clock.advance(100);
    expect(applied.map(({ names }) => names)).toEqual([['add-table', 'c']]);
    applied.length = 0;
    held(() => {
      throw new Error('nobody asks');
    });
    loop.replace();
    await clock.advance(100);
    expect(applied.map(({ names }) => names)).toEqual([['add-table', 'c']]);
  });

  test('is that of the compiler that came while the kernel was read', async () => {
    const { clock, loop, applied, successes, held } = setUp();
    const next = compilerWith('d');
    held(() => {
      held(() => undefined);
      loop.use(next);
      return undefined;
    });
    loop.use(compilerWith('c'));
    await clock.advance(1000);
    expect(applied.at(-1)?.names).toEqual(['add-table', 'd']);
    expect(successes.at(-1)?.compiler).toBe(next);
  });

  test('writes everything after one that failed', async () => {
    const { clock, loop, applied, held, failWith } = setUp();
    held(() => ({ ...kernel, chains: new Map([[stray.name, stray]]) }));
    failWith(new Refused());
    loop.use(compilerWith('c'));
    await clock.advance(1000);
    expect(applied.map(({ names }) => names)).toEqual([['add-table', 'c']]);
  });
});

describe('pace', () => {
  test('when idle a single event starts at once', async () => {
    const { clock, applied, successes, change, start } = setUp();
    await start();
    const at = clock.now();
    change('a');
    await clock.advance(10);
    expect(applied).toEqual([{ at: at + 10, names: ['a'] }]);
    expect(successes[0]?.latencies).toEqual([10]);
  });

  test('a burst in one turn is one transaction', async () => {
    const { clock, applied, successes, change, start } = setUp();
    await start();
    for (let event = 0; event < 500; event += 1) change(`e${event}`);
    await clock.advance(1000);
    expect(applied).toHaveLength(1);
    expect(applied[0]?.names).toHaveLength(500);
    expect(successes[0]?.latencies).toHaveLength(500);
  });

  test('under a flood the pace follows the duration and nothing is lost', async () => {
    const { clock, applied, compiler, change, start } = setUp(10);
    await start();
    for (let event = 0; event < 1000; event += 1) {
      change(`e${event}`);
      await clock.advance(1);
    }
    await clock.advance(100);
    expect(compiler.committed).toEqual(Array.from({ length: 1000 }, (_, event) => `e${event}`));
    // One attempt takes 10 ms and rests 5: about 66 in a second.
    expect(applied.length).toBeGreaterThan(60);
    expect(applied.length).toBeLessThan(70);
    const gaps = applied.slice(1).map(({ at }, index) => at - applied[index]!.at);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(15);
  });

  test('the rest is bounded, however long a transaction takes', async () => {
    const { clock, applied, change, start } = setUp(20_000);
    await start();
    await clock.advance(30_000);
    change('a');
    await clock.advance(20_000);
    change('b');
    await clock.advance(21_000);
    expect(applied.map(({ names }) => names)).toEqual([['add-table'], ['a'], ['b']]);
    expect(applied[2]!.at - applied[1]!.at).toBe(21_000);
  });

  test('an event during a transaction goes with the next one', async () => {
    const { clock, applied, change, start } = setUp(10);
    await start();
    change('a');
    await clock.advance(5);
    change('b');
    await clock.advance(100);
    expect(applied.map(({ names }) => names)).toEqual([['a'], ['b']]);
  });

  test('an event that changes nothing calls no nft', async () => {
    const { clock, loop, applied, successes, start } = setUp();
    await start();
    loop.mark();
    await clock.advance(100);
    expect(applied).toEqual([]);
    expect(successes).toMatchObject([{ operations: 0, latencies: [] }]);
  });
});

describe('failure', () => {
  test('a refused delta is kept, tried again, then replaced', async () => {
    const { clock, applied, failures, loop, compiler, change, failWith, start } = setUp(10);
    await start();
    failWith(new Refused('first'), new Refused('second'));
    change('a');
    await clock.advance(10);
    expect(failures).toMatchObject([{ mode: 'delta', phase: 'apply', failures: 1, retryAfter: 100 }]);
    expect(compiler.committed).toEqual([]);
    await clock.advance(109);
    expect(failures).toHaveLength(1);
    await clock.advance(1);
    expect(failures[1]).toMatchObject({ mode: 'delta', failures: 2, retryAfter: 200 });
    expect(loop.state().failures).toBe(2);
    await clock.advance(210);
    expect(applied.map(({ names }) => names)).toEqual([['add-table', 'a']]);
    expect(loop.state().failures).toBe(0);
    change('b');
    await clock.advance(100);
    expect(applied.at(-1)?.names).toEqual(['b']);
  });

  test('an unknown outcome is followed by a replacement', async () => {
    const { clock, applied, failures, change, failWith, start } = setUp(10);
    await start();
    failWith(new Error('killed by SIGSEGV'));
    change('a');
    await clock.advance(1000);
    expect(failures).toHaveLength(1);
    expect(applied.map(({ names }) => names)).toEqual([['add-table', 'a']]);
  });

  test('a failed replacement stays a replacement', async () => {
    const { clock, applied, loop, failWith, start } = setUp(10);
    await start();
    failWith(new Refused('busy'));
    loop.replace();
    await clock.advance(1000);
    expect(applied.map(({ names }) => names)).toEqual([['add-table']]);
  });

  test('a compiler that throws is asked for a replacement', async () => {
    const { clock, applied, failures, compiler, change, start } = setUp(10);
    await start();
    compiler.failNext(new Error('bug'));
    change('a');
    await clock.advance(1000);
    expect(failures).toMatchObject([{ phase: 'compile' }]);
    expect(applied.map(({ names }) => names)).toEqual([['add-table', 'a']]);
  });

  test('the backoff doubles up to its bound, and a change shortens a long one', async () => {
    const { clock, failures, applied, change, failWith, start } = setUp(0);
    await start();
    failWith(...Array.from({ length: 12 }, (_, index) => new Refused(String(index))));
    change('a');
    await clock.advance(60_000);
    expect(failures.map(({ retryAfter }) => retryAfter)).toEqual([
      100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000,
    ]);
    const before = failures.length;
    change('b');
    await clock.advance(1);
    expect(failures.length).toBe(before + 1);
    change('c');
    await clock.advance(998);
    expect(failures.length).toBe(before + 1);
    await clock.advance(1);
    expect(failures.length).toBe(before + 2);
    change('d');
    await clock.advance(1000);
    expect(applied.map(({ names }) => names)).toEqual([['add-table', 'a', 'b', 'c', 'd']]);
  });

  test('latencies count from the event, failures included', async () => {
    const { clock, successes, change, failWith, start } = setUp(10);
    await start();
    failWith(new Refused('once'));
    change('a');
    await clock.advance(50);
    change('b');
    await clock.advance(1000);
    expect(successes[0]?.latencies).toEqual([120, 70]);
  });
});

describe('stopping', () => {
  test('while the kernel is read writes nothing any more', async () => {
    const { clock, applied, loop, run, stop, held } = setUp();
    held(() => {
      stop();
      return undefined;
    });
    loop.use(compilerWith('c'));
    await clock.advance(100);
    await run;
    expect(applied).toEqual([]);
  });

  test('ends at once when idle', async () => {
    const { loop, run, start, stop } = setUp();
    await start();
    stop();
    await run;
    expect(loop.state().phase).toBe('stopped');
  });

  test('ends at once during a backoff', async () => {
    const { clock, run, change, failWith, start, stop, failures } = setUp();
    await start();
    failWith(...Array.from({ length: 5 }, () => new Refused('no')));
    change('a');
    await clock.advance(500);
    const before = failures.length;
    stop();
    await run;
    expect(failures.length).toBe(before);
  });

  test('lets a running transaction end, and starts no other', async () => {
    const { clock, applied, run, change, start, stop } = setUp(100);
    await start();
    change('a');
    await clock.advance(50);
    change('b');
    stop();
    await clock.advance(50);
    await run;
    expect(applied.map(({ names }) => names)).toEqual([['a']]);
  });

  test('kills a hanging transaction after the grace', async () => {
    const { clock, failures, run, change, start, stop, hang } = setUp();
    await start();
    hang();
    change('a');
    await clock.advance(100);
    stop();
    await clock.advance(4999);
    expect(failures).toEqual([]);
    await clock.advance(1);
    await run;
    expect(failures).toMatchObject([{ error: { message: 'killed' } }]);
  });
});

describe('a look at the kernel', () => {
  test('finds nothing and writes nothing', async () => {
    const { clock, loop, looks, applied, successes, start } = setUp();
    await start();
    loop.look();
    await clock.advance(1000);
    expect(looks).toHaveLength(1);
    expect(loop.state().phase).toBe('look');
    looks[0]!.answer(true);
    await clock.advance(1000);
    expect(loop.state().phase).toBe('idle');
    expect([applied, successes]).toEqual([[], []]);
  });

  test('that finds something is followed by a replacement; changes of the meantime are in it', async () => {
    const { clock, loop, looks, change, successes, start } = setUp();
    await start();
    loop.look();
    await clock.advance(10);
    change('a');
    await clock.advance(1000);
    expect(successes).toEqual([]);
    looks[0]!.answer(false);
    await clock.advance(1000);
    expect(successes).toMatchObject([{ mode: 'replacement' }]);
    expect(looks).toHaveLength(1);
  });

  test('comes before a change that waits, and goes on with a delta', async () => {
    const { clock, loop, looks, change, successes, start } = setUp();
    await start();
    change('a');
    loop.look();
    await clock.advance(10);
    looks[0]!.answer(true);
    await clock.advance(1000);
    expect(successes).toMatchObject([{ mode: 'delta', operations: 1 }]);
  });

  test('waits while the last transaction has failed, and is not forgotten', async () => {
    const { clock, loop, looks, change, failWith, start } = setUp();
    await start();
    failWith(new Refused());
    change('a');
    await clock.advance(15);
    loop.look();
    await clock.advance(20);
    expect(looks).toEqual([]);
    await clock.advance(1000);
    expect(looks).toHaveLength(1);
    looks[0]!.answer(true);
  });

  test('is needless before a replacement', async () => {
    const { clock, loop, looks, successes, start } = setUp();
    await start();
    loop.look();
    loop.replace();
    await clock.advance(1000);
    expect(looks).toEqual([]);
    expect(successes).toMatchObject([{ mode: 'replacement' }]);
  });
});
