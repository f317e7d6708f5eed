import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { applyTransaction, type Errno } from '../../src/ruleset/apply-transaction.ts';
import type {
  ChainName,
  ElementKey,
  KeyType,
  NftSet,
  Rule,
  Ruleset,
  SetName,
  Statement,
  Verdict,
} from '../../src/ruleset/objects.ts';
import type { Operation } from '../../src/ruleset/operation.ts';
import { renderText } from '../../src/ruleset/render-text.ts';
import { checkWellFormed } from '../../src/ruleset/well-formed.ts';
import { nftOrSkip, type Suite } from '../support/nft-versions.ts';

// Each case runs in the model and in the kernel: the model may refuse more than a kernel does, and says so, never less.

const [hosts, blocks, dispatch, classes, endpoints] = [
  'hosts' as SetName,
  'blocks' as SetName,
  'dispatch' as SetName,
  'classes' as SetName,
  'endpoints' as SetName,
];
const [a, b, output] = ['a' as ChainName, 'b' as ChainName, 'output' as ChainName];
const accept: Statement = { kind: 'verdict', verdict: { kind: 'accept' } };
const toA: Verdict = { kind: 'goto', chain: a };
const toB: Verdict = { kind: 'goto', chain: b };

/** What is there before each case. */
const before: readonly Operation[] = [
  { op: 'add-table' },
  chain('a'),
  chain('b'),
  { op: 'add-chain', chain: { name: output, base: { hook: 'output', priority: 0 }, rules: [] } },
  set('hosts', 'ipv4_addr'),
  set('blocks', 'ipv4_addr', { interval: true }),
  set('dispatch', 'ipv4_addr', { kind: 'map' }),
  set('classes', 'inet_proto . inet_service', { kind: 'map', interval: true }),
  set('endpoints', 'ipv4_addr . inet_proto . inet_service', { interval: true }),
  add(hosts, '10.0.0.1'),
  add(blocks, '10.0.0.0/8', '192.168.0.1'),
  add(endpoints, '10.0.0.0/8 . tcp . 80-90'),
  addTo(dispatch, ['10.0.0.1', toA]),
  addTo(classes, ['tcp . 80-90', toA], ['udp . 53', { kind: 'accept' }]),
];

/** `loose`: the model refuses what these kernels and nfts let pass. */
type Expected = 'ok' | Errno | { readonly loose: Errno };

const usesHosts: Rule = {
  matches: [{ kind: 'address-set', side: 'saddr', family: 'IPv4', set: hosts }],
  statements: [accept],
};

