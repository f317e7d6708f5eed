import { fileURLToPath } from 'node:url';

/** The sample cluster and policies that `lab demo` enforces: the same file in the sources and in the package. */
export const sampleFolder = fileURLToPath(new URL('../../rules/demo/', import.meta.url));
