import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// What `npm publish` would ship, installed into an empty folder without the network: no checkout around it, no
// dependencies. koffi, the one optional dependency, is left out: everything but the lab does without.

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'ringfence-package-'));
const bin = path.join(folder, 'node_modules/.bin');
const installed = path.join(folder, 'node_modules/ringfence');
/** A piece of an earlier build. */
const leftOver = 'dist/cli/chunk-2BEFORE2.js';
const minute = 60_000;
let packed: Packed;
let printed: string;

beforeAll(async () => {
  mkdirSync(path.join(root, 'dist/cli'), { recursive: true });
  writeFileSync(path.join(root, leftOver), '');
  // Builds first, as `npm publish` does.
  ({ out: printed } = await run('npm', ['pack', '--pack-destination', folder], root));
  const { out } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], root);
  const [entry] = JSON.parse(out) as readonly [Packed];
  packed = entry;
  await run(
    'npm',
    [
      'install',
      '--offline',
      '--omit=optional',
      '--no-audit',
      '--no-fund',
      path.join(folder, packed.filename),
    ],
    folder,
  );
}, 2 * minute);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('packing prints the name of the tarball alone, which is what pre-commit installs', () => {
  expect(printed).toBe(`${packed.filename}\n`);
});

describe('the tarball', () => {
  test('has what the command needs, and what people read', () => {
    const files = packed.files.map((file) => file.path);
    expect(files).toEqual(
      expect.arrayContaining([
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'dist/cli/main.js',
        'dist/page/report.css',
        'dist/page/report.js',
        'dist/ringfence.js',
        'package.json',
        'rules/demo/cluster.yaml',
        'rules/demo/policies.yaml',
        'rules/lint/peer-or-and.md',
        'rules/recipes/01-deny-all-traffic-to-an-application.yaml',
        'rules/recipes/NOTICE',
        'rules/schema/policy-test.json',
        'rules/skeleton.nft',
      ]),
    );
    const known =
      /^(package\.json|(README|CHANGELOG)\.md|LICENSE|dist\/ringfence\.js|dist\/page\/report\.(js|css)|dist\/cli\/(main|[a-z-]+-[A-Z0-9]{8})\.(js|js\.LEGAL\.txt)|rules\/[a-zA-Z0-9/._-]+)$/;
    expect(files.filter((file) => !known.test(file))).toEqual([]);
    expect(
      files.filter((file) => /(^|\/)(src|test|deploy|node_modules)\/|\.(ts|tgz|log|map)$|\/\./.test(file)),
    ).toEqual([]);
  });

  test('is of a sensible size', () => {
    expect(packed.unpackedSize).toBeLessThan(12_000_000);
  });

  test('has the pieces of this build, and none of an earlier one', () => {
    // Fails where one is missing.
    expect(piecesFrom('main.js', 'at once or later').size).toBeGreaterThan(10);
    expect(packed.files.map((file) => file.path)).not.toContain(leftOver);
  });

  test.for([
    // What a command that answers from manifests must not wait for: each takes 10 to 60 ms to load.
    ['compile', ['@kubernetes/client-node', 'undici', 'zod', 'pino', '@prometheus-io/client']],
    ['lint', ['@kubernetes/client-node', 'undici', 'zod', 'pino', '@prometheus-io/client']],
    // The help and "did you mean" load every command, but not what these do.
    ['main', ['yaml', 'ip-cidr', '@kubernetes/client-node', 'undici', 'zod', 'pino']],
  ] as const)('%s starts without what it does not need', ([command, needless]) => {
    const [first] = globSync(`{${command},${command}-*}.js`, { cwd: path.join(installed, 'dist/cli') });
    const text = [...piecesFrom(first!, 'at once').values()].join('\n');
    const packages = [...text.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)/gm)].map(([, name]) => name);
    expect(packages).toContain('commander');
    expect([...new Set(packages)].filter((name) => needless.some((other) => other === name))).toEqual([]);
  });

  test('only the launcher can be executed', () => {
    const executable = packed.files.filter(({ mode }) => (mode & 0o111) !== 0).map((file) => file.path);
    expect(executable).toEqual(['dist/ringfence.js']);
  });

  test('says nothing of the place where it was built', () => {
    const pieces = globSync('dist/cli/*.js', { cwd: installed });
    expect(pieces.length).toBeGreaterThan(10);
    for (const piece of pieces) {
      expect(readFileSync(path.join(installed, piece), 'utf8'), piece).not.toContain(`${root}/`);
    }
  });
});

