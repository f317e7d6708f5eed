import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { nftOrSkip, type Suite } from '../support/nft-versions.ts';
import { objectsIn } from './listing.ts';
import { type NftShell, startNftShell } from './nft-shell.ts';
import { expectedFile, scenarios } from './scenario.ts';

// What `ringfence compile` prints loads as it says: as text and as JSON, into an empty ruleset and over an earlier table of
// ours, with the nft of Debian 12 and of Debian 13. What the kernel then has is what the file says.

const suites: readonly Suite[] = ['bookworm', 'trixie'];
const rulesets = scenarios.flatMap((scenario) =>
  scenario.nodes.map((node) => ({
    name: `${scenario.name} ${node}`,
    text: readFileSync(expectedFile(scenario, `${node}.nft`), 'utf8'),
    json: readFileSync(expectedFile(scenario, `${node}.json`), 'utf8'),
  })),
);

const shells = new Map<Suite, NftShell>();
afterAll(async () => {
  await Promise.all([...shells.values()].map((shell) => shell.close()));
});

test.for(rulesets)('$name: both files say the same', ({ text, json }) => {
  // Rules are spelled differently in the two; that they are the same objects is what the kernel says below.
  const commands = (JSON.parse(json) as { nftables: { add?: { rule?: unknown; chain?: unknown } }[] })
    .nftables;
  const [chains, rules] = [
    commands.filter(({ add }) => add?.chain !== undefined),
    commands.filter(({ add }) => add?.rule !== undefined),
  ];
  const objects = [...objectsIn(text)].filter(([head]) => head.startsWith('chain '));
  expect(objects.length).toBe(chains.length);
  expect(objects.flatMap(([, lines]) => lines.filter((line) => !line.startsWith('type filter'))).length).toBe(
    rules.length,
  );
});

describe.each(suites)('nft of Debian %s', (suite) => {
  test.for(rulesets)('$name', async ({ name, text, json }, { skip }) => {
    const shell = await shellOf(suite, skip);
    const [earlier] = rulesets.filter((other) => other.name !== name && other.text !== text).slice(-1);
    const written = objectsIn(text);

    await shell.clear();
    await shell.load(text, 'text');
    expect(asListed(objectsIn(await shell.list()))).toEqual(asListed(written));

    await shell.clear();
    await shell.load(json, 'json');
    expect(asListed(withoutSetComments(objectsIn(await shell.list())))).toEqual(
      asListed(withoutSetComments(written)),
    );

    for (const [form, ruleset] of [
      ['text', text],
      ['json', json],
    ] as const) {
      await shell.load(earlier!.text, 'text');
      expect(asListed(objectsIn(await shell.list()))).not.toEqual(asListed(written));
      await shell.load(ruleset, form);
      expect(asListed(withoutSetComments(objectsIn(await shell.list())))).toEqual(
        asListed(withoutSetComments(written)),
      );
    }
  });
});

async function shellOf(suite: Suite, skip: (reason: string) => void): Promise<NftShell> {
  const nft = await nftOrSkip(suite, skip);
  const shell = shells.get(suite) ?? startNftShell(nft);
  shells.set(suite, shell);
  return shell;
}

type Objects = ReturnType<typeof objectsIn>;

/** Comments of sets get lost in JSON. */
function withoutSetComments(objects: Objects): Objects {
  return new Map(
    [...objects].map(([head, lines]) => [head, lines.filter((line) => !/^comment "[^"]*"$/.test(line))]),
  );
}

/** nft writes some things in another way than it reads them; both mean the same. */
function asListed(objects: Objects): Record<string, readonly string[]> {
  return Object.fromEntries(
    [...objects].map(([head, lines]) => [
      head,
      lines.map((line) => spellings.reduce((text, [written, listed]) => text.replace(written, listed), line)),
    ]),
  );
}

const spellings: readonly (readonly [written: RegExp, listed: string])[] = [
  [/priority srcnat \+ 1;/, 'priority 101;'],
  [/^ct mark & 0xffff0000 == (0x[0-9a-f]{8}) /, 'ct mark $1/16 '],
  // A bit that is set in any case need not be cleared before.
  [/ct mark set ct mark & 0x0000ffff \| 0xffff0000/, 'ct mark set ct mark | 0xffff0000'],
  [/ct mark set ct mark & 0x0000ffff \| 0x00010000/, 'ct mark set ct mark & 0x0001ffff | 0x00010000'],
  // Declared by data type, as 1.0.6 needs it in JSON.
  [/^type ipv4_addr( : verdict)?$/, 'typeof ip saddr$1'],
  [/^type ipv6_addr( : verdict)?$/, 'typeof ip6 saddr$1'],
];
