import { describe, expect, test } from 'vitest';
import { printable, quote } from '../../src/model/read/quote.ts';
import { run } from '../golden/command-line.ts';

// Whoever opens a pull request chooses names of files and texts in them. The log of a CI job takes commands from lines of
// stdout and of stderr; a terminal takes them from control characters.

const command = '::error ##[warning]::add-mask::';
const file = `::stop-commands::x\n::error::y\u001b[2J\u202e ##[group].yaml`;
const policyTest = file.replace('.yaml', '.policy-test.yaml');

const manifests = `# ##[add-mask]a
apiVersion: v1
kind: Pod
metadata:
  namespace: shop
  name: web
  labels: { app: web }
  ownerReferences: [{ apiVersion: apps/v1, kind: ${JSON.stringify(command)}, name: ${JSON.stringify(`${command}\n${command}`)}, uid: a, controller: true }]
spec: { nodeName: w, containers: [{ name: web, ports: [{ containerPort: 80, name: http }] }] }
status: { podIP: 10.0.0.7 }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { namespace: shop, name: web, annotations: { ringfence.dev/lint-ignore: ${JSON.stringify(`dns-forgotten: ${command}\n${command}`)} } }
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{ ipBlock: { cidr: 10.1.2.3/8 } }] # ##[stop-commands]a
---
apiVersion: example.com/v1
kind: ${JSON.stringify(`${command}\n${command}`)}
metadata: { name: a }
`;
const broken = manifests.replace(
  'podSelector:',
  `${JSON.stringify(`${command}\n${command}`)}: 1\n  podSelektor:`,
);
const tests = `manifests: [${JSON.stringify(file)}]
allow:
- ${JSON.stringify({ from: 'any', to: 'shop/web', name: `${command}\n${command}`, why: `${command}\n${command}` })}
- ${JSON.stringify(`shop/web -> ${command}`)}
- shop/web -> shop/wbe
`;

/** As actions/runner reads a line (`ActionCommand.TryParseV2`, `TryParse`). */
function isCommand(line: string): boolean {
  return /^\s*::[a-z-]*[g-z-][a-z-]*(?: .*)?::/i.test(line) || /##\[/.test(line);
}

/** Lines that somebody takes for more than text. */
function steering(text: string): readonly string[] {
  return text
    .split(/[\n\r\u0085\u2028\u2029]/)
    .filter((line) => isCommand(line) || /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.test(line));
}

const files = { [file]: manifests };
const before = { 'a.yaml': manifests.replace('10.1.2.3/8', '192.0.2.0/24'), [file]: manifests };

const asked = ['shop/web', '10.0.0.9:80', '-f', file];
const compile = ['compile', '-f', file];

describe('no name is a command or steers a terminal', () => {
  test.for<[string, Readonly<Record<string, string>>, ...string[]]>([
    ...['text', 'json', 'sarif'].map((output): [string, typeof files, ...string[]] => [
      'lint',
      files,
      'lint',
      '-f',
      file,
      '--show-ignored',
      '-o',
      output,
    ]),
    ['lint of what is broken', { [file]: broken }, 'lint', '-f', file],
    ['lint of what is no YAML', { [file]: `${command}: [\n` }, 'lint', '-f', file],
    ['lint of what is not there', {}, 'lint', '-f', file],
    [
      'lint: config',
      { ...files, [`${file}.c`]: `ignore: ${command}` },
      'lint',
      '-f',
      file,
      '--config',
      `${file}.c`,
    ],
    ['lint: a rule', files, 'lint', '--explain', `\n${command}`],
    ['lint: an ignore', files, 'lint', '-f', file, '--ignore', `\n${command}=a`],
    ...['text', 'json', 'csv', 'md', 'dot', 'html', 'svg'].flatMap(
      (output): [string, typeof files, ...string[]][] => [
        ['matrix', files, 'matrix', '-f', file, '-o', output],
        ['matrix of pods', files, 'matrix', '-f', file, '-o', output, '--by', 'pod'],
      ],
    ),
    ...['text', 'json', 'md'].map((output): [string, typeof files, ...string[]] => [
      'diff',
      before,
      'diff',
      'a.yaml',
      file,
      '-o',
      output,
    ]),
    ['report', before, 'report', '-f', file, '-o', '-'],
    ['diff of nothing', {}, 'diff', `\n${command}`, file],
    ...['text', 'json'].map((output): [string, typeof files, ...string[]] => [
      'explain',
      files,
      'explain',
      ...asked,
      '-o',
      output,
    ]),
    ['can', files, 'can', ...asked],
    ['can: no such end', files, 'can', `\n${command}`, 'shop/web', '-f', file],
    ['can: no such name', files, 'can', 'shop/wbe', 'shop/web', '-f', file],
    ...['nft', 'json', 'ir'].map((output): [string, typeof files, ...string[]] => [
      'compile',
      files,
      ...compile,
      '-o',
      output,
    ]),
    ['compile: no such node', files, ...compile, '--node', `\n${command}`],
    ['compile: what is broken', { [file]: broken }, ...compile],
    ...['text', 'json', 'junit', 'tap', 'md'].map((output): [string, typeof files, ...string[]] => [
      'test',
      { ...files, [policyTest]: tests },
      'test',
      '-o',
      output,
      '--coverage',
      '--mutate',
    ]),
    ['test of nothing', {}, 'test', `\n${command}`],
    ['init', files, 'init', '-f', file, '-o', `\n${command}`],
    ['no such command', {}, `\n${command}`],
    ['no such option', {}, 'lint', `--\n${command}`],
    ['no such choice', {}, 'lint', '-o', `\n${command}`],
    ['no such schema', {}, 'schema', `\n${command}`],
  ])('%s', async ([, given, ...args]) => {
    const { out, err } = await run(args, { files: given });
    expect(`${out}${err}`.trim()).not.toBe('');
    expect(steering(out)).toEqual([]);
    expect(steering(err)).toEqual([]);
  });

  test.for(['lint', 'test'])('%s -o github has its own commands alone', async (name) => {
    const args = name === 'lint' ? ['lint', '-f', file] : ['test'];
    const { out, err } = await run([...args, '-o', 'github'], { files: { ...files, [policyTest]: tests } });
    expect(steering(err)).toEqual([]);
    const own = /^::(?:error|warning|notice) (?:file=[^:,\s]*(?: [^:,]*)?,line=\d+,col=\d+,)?title=/;
    const commands = steering(out).filter((line) => !own.test(line));
    expect(commands.length).toBe(name === 'lint' ? 0 : 1);
    expect(commands.every((line) => /^::stop-commands::[0-9a-f]{64}$/.test(line))).toBe(true);
  });
});

test.for<[string, string]>([
  ['::error::a', '\\u003a:error::a'],
  ['  ::group::', '  \\u003a:group::'],
  ['a ::error::', 'a ::error::'],
  ['a ##[error]', 'a ##\\u005berror]'],
  ['::/0', '::/0'],
  ['::ffff:10.0.0.0/104', '::ffff:10.0.0.0/104'],
  ['::1 and ::abcd', '::1 and ::abcd'],
])('%s is printed as %s', ([text, printed]) => {
  expect(printable(text)).toBe(printed);
  expect(quote(text)).toBe(`"${text.replace('##[', '##\\u005b')}"`);
});