describe('installed', () => {
  test('nothing comes with it', () => {
    const manifest = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8')) as Record<
      string,
      object
    >;
    expect(manifest['dependencies'] ?? {}).toEqual({});
    expect(Object.keys(manifest['optionalDependencies'] ?? {})).toEqual(['koffi']);
    expect(globSync('node_modules/*', { cwd: folder })).toEqual(['node_modules/ringfence']);
    expect(globSync('node_modules/**/*.{ts,mts,cts}', { cwd: folder })).toEqual([]);
  });

  test.for(['ringfence', 'kubectl-ringfence'])('%s --help', async (name) => {
    const { out, err } = await run(path.join(bin, name), ['--help'], folder);
    expect(out).toContain('Usage: ringfence');
    expect(err).toBe('');
  });

  test('compile prints what the sources print', async () => {
    for (const extension of ['nft', 'json', 'ir.json']) {
      const format = extension.replace('.json', '').replace('.', '');
      const { out, err } = await run(
        path.join(bin, 'ringfence'),
        ['compile', '-f', 'node_modules/ringfence/rules/demo', '--node', 'slcaa872', '-o', format],
        folder,
      );
      expect(err).toBe('');
      expect(out).toBe(readFileSync(path.join(root, 'test/golden/demo', `slcaa872.${extension}`), 'utf8'));
    }
  });

  test('lint finds its pages', async () => {
    const { out } = await run(path.join(bin, 'ringfence'), ['lint', '--explain', 'peer-or-and'], folder);
    expect(out).toBe(readFileSync(path.join(root, 'rules/lint/peer-or-and.md'), 'utf8'));
    const sarif = await run(
      path.join(bin, 'ringfence'),
      ['lint', '-f', 'node_modules/ringfence/rules/demo', '--fail-on', 'none', '-o', 'sarif'],
      folder,
    );
    expect(sarif.out).toContain('"version": "2.1.0"');
  });

  test('compile reads standard input', async () => {
    const script = `'${bin}/ringfence' compile -f - --node slcaa872 < node_modules/ringfence/rules/demo/cluster.yaml`;
    const { out } = await run('sh', ['-c', script], folder);
    expect(out).toMatch(/^table inet ringfence\n/);
  });

  test('a reader that goes away early is no error', async () => {
    const script = `'${bin}/ringfence' compile -f node_modules/ringfence/rules/demo --node slcaa872 | head -n 1`;
    const { out, err } = await run('sh', ['-c', script], folder);
    expect({ out, err }).toEqual({ out: 'table inet ringfence\n', err: '' });
  });

  test('the exit codes are those of the command', async () => {
    await expect(run(path.join(bin, 'ringfence'), ['complie'], folder)).rejects.toMatchObject({ code: 2 });
    await expect(
      run(path.join(bin, 'ringfence'), ['compile', '-f', 'nowhere.yaml'], folder),
    ).rejects.toMatchObject({ code: 2, stdout: '' });
  });

  test('without koffi the lab says what is missing', async () => {
    const lab = run(path.join(bin, 'ringfence'), ['lab', 'demo'], folder);
    await expect(lab).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'error: the lab needs the npm package koffi, which is not installed',
      ) as string,
    });
  });

  test('an old Node.js is told what is needed', async ({ skip }) => {
    const old = await olderNode();
    if (old === undefined) {
      skip('no Node.js below 24 on this machine');
      return;
    }
    await expect(
      run(old, [path.join(installed, 'dist/ringfence.js'), '--help'], folder),
    ).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^ringfence: needs Node\.js 24 or newer, this is v\d+/) as string,
    });
  });
});

describe('in the checkout', () => {
  test('npx ringfence, without the network and with an empty cache', async () => {
    const { out } = await run(
      'npx',
      ['--offline', '--cache', path.join(folder, 'npx'), 'ringfence', '--help'],
      root,
    );
    expect(out).toContain('Usage: ringfence');
  });

  test('npx ringfence in a checkout of another name', async () => {
    const checkout = path.join(folder, 'elsewhere');
    mkdirSync(checkout);
    for (const name of ['package.json', 'dist', 'rules']) {
      cpSync(path.join(root, name), path.join(checkout, name), { recursive: true });
    }
    const { out } = await run(
      'npx',
      ['--offline', '--cache', path.join(folder, 'npx-elsewhere'), 'ringfence', '--version'],
      checkout,
    );
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

/** The pieces of the bundle that a piece loads, itself included, with their text. */
function piecesFrom(first: string, when: 'at once' | 'at once or later'): ReadonlyMap<string, string> {
  const loading =
    when === 'at once'
      ? /^(?:import |\} from )"\.\/([^"/]+\.js)"/gm
      : /(?:import |\} from |import\()"\.\/([^"/]+\.js)"/gm;
  const pieces = new Map<string, string>();
  const waiting = [first];
  for (const name of waiting) {
    if (pieces.has(name)) continue;
    const text = readFileSync(path.join(installed, 'dist/cli', name), 'utf8');
    pieces.set(name, text);
    waiting.push(...[...text.matchAll(loading)].map(([, other]) => other!));
  }
  return pieces;
}

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** Rejects with `code`, `stdout` and `stderr` where the program fails. */
function run(
  file: string,
  args: readonly string[],
  cwd: string,
): Promise<{ readonly out: string; readonly err: string }> {
  return new Promise((resolve, reject) => {
    execFile(file, [...args], { cwd, env, timeout: minute, maxBuffer: 32 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve({ out: stdout, err: stderr });
      else
        reject(
          Object.assign(new Error(error.message, { cause: error }), { code: error.code, stdout, stderr }),
        );
    });
  });
}

/** The Node.js of this test comes first. What an npm around this test told its scripts is not for the npm in it. */
const env: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_')),
  ),
  PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env['PATH'] ?? ''}`,
};

async function olderNode(): Promise<string | undefined> {
  for (const candidate of ['/usr/bin/node', '/usr/local/bin/node']) {
    if (!existsSync(candidate)) continue;
    const { out } = await run(candidate, ['--version'], folder);
    if (Number(/^v(\d+)/.exec(out)?.[1]) < 24) return candidate;
  }
  return undefined;
}