const cases: readonly [string, Expected, ...Operation[]][] = [
  ['the same element again', 'ok', add(hosts, '10.0.0.1')],
  ['an element twice in one operation', 'ok', add(hosts, '10.0.0.2', '10.0.0.2')],
  ['the same block again', 'ok', add(blocks, '10.0.0.0/8')],
  ['a block in a block', 'EEXIST', add(blocks, '10.1.0.0/16')],
  ['a block around a block', 'EEXIST', add(blocks, '8.0.0.0/5')],
  ['a range across a block', 'EEXIST', add(blocks, '9.255.255.255-10.0.0.1')],
  ['blocks of one operation that overlap', 'EEXIST', add(blocks, '11.0.0.0/8', '11.1.0.0/16')],
  ['an adjacent block', 'ok', add(blocks, '11.0.0.0/8')],
  ['the same address spelt as a block', { loose: 'EEXIST' }, add(blocks, '192.168.0.1/32')],
  ['a block instead of a block', 'ok', del(blocks, '10.0.0.0/8'), add(blocks, '10.1.0.0/16')],
  [
    'the narrower block before the wider is gone',
    'EEXIST',
    add(blocks, '10.1.0.0/16'),
    del(blocks, '10.0.0.0/8'),
  ],
  ['part of a block deleted', 'ENOENT', del(blocks, '10.1.0.0/16')],
  ['a missing block deleted', 'ENOENT', del(blocks, '12.0.0.0/8')],
  ['a missing element deleted', 'ENOENT', del(hosts, '10.0.0.9')],
  ['an element deleted twice', 'ENOENT', del(hosts, '10.0.0.1'), del(hosts, '10.0.0.1')],
  ['an element twice in one deletion', 'ENOENT', del(hosts, '10.0.0.1', '10.0.0.1')],
  ['an element added and deleted', 'ok', add(hosts, '10.0.0.3'), del(hosts, '10.0.0.3')],
  ['the same element and verdict again', 'ok', addTo(dispatch, ['10.0.0.1', toA])],
  ['another verdict', 'EEXIST', addTo(dispatch, ['10.0.0.1', toB])],
  ['jump instead of goto', 'EEXIST', addTo(dispatch, ['10.0.0.1', { kind: 'jump', chain: a }])],
  ['another verdict after deletion', 'ok', del(dispatch, '10.0.0.1'), addTo(dispatch, ['10.0.0.1', toB])],
  [
    'another verdict before deletion',
    'EEXIST',
    addTo(dispatch, ['10.0.0.1', toB]),
    del(dispatch, '10.0.0.1'),
  ],
  ['another verdict for ports', 'EEXIST', addTo(classes, ['tcp . 80-90', toB])],
  ['the same ports and verdict again', 'ok', addTo(classes, ['tcp . 80-90', toA])],
  ['a port within ports', 'EEXIST', addTo(classes, ['tcp . 85', toA])],
  ['ports across ports', 'EEXIST', addTo(classes, ['tcp . 85-100', toA])],
  ['ports around ports', { loose: 'EEXIST' }, addTo(classes, ['tcp . 1-100', toA])],
  ['ports of one operation that overlap', 'EEXIST', addTo(classes, ['tcp . 1-5', toA], ['tcp . 3-9', toB])],
  ['adjacent ports', 'ok', addTo(classes, ['tcp . 91-100', toA])],
  [
    'ports split in two',
    'ok',
    del(classes, 'tcp . 80-90'),
    addTo(classes, ['tcp . 80-85', toB], ['tcp . 86-90', { kind: 'drop' }]),
  ],
  ['part of ports deleted', { loose: 'ENOENT' }, del(classes, 'tcp . 80-85')],
  ['an endpoint within endpoints', 'EEXIST', add(endpoints, '10.1.0.0/16 . tcp . 85')],
  ['endpoints across endpoints', { loose: 'EEXIST' }, add(endpoints, '10.1.0.0/16 . tcp . 1-100')],
  ['other ports of the same block', 'ok', add(endpoints, '10.0.0.0/8 . tcp . 91-95')],
  ['other ports of a part of the block', 'ok', add(endpoints, '10.1.0.0/16 . tcp . 91-95')],
  ['an address of the other family', 'EINVAL', add(hosts, 'fd00::1')],
  ['a block in a hash set', 'EINVAL', add(hosts, '10.1.0.0/16')],
  ['an element without verdict in a map', 'EINVAL', add(dispatch, '10.0.0.5')],
  ['an element with verdict in a set', 'EINVAL', addTo(hosts, ['10.0.0.5', { kind: 'accept' }])],
  [
    'an element to a missing chain',
    'ENOENT',
    addTo(dispatch, ['10.0.0.5', { kind: 'goto', chain: name('zz') }]),
  ],
  [
    'an element to a base chain',
    'EOPNOTSUPP',
    addTo(dispatch, ['10.0.0.5', { kind: 'goto', chain: output }]),
  ],
  ['an element of a missing set', 'ENOENT', add('zz' as SetName, '10.0.0.1')],
  ['a set declared again', 'ok', set('hosts', 'ipv4_addr')],
  ['a set declared again with a comment', 'ok', set('hosts', 'ipv4_addr', { comment: 'new' })],
  ['a set declared with another key', 'EEXIST', set('hosts', 'ipv6_addr')],
  ['a set declared with intervals', 'EEXIST', set('hosts', 'ipv4_addr', { interval: true })],
  ['a set declared as a map', 'EEXIST', set('hosts', 'ipv4_addr', { kind: 'map' })],
  ['a missing set deleted', 'ENOENT', { op: 'delete-set', set: { name: 'zz' as SetName, kind: 'set' } }],
  ['a map deleted as a set', { loose: 'ENOENT' }, { op: 'delete-set', set: { name: dispatch, kind: 'set' } }],
  ['a set deleted with its elements', 'ok', { op: 'delete-set', set: { name: hosts, kind: 'set' } }],
  [
    'a set deleted that a rule uses',
    'EBUSY',
    addRule(output, usesHosts),
    { op: 'delete-set', set: { name: hosts, kind: 'set' } },
  ],
  [
    'a set deleted after the chain that uses it was flushed',
    'ok',
    addRule(output, usesHosts),
    { op: 'flush-chain', chain: output },
    { op: 'delete-set', set: { name: hosts, kind: 'set' } },
  ],
  [
    'a set replaced by one of the same name',
    'ok',
    { op: 'delete-set', set: { name: hosts, kind: 'set' } },
    set('hosts', 'ipv6_addr'),
    add(hosts, 'fd00::1'),
  ],
  ['a chain deleted with its rules', 'ok', addRule(b, { matches: [], statements: [accept] }), remove(b)],
  ['a chain deleted that elements lead to', 'EBUSY', remove(a)],
  [
    'a chain deleted after the elements',
    'ok',
    del(dispatch, '10.0.0.1'),
    del(classes, 'tcp . 80-90'),
    remove(a),
  ],
  [
    'a chain deleted after the maps',
    'ok',
    { op: 'delete-set', set: { name: dispatch, kind: 'map' } },
    { op: 'delete-set', set: { name: classes, kind: 'map' } },
    remove(a),
  ],
  ['a chain deleted that a rule jumps to', 'EBUSY', addRule(output, leads('jump', 'b')), remove(b)],
  [
    'a chain deleted after the jump was flushed',
    'ok',
    addRule(output, leads('jump', 'b')),
    { op: 'flush-chain', chain: output },
    remove(b),
  ],
  ['a missing chain deleted', 'ENOENT', remove(name('zz'))],
  ['a missing chain flushed', 'ENOENT', { op: 'flush-chain', chain: name('zz') }],
  ['a rule in a missing chain', 'ENOENT', addRule(name('zz'), { matches: [], statements: [accept] })],
  ['a jump to a missing chain', 'ENOENT', addRule(output, leads('jump', 'zz'))],
  ['a jump to a base chain', 'EOPNOTSUPP', addRule(a, leads('jump', 'output'))],
  [
    'a match of a missing set',
    'ENOENT',
    addRule(output, {
      ...usesHosts,
      matches: [{ kind: 'address-set', side: 'saddr', family: 'IPv4', set: 'zz' as SetName }],
    }),
  ],
  [
    'a match of a set of the other family',
    'EINVAL',
    addRule(output, {
      ...usesHosts,
      matches: [{ kind: 'address-set', side: 'saddr', family: 'IPv6', set: hosts }],
    }),
  ],
  [
    'a verdict map that is a set',
    'EINVAL',
    addRule(output, {
      matches: [],
      statements: [{ kind: 'address-vmap', side: 'saddr', family: 'IPv4', map: hosts }],
    }),
  ],
  [
    'a statement after a verdict',
    'EINVAL',
    addRule(output, { matches: [], statements: [accept, { kind: 'counter' }] }),
  ],
  [
    'a circle that no base chain reaches',
    { loose: 'EMLINK' },
    addRule(a, leads('jump', 'b')),
    addRule(b, leads('goto', 'a')),
  ],
  [
    'a circle',
    'EMLINK',
    addRule(a, leads('jump', 'b')),
    addRule(b, leads('goto', 'a')),
    addRule(output, leads('jump', 'a')),
  ],
  ['a circle through a map', 'EMLINK', addRule(a, through(dispatch)), addRule(output, leads('jump', 'a'))],
  [
    'a circle through a new element',
    'EMLINK',
    addRule(b, through(dispatch)),
    addRule(output, leads('jump', 'b')),
    addTo(dispatch, ['10.0.0.7', toB]),
  ],
  [
    'a circle that is gone at the end',
    'ok',
    addRule(a, leads('jump', 'b')),
    addRule(b, leads('goto', 'a')),
    addRule(output, leads('jump', 'a')),
    { op: 'flush-chain', chain: a },
  ],
  ['15 jumps in a row', 'ok', ...row('jump', 15)],
  ['16 jumps in a row', 'EMLINK', ...row('jump', 16)],
  ['15 gotos in a row', 'ok', ...row('goto', 15)],
  ['16 gotos in a row', 'EMLINK', ...row('goto', 16)],
  ['a chain declared again', 'ok', chain('a')],
  [
    'a chain declared as a base chain',
    'EEXIST',
    { op: 'add-chain', chain: { name: a, base: { hook: 'input', priority: 0 }, rules: [] } },
  ],
  [
    'a base chain with another priority',
    'EEXIST',
    { op: 'add-chain', chain: { name: output, base: { hook: 'output', priority: 5 }, rules: [] } },
  ],
  ['a base chain declared as a regular chain', { loose: 'EEXIST' }, chain('output')],
  [
    'a chain replaced by one of the same name',
    'ok',
    remove(b),
    chain('b'),
    addRule(b, { matches: [], statements: [accept] }),
  ],
  ['the table deleted', 'ok', { op: 'delete-table' }],
  ['a chain in a deleted table', 'ENOENT', { op: 'delete-table' }, chain('a')],
  [
    'the table replaced',
    'ok',
    { op: 'add-table' },
    { op: 'delete-table' },
    { op: 'add-table' },
    set('hosts', 'ipv6_addr'),
    add(hosts, 'fd00::1'),
  ],
];

