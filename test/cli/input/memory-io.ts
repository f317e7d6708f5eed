import type { DirectoryEntry, InputIo } from '../../../src/cli/input/input-io.ts';
import { type Input, type InputRequest, loadInput } from '../../../src/cli/input/load-input.ts';

/** Files by path; directories are what the paths say. */
export function memoryIo(files: Readonly<Record<string, string | Uint8Array>>, stdin = ''): InputIo {
  const encode = (content: string | Uint8Array): Uint8Array =>
    typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const isDirectory = (path: string): boolean =>
    path === '.' || Object.keys(files).some((file) => file.startsWith(`${path}/`));
  const missing = (): Error => Object.assign(new Error('no such file'), { code: 'ENOENT' });
  return {
    kindOf: (path) => {
      if (isDirectory(path)) return Promise.resolve('directory');
      return files[path] === undefined ? Promise.reject(missing()) : Promise.resolve('file');
    },
    readFile: (path) => {
      const content = files[path];
      return content === undefined ? Promise.reject(missing()) : Promise.resolve(encode(content));
    },
    readDirectory: (path) => {
      const prefix = path === '.' ? '' : `${path}/`;
      const entries = new Map<string, DirectoryEntry>();
      for (const file of Object.keys(files).filter((name) => name.startsWith(prefix))) {
        const [name = '', ...below] = file.slice(prefix.length).split('/');
        entries.set(name, { name, kind: below.length > 0 ? 'directory' : 'file' });
      }
      return Promise.resolve([...entries.values()].reverse());
    },
    readStdin: () => Promise.resolve(encode(stdin)),
  };
}

/** Loads one text as the file `in.yaml`. */
export function load(text: string | Uint8Array, request: Partial<InputRequest> = {}): Promise<Input> {
  return loadInput({ files: ['in.yaml'], ...request }, memoryIo({ 'in.yaml': text }));
}

/** `file:line:column severity message` of each diagnostic. */
export function said(input: Input): readonly string[] {
  return input.diagnostics.map(({ source, severity, message }) => {
    const place = source === undefined ? '' : `${source.file}:${source.line}:${source.column} `;
    return `${place}${severity}: ${message}`;
  });
}
