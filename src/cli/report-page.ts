import { readFile } from 'node:fs/promises';

/** What the build makes of `src/page`: the same files beside the sources and in the package. */
export async function reportPageParts(): Promise<{ readonly script: string; readonly style: string }> {
  try {
    const [script, style] = await Promise.all([
      readFile(new URL('../../dist/page/report.js', import.meta.url), 'utf8'),
      readFile(new URL('../../dist/page/report.css', import.meta.url), 'utf8'),
    ]);
    return { script, style };
  } catch (error) {
    throw new Error('the page has not been built: run "npm run build"', { cause: error });
  }
}
