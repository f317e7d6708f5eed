import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { run } from '../golden/command-line.ts';

// What every command has in common: help, exit codes, and that stdout is for data alone.

describe('help and version', () => {
  test.for([['--version'], ['-V']])('%s', async (args) => {
    expect(await run(args)).toEqual({ code: 0, out: `${packageJson.version}\n`, err: '' });
  });

  test.for([['--help'], ['-h'], ['help']])('%s', async (args) => {
    const { code, out, err } = await run(args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^Usage: ringfence /);
    expect(out).toContain('Exit codes: 0 yes, 1 no, 2 could not answer');
    expect(out).toContain('Examples:\n  ringfence ');
  });

  test('the commands are there', async () => {
    expect(await commandsOf([])).toEqual(expect.arrayContaining(['compile', 'agent', 'lab']));
    expect(await commandsOf(['lab'])).toEqual(expect.arrayContaining(['run', 'demo']));
  });

  test('every command has help that says what it does, with examples that it understands', async () => {
    for (const command of await leaves([])) {
      const name = command.join(' ');
      const { code, out, err } = await run([...command, '--help']);
      expect({ code, err }, name).toEqual({ code: 0, err: '' });
      expect(out, name).toMatch(new RegExp(`^Usage: ringfence ${name}( |\n)`));
      expect(out, name).toMatch(/^Options:$/m);
      expect(await run(['help', ...command.slice(0, 1)]), name).toMatchObject({ code: 0, err: '' });
      expect(out, name).toMatch(new RegExp(`^Examples:\n( +.*\n)* +.*ringfence ${name}`, 'm'));
      const examples = out.slice(out.indexOf('Examples:'));
      const known = [...out.slice(0, out.indexOf('Examples:')).matchAll(/(?<![\w-])--?[a-zA-Z][a-z-]*/g)].map(
        ([option]) => option,
      );
      // Up to the next program, or what another program gets.
      const ours = [...examples.matchAll(/ringfence .*?(?=$| -- |[|&)])/gm)].map(([line]) => line);
      const used = ours.flatMap((line) =>
        [...line.matchAll(/ (--?[a-zA-Z][a-z-]*)/g)].map((match) => match[1]),
      );
      expect(
        used.filter((option) => !known.includes(option!)),
        name,
      ).toEqual([]);
    }
  });

  test('no line of help is wider than a terminal, but examples', async () => {
    for (const command of [[], ...(await leaves([]))]) {
      const { out } = await run([...command, '--help']);
      const wide = out
        .split('Examples:')[0]!
        .split('\n')
        .filter((line) => line.length > 80);
      expect(wide, command.join(' ')).toEqual([]);
    }
  });
});

describe('usage', () => {
  test.for<[readonly string[], string]>([
    [['complie'], "error: unknown command 'complie'\n(Did you mean compile?)\n"],
    [['agnet'], "error: unknown command 'agnet'\n(Did you mean agent?)\n"],
    [['lab', 'rnu'], "error: unknown command 'rnu'\n(Did you mean run?)\n"],
    [['fetch'], "error: unknown command 'fetch'\n"],
    [['--versoin'], "error: unknown option '--versoin'\n(Did you mean --version?)\n"],
    [['compile', '-f', 'a.yaml', '--nod', 'x'], "error: unknown option '--nod'\n(Did you mean --node?)\n"],
    [
      ['compile', '-f', 'a.yaml', '--assign-adresses'],
      "error: unknown option '--assign-adresses'\n(Did you mean --assign-addresses?)\n",
    ],
    [['compile', '-f', 'a.yaml', '--zzzzz'], "error: unknown option '--zzzzz'\n"],
    [['compile', '-f'], "error: option '-f, --filename <path>' argument missing\n"],
    [['compile'], "error: required option '-f, --filename <path>' not specified\n"],
    [
      ['compile', '-f', 'a.yaml', 'b.yaml'],
      "error: too many arguments for 'compile'. Expected 0 arguments but got 1: b.yaml.\n",
    ],
    [
      ['compile', '-f', 'a.yaml', '-o', 'yaml'],
      "error: option '-o, --output <format>' argument 'yaml' is invalid. Allowed choices are nft, json, ir.\n",
    ],
  ])('%j', async ([args, err]) => {
    expect(await run(args)).toEqual({ code: 2, out: '', err });
  });

  test('no command at all is no answer: the help goes to stderr', async () => {
    const { code, out, err } = await run([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Commands:');
  });

  test('a group without a command, too', async () => {
    const { code, out, err } = await run(['lab']);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Commands:');
  });
});

describe('stdout has data alone', () => {
  const pod = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { nodeName: w1, containers: [{ name: c, image: c }] }
`;

  test('notes and warnings go to stderr', async () => {
    const { code, out, err } = await run(['compile', '-f', 'a.yaml', '-o', 'json'], {
      files: { 'a.yaml': `${pod}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\n` },
    });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveProperty('nftables');
    expect(err).toContain('note: 1 pod has no address');
    expect(err).toContain('passed over: 1 ConfigMap');
  });

  test('colour is for terminals alone', async () => {
    const files = { 'a.yaml': pod.replace('w1', '[w1]') };
    const [plain, coloured] = [
      await run(['compile', '-f', 'a.yaml'], { files }),
      await run(['compile', '-f', 'a.yaml'], { files, colour: true }),
    ];
    expect([plain.code, coloured.code]).toEqual([2, 2]);
    expect(plain.err).not.toContain('\u001b');
    expect(coloured.err).toContain('\u001b[31m');
    expect(coloured.err.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain.err);
  });
});

/** The commands that do something, as words. */
async function leaves(group: readonly string[]): Promise<readonly (readonly string[])[]> {
  const found: (readonly string[])[] = [];
  for (const name of await commandsOf(group)) {
    const command = [...group, name];
    const below = await leaves(command);
    found.push(...(below.length === 0 ? [command] : below));
  }
  return found;
}

async function commandsOf(group: readonly string[]): Promise<readonly string[]> {
  const { out } = await run([...group, '--help']);
  const list = out.split('Commands:\n')[1]?.split('\n\n')[0] ?? '';
  return [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name!).filter((name) => name !== 'help');
}
