import { readFile } from 'node:fs/promises';

/** The page of a rule of the linter, from the package. The id is one of the registry's: it is part of a path. */
export function lintPage(id: string): Promise<string> {
  return readFile(new URL(`../../rules/lint/${id}.md`, import.meta.url), 'utf8');
}
