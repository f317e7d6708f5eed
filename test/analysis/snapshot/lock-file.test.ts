import { expect, test } from 'vitest';
import { compareLines, lockFileText, readLockFile } from '../../../src/analysis/snapshot/lock-file.ts';

const lines = ['a/b -> c/d', 'any -> a/b  # open'];

test('what is written is read', () => {
  expect(readLockFile(lockFileText(lines))).toEqual({ ok: true, lines });
  expect(readLockFile(lockFileText([]))).toEqual({ ok: true, lines: [] });
  expect(readLockFile(lockFileText(lines).replaceAll('\n', '\r\n'))).toEqual({ ok: true, lines });
});

test.for<[string, string, number, string, boolean]>([
  ['nothing', '', 1, 'this is no lock file of ringfence', false],
  ['another lock file', '{\n  "lockfileVersion": 3\n}', 1, 'this is no lock file of ringfence', false],
  [
    'a later form',
    lockFileText(lines).replace('connectivity 1', 'connectivity 12'),
    1,
    'a lock file of form 12, where form 1 is known',
    true,
  ],
  [
    'a conflict',
    lockFileText(['<<<<<<< HEAD', ...lines, '=======', '>>>>>>> other']),
    3,
    'a merge conflict',
    true,
  ],
  [
    'a conflict at once',
    `<<<<<<< HEAD\n${lockFileText(lines)}=======\n>>>>>>> x\n`,
    1,
    'a merge conflict',
    true,
  ],
  ['a conflict of another file', '<<<<<<< HEAD\na\n=======\n', 1, 'a merge conflict', false],
  [
    'a line of something else',
    lockFileText([...lines, 'key: value']),
    5,
    'this is no line of a lock file',
    true,
  ],
])('%s', ([, text, line, message, isOurs]) => {
  expect(readLockFile(text)).toMatchObject({ ok: false, line, message, isOurs });
});

test('the order of lines says nothing', () => {
  expect(compareLines(['b', 'a'], ['a', 'c'])).toEqual({ added: ['c'], removed: ['b'] });
  expect(compareLines(['b', 'a', 'a'], ['a', 'b'])).toEqual({ added: [], removed: [] });
});
