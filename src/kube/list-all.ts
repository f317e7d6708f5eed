import { createKubeClient, type KubeConfigSource } from './client.ts';
import { systemClock } from './clock.ts';
import { KubeError } from './errors.ts';
import { listPages } from './list.ts';

/** Milliseconds without a byte from the API server before a list is given up. */
const idle = 30_000;

/** How often a list whose continue token grew too old is begun again. */
const attempts = 3;

/**
 * Every object of each resource, as the API server has it now, without watching: for commands that look once. The lists are
 * of slightly different moments.
 *
 * @param paths by name of the resource: `/api/v1/pods`
 * @throws {KubeError} the first that any list meets; nothing is ever left out
 */
export async function listAll<Name extends string>(
  source: KubeConfigSource,
  paths: Readonly<Record<Name, string>>,
  signal: AbortSignal,
): Promise<Readonly<Record<Name, readonly unknown[]>>> {
  const client = await createKubeClient(source);
  try {
    const entries = Object.entries<string>(paths).map(
      async ([name, path]) => [name, await listWhole({ client, clock: systemClock }, path, signal)] as const,
    );
    return Object.fromEntries(await Promise.all(entries)) as Record<Name, readonly unknown[]>;
  } finally {
    client.close();
  }
}

async function listWhole(
  exchange: Parameters<typeof listPages>[0],
  path: string,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const items: unknown[] = [];
      for await (const page of listPages(exchange, path, {}, idle, signal)) items.push(...page.items);
      return items;
    } catch (error) {
      const isExpired = error instanceof KubeError && error.code === 'expired';
      if (!isExpired || attempt === attempts) throw error;
    }
  }
}