describe('the model', () => {
  test.each(cases)('%s: %j', (_, expected, ...operations) => {
    const ruleset = present();
    const untouched = present();
    const outcome = applied(ruleset, operations);
    if (expected === 'ok') {
      expect(outcome).not.toBeInstanceOf(Error);
    } else {
      const errno = typeof expected === 'string' ? expected : expected.loose;
      expect(outcome).toMatchObject({ code: 'TRANSACTION_REFUSED', errno });
    }
    expect(ruleset).toEqual(untouched);
  });

  test('says which operation was refused', () => {
    expect(applied(present(), [add(hosts, '10.0.0.7'), remove(a), del(hosts, '10.0.0.7')])).toMatchObject({
      operation: 1,
    });
  });

  test('without a table there is only adding one', () => {
    expect(applied(undefined, [chain('a')])).toMatchObject({ errno: 'ENOENT' });
    expect(applied(undefined, [{ op: 'delete-table' }])).toMatchObject({ errno: 'ENOENT' });
    expect(applied(undefined, [])).toBeUndefined();
    expect(applied(undefined, [{ op: 'add-table' }])).toEqual({
      table: 'ringfence',
      sets: new Map(),
      chains: new Map(),
    });
    expect(applied(present(), [{ op: 'delete-table' }])).toBeUndefined();
  });

  test('keeps rules in order and elements with their verdicts', () => {
    const second: Rule = { matches: [], statements: [{ kind: 'counter' }, accept], comment: 'second' };
    const result = applied(present(), [
      addRule(a, usesHosts),
      addRule(a, second),
      addTo(dispatch, ['10.0.0.2', toB]),
    ]);
    const { chains, sets } = result as Ruleset;
    expect(chains.get(a)?.rules).toEqual([usesHosts, second]);
    expect(Object.fromEntries(sets.get(dispatch)?.elements ?? [])).toEqual({
      '10.0.0.1': toA,
      '10.0.0.2': toB,
    });
    expect(checkWellFormed(result as Ruleset)).toEqual([]);
  });

  test('a chain and a set of one name are two things', () => {
    const same = [set('same', 'ipv4_addr'), chain('same'), addRule(output, leads('jump', 'same'))];
    const outcome = applied(present(), [
      ...same,
      { op: 'delete-set', set: { name: 'same' as SetName, kind: 'set' } },
    ]);
    expect(outcome).not.toBeInstanceOf(Error);
  });
});

