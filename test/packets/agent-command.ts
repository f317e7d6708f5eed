import { globSync, statSync } from 'node:fs';

const root = `${import.meta.dirname}/../..`;

/**
 * The command that starts the program under test: the built one, which starts three times as fast, unless sources are
 * newer than it is.
 */
export function agentCommand(): readonly string[] {
  return [process.execPath, isBuilt() ? `${root}/dist/ringfence.js` : `${root}/src/cli/main.ts`];
}

function isBuilt(): boolean {
  const bundle = statSync(`${root}/dist/cli/main.js`, { throwIfNoEntry: false });
  if (bundle === undefined) return false;
  const sources = globSync('src/**/*.{ts,json}', { cwd: root });
  return sources.every((file) => statSync(`${root}/${file}`).mtimeMs < bundle.mtimeMs);
}
