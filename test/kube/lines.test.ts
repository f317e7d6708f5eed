import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../src/kube/lines.ts';

async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer, void> {
  await Promise.resolve();
  let start = 0;
  for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
    yield bytes.subarray(start, cut);
    start = cut;
  }
}

async function collect(body: AsyncIterable<Buffer>): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const lines of readLines(body)) all.push(...lines);
  return all;
}

describe('readLines', () => {
  it('gives the same lines however the bytes are cut, and drops an unfinished last one', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1 }).map((line) => JSON.stringify(line));
    const input = fc
      .record({ lines: fc.array(text, { maxLength: 6 }), rest: fc.constantFrom('', '{"unfin', '"é') })
      .chain(({ lines, rest }) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join('') + rest);
        return fc.record({
          lines: fc.constant(lines),
          bytes: fc.constant(bytes),
          cuts: fc.array(fc.nat(bytes.length)),
        });
      });
    await fc.assert(
      fc.asyncProperty(input, async ({ lines, bytes, cuts }) => {
        expect(await collect(inPieces(bytes, cuts))).toEqual(lines);
      }),
    );
  });

  it('refuses a line without end', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    async function* endless(): AsyncGenerator<Buffer, void> {
      for (;;) {
        await Promise.resolve();
        yield megabyte;
      }
    }
    await expect(collect(endless())).rejects.toMatchObject({ code: 'too-large' });
  });
});
