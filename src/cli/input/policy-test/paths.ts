import { posix } from 'node:path';

/** A path below a directory, named as short as it can be. */
export function joined(directory: string, name: string): string {
  return directory === '.' ? name : `${directory === '/' ? '' : directory}/${name}`;
}

/** `./a//b/` and `a/b` are one path, and are named the same. */
export function tidyPath(path: string): string {
  const plain = posix.normalize(path);
  return plain.length > 1 ? plain.replace(/\/$/, '') : plain;
}

/** A path that stands in a file, relative to it unless it is absolute. */
export function besideFile(file: string, path: string): string {
  return tidyPath(posix.isAbsolute(path) ? path : posix.join(posix.dirname(file), path));
}
