import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Standing {
  readonly outer: ChildProcess;
  readonly netns: string;
  readonly verdict: string;
}

const script = `${import.meta.dirname}/enter.lab.ts`;

it('leaves nothing behind when the command is killed', async () => {
  const before = hostState();
  const lab = await start([process.execPath, script]);
  expect(lab.verdict).toBe('allowed');
  expect(processesOf(lab).length).toBeGreaterThan(2);
  expect(hostState()).toEqual(before);
  lab.outer.kill('SIGKILL');
  await expect.poll(() => processesOf(lab), { timeout: 5000 }).toEqual([]);
  expect(hostState()).toEqual(before);
});

it('leaves nothing behind when the lab process itself is killed', async () => {
  const lab = await start([process.execPath, script]);
  const inner = processesOf(lab).find(
    (pid) => commandOf(pid)[0] === process.execPath && pid !== lab.outer.pid,
  );
  expect(inner).toBeDefined();
  process.kill(inner!, 'SIGKILL');
  const [status] = (await once(lab.outer, 'exit')) as [number];
  expect(status).toBe(137);
  await expect.poll(() => processesOf(lab), { timeout: 5000 }).toEqual([]);
});

it('hands signals and the exit status through', async () => {
  const lab = await start([process.execPath, script]);
  lab.outer.kill('SIGTERM');
  const [status] = (await once(lab.outer, 'exit')) as [number];
  expect(status).toBe(7);
  await expect.poll(() => processesOf(lab), { timeout: 5000 }).toEqual([]);
});

it.runIf(process.geteuid?.() === 0)('needs no root where user namespaces are allowed', async () => {
  const before = hostState();
  const ordinary = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const lab = await start([...ordinary, process.execPath, script]);
  expect(lab.verdict).toBe('allowed');
  lab.outer.kill('SIGKILL');
  await expect.poll(() => processesOf(lab), { timeout: 5000 }).toEqual([]);
  expect(hostState()).toEqual(before);
});

const token = (lab: Pick<Standing, 'outer'>): string => String(lab.outer.spawnargs.at(-1));
let started = 0;

async function start([file = '', ...args]: readonly string[]): Promise<Standing> {
  // The last argument marks the processes of this lab, and means nothing to them.
  const mark = `--mark=${String(process.pid)}-${String((started += 1))}`;
  const outer = spawn(file, [...args, mark], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  outer.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const line = await Promise.race([
    once(outer.stdout.setEncoding('utf8'), 'data').then(([text]) => String(text)),
    once(outer, 'exit').then(([status]) =>
      Promise.reject(new Error(`exit status ${String(status)}: ${stderr}`)),
    ),
  ]);
  return { outer, ...(JSON.parse(line) as { netns: string; verdict: string }) };
}

/** Every process that carries the mark, or stands in the lab's network namespace. */
function processesOf(lab: Standing): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        if (readFileSync(`/proc/${String(pid)}/status`, 'utf8').includes('State:\tZ')) return false;
        return (
          commandOf(pid).includes(token(lab)) || readlinkSync(`/proc/${String(pid)}/ns/net`) === lab.netns
        );
      } catch (error) {
        // Gone meanwhile, or somebody else's.
        if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
        throw error;
      }
    });
}

function commandOf(pid: number): readonly string[] {
  return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').split('\0');
}

/** What a lab must not change: interfaces, named namespaces and mounts of the host. */
function hostState(): unknown {
  const text = (file: string, ...args: readonly string[]): string =>
    execFileSync(file, args, { encoding: 'utf8' });
  return {
    links: text('ip', '-brief', 'link'),
    namespaces: text('ip', 'netns', 'list'),
    mounts: readFileSync('/proc/self/mounts', 'utf8').match(/^.*(ringfence|netns).*$/gm),
  };
}