const directory = mkdtempSync(join(tmpdir(), 'ringfence-apply-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

test.for(['bookworm', 'trixie'] as const)(
  'the kernel and nft of Debian %s agree',
  async (suite, { skip }) => {
    const accepted = await askKernel(suite, skip);
    const expected = cases.map(([what, outcome]) => ({
      what,
      accepted: outcome === 'ok' || typeof outcome === 'object',
    }));
    expect(accepted).toEqual(expected);
  },
);

/** Each case from the same start; whether the transaction was taken. */
async function askKernel(suite: Suite, skip: (reason: string) => void): Promise<object[]> {
  const nft = await nftOrSkip(suite, skip);
  const file = (text: string, name: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const start = file(renderText({ table: 'ringfence', operations: before }), 'before.nft');
  const script = cases.flatMap(([, , ...operations], index) => {
    const text = file(renderText({ table: 'ringfence', operations }), `${String(index)}.nft`);
    return [
      `${nft} flush ruleset`,
      `${nft} -f ${start} || exit 1`,
      `if ${nft} -f ${text} 2> /dev/null; then echo taken; elif [ $? -eq 1 ]; then echo refused; else exit 2; fi`,
    ];
  });
  const path = file(script.join('\n'), 'script');
  const lines = execFileSync('unshare', ['-n', 'sh', path], { encoding: 'utf8' }).trimEnd().split('\n');
  expect(lines.length).toBe(cases.length);
  return cases.map(([what], index) => ({ what, accepted: lines[index] === 'taken' }));
}

function present(): Ruleset {
  const ruleset = applyTransaction(undefined, { table: 'ringfence', operations: before });
  if (ruleset === undefined) throw new Error('no table after adding one');
  return ruleset;
}

/** The new ruleset, or what was thrown. */
function applied(ruleset: Ruleset | undefined, operations: readonly Operation[]): unknown {
  try {
    return applyTransaction(ruleset, { table: 'ringfence', operations });
  } catch (error) {
    return error;
  }
}

function name(text: string): ChainName {
  return text as ChainName;
}

function chain(text: string): Operation {
  return { op: 'add-chain', chain: { name: name(text), rules: [] } };
}

function remove(target: ChainName): Operation {
  return { op: 'delete-chain', chain: target };
}

function set(text: string, keyType: KeyType, more: Partial<NftSet> = {}): Operation {
  const declared: NftSet = {
    name: text as SetName,
    kind: 'set',
    keyType,
    interval: false,
    elements: new Map(),
    ...more,
  };
  return { op: 'add-set', set: declared };
}

function add(to: SetName, ...keys: string[]): Operation {
  return { op: 'add-elements', set: to, elements: keys.map((key) => [key as ElementKey, null]) };
}

function addTo(map: SetName, ...elements: (readonly [string, Verdict])[]): Operation {
  return { op: 'add-elements', set: map, elements: elements.map(([key, to]) => [key as ElementKey, to]) };
}

function del(from: SetName, ...keys: string[]): Operation {
  return { op: 'delete-elements', set: from, elements: keys.map((key) => [key as ElementKey, null]) };
}

function addRule(to: ChainName, rule: Rule): Operation {
  return { op: 'add-rule', chain: to, rule };
}

function leads(kind: 'jump' | 'goto', target: string): Rule {
  return { matches: [], statements: [{ kind: 'verdict', verdict: { kind, chain: name(target) } }] };
}

function through(map: SetName): Rule {
  return { matches: [], statements: [{ kind: 'address-vmap', side: 'saddr', family: 'IPv4', map }] };
}

/** A row of chains from the base chain: as many steps as `length`. */
function row(kind: 'jump' | 'goto', length: number): Operation[] {
  const names = Array.from({ length }, (_, index) => `x${String(index)}`);
  return [
    ...names.map(chain),
    ...names.slice(1).map((next, index) => addRule(name(names[index] ?? ''), leads(kind, next))),
    addRule(output, leads(kind, 'x0')),
  ];
}
