import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type BuildResult, type OutputFile, type Plugin } from 'esbuild';

// What makes the command:
//   dist/ringfence.js  the launcher: the executable. Old syntax only, so that an old Node.js can still say what is wrong.
//   dist/cli/main.js   the start of the bundle.
//   dist/page/report.* the script and the style of the page that `ringfence report` writes, for browsers.
//   dist/cli/*.js      the rest of it, in pieces along the sources' import(): a command loads what it needs. Node.js takes
//                      100 ms to load everything, and most of that is the client of the API server.
// A bundle's imports are linked before its first line runs, so a guard inside it would come too late on an old Node.js.
// Every piece stands as deep below the package's root as the sources (src/ROOM/FILE.ts), so that
// `new URL('../../rules/...', import.meta.url)` means the same file in the sources and in the bundle.

const root = path.resolve(import.meta.dirname, '..');
const minimumNode = 24;

try {
  await bundle();
} catch (error) {
  // esbuild has said what is wrong with the sources; its stack says nothing more.
  if (!(error instanceof Error && 'errors' in error)) throw error;
  process.exitCode = 1;
}

async function bundle(): Promise<void> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { 'cli/main': 'src/cli/main.ts' },
    outdir: 'dist',
    write: false,
    bundle: true,
    splitting: true,
    chunkNames: 'cli/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: `node${String(minimumNode)}`,
    // Native code stays outside; the command works without it and says what it lacks.
    external: ['koffi'],
    loader: {
      '.nft': 'text',
      '.md': 'text',
      '.yaml': 'text',
      '.html': 'text',
      '.css': 'text',
      '.svg': 'text',
    },
    // Names of functions and classes are part of error reports.
    keepNames: true,
    legalComments: 'linked',
    // CommonJS dependencies inside an ESM bundle call `require` for Node's own modules.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);",
    },
    plugins: [relativeUrls()],
    logLevel: 'warning',
  });
  const page = await bundlePage();
  await write([...page.outputFiles, ...result.outputFiles]);
  await removeOthers(new Set(result.outputFiles.map((file) => path.basename(file.path))));
}

/** The page works things out with the same pure code as the command; of Node.js that takes two names. */
function bundlePage(): Promise<BuildResult<{ write: false }>> {
  return build({
    absWorkingDir: root,
    entryPoints: [
      { in: 'src/page/main.ts', out: 'page/report' },
      { in: 'src/page/page.css', out: 'page/report' },
    ],
    outdir: 'dist',
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2024',
    alias: { 'node:net': './src/page/is-ip.ts' },
    charset: 'utf8',
    // The page goes out into the world by itself.
    legalComments: 'eof',
    logLevel: 'warning',
  });
}

/**
 * Written aside and renamed: a command that starts meanwhile reads the old file or the new one, never half of one. The
 * names of pieces say what is in them, so that it never reads one of each build either.
 */
async function write(files: readonly OutputFile[]): Promise<void> {
  const isStart = (file: OutputFile): boolean => path.basename(file.path) === 'main.js';
  const outputs = [
    ...files.filter((file) => !isStart(file)),
    // After the pieces that it loads.
    ...files.filter(isStart),
    // Last: its time says how old the build is.
    { path: path.join(root, 'dist/ringfence.js'), contents: Buffer.from(launcher()) },
  ];
  for (const output of outputs) {
    const aside = `${output.path}.${String(process.pid)}`;
    await mkdir(path.dirname(output.path), { recursive: true });
    try {
      await writeFile(aside, output.contents);
      await chmod(aside, output.path.endsWith('ringfence.js') ? 0o755 : 0o644);
      await rename(aside, output.path);
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
  }
}

/** Removes the pieces of earlier builds, which nothing loads any more. */
async function removeOthers(outputs: ReadonlySet<string>): Promise<void> {
  const folder = path.join(root, 'dist/cli');
  for (const name of await readdir(folder)) {
    if (/\.js(\.LEGAL\.txt)?$/.test(name) && !outputs.has(name))
      await rm(path.join(folder, name), { force: true });
  }
}

/** Refuses what works in the sources but not in the bundle. */
function relativeUrls(): Plugin {
  return {
    name: 'relative-urls',
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path: file }) => {
        const inside = path.relative(path.join(root, 'src'), file);
        if (inside.startsWith('..')) return undefined;
        const contents = await readFile(file, 'utf8');
        const usesUrl = /import\.meta\.(url|dirname|filename)/.test(contents);
        const errors = [];
        if (usesUrl && inside.split(path.sep).length !== 2) {
          errors.push({
            text: 'import.meta.url is bundled into dist/cli: use it only in src/ROOM/FILE.ts',
            location: { file },
          });
        }
        if (/new URL\(\s*['"`][^'"`]*\.ts['"`]\s*,\s*import\.meta/.test(contents)) {
          errors.push({ text: 'a URL of a .ts file does not exist in the bundle', location: { file } });
        }
        return { contents, loader: 'ts', errors };
      });
    },
  };
}

/** Runs on any Node.js with ES modules. The commands' exit code 2 means "could not answer". */
function launcher(): string {
  return `#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

if (Number(process.version.slice(1).split('.')[0]) >= ${String(minimumNode)}) {
  import('./cli/main.js').catch(fail);
} else {
  const candidates = ['../node_modules/.bin/node', '../node_modules/node/bin/node'];
  const node = candidates.map((name) => fileURLToPath(new URL(name, import.meta.url))).find((name) => existsSync(name));
  if (node !== undefined && process.env.RINGFENCE_REEXEC === undefined) again(node);
  else {
    console.error('ringfence: needs Node.js ${String(minimumNode)} or newer, this is ' + process.version + ' (' + process.execPath + ')');
    process.exitCode = 2;
  }
}

// Signals are passed on, so that whoever stops the command stops the one that works.
function again(node) {
  const env = Object.assign({}, process.env, { RINGFENCE_REEXEC: '1' });
  const child = spawn(node, process.execArgv.concat(process.argv.slice(1)), { stdio: 'inherit', env });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', fail);
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code;
      return;
    }
    for (const each of signals) process.removeAllListeners(each);
    process.kill(process.pid, signal);
  });
}

function fail(error) {
  console.error(error);
  process.exitCode = 2;
}
`;
}
