import { spawnInLab } from '../../../src/lab/network/enter.ts';

// How to test with packets. The test itself stays in the host's namespaces and only judges; a script beside it,
// `name.lab.ts`, does the work inside a lab of its own and ends with `report(result)`:
//
//   const result = await runInLab<Result>(`${import.meta.dirname}/name.lab.ts`, 'bridge');
//   expect(result.dropped).toEqual([...]);
//
// Nothing has to be cleaned up: the lab ends with the script.

/** Runs a script in a lab of its own and returns what it reported. Rejects with its error output where it fails. */
export async function runInLab<T>(script: string, ...args: readonly string[]): Promise<T> {
  const child = spawnInLab([process.execPath, script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) throw new Error(`${script} ${args.join(' ')}: exit status ${String(status)}\n${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Hands the result of a script to its test. */
export function report(result: unknown): void {
  process.stdout.write(JSON.stringify(result));
}
