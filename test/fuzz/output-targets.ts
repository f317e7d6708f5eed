import { SyntaxValidator } from 'fast-xml-validator';
import fc from 'fast-check';
import { connectivityOf } from '../../src/analysis/connectivity/connectivity.ts';
import { focusOf } from '../../src/analysis/picture/focus.ts';
import { pictureOf } from '../../src/analysis/picture/picture.ts';
import { connectivityJson } from '../../src/cli/output/connectivity-json.ts';
import { jsonText } from '../../src/cli/output/json-text.ts';
import { connectivityCsv } from '../../src/cli/output/matrix/csv.ts';
import { matrixDot } from '../../src/cli/output/matrix/dot.ts';
import { focusMarkdown, focusSvg, focusText } from '../../src/cli/output/matrix/focus.ts';
import { matrixHtml } from '../../src/cli/output/matrix/html.ts';
import { matrixMarkdown } from '../../src/cli/output/matrix/markdown.ts';
import { matrixSvg } from '../../src/cli/output/matrix/svg.ts';
import { matrixText } from '../../src/cli/output/matrix/text.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { address, clusterOf, namespaceOf, podOf, policyOf } from '../cases/builders.ts';
import { type Ran, run } from '../golden/command-line.ts';
import { type Format, shapeOf } from './output-shape.ts';
import { printableLines, promise } from './promises.ts';
import { type Target, target } from './target.ts';

/** Text that would be more than text, in one of the many places that take some. */
export function outputTargets(): readonly Target[] {
  return [
    target('outputs of commands', commandInput, commandLine),
    target('outputs, names', hostile, namesInPictures),
  ];
}

const payloads = [
  '"><script>alert(1)</script>', "' onload='x", '</text><svg onload=x>', '</script><img src=x>', ']]>', '<!--', '-->', '&lt;&amp;', '&#0;',
  '\n::error::x', '%0A::error file=x::y', '\r\nok 1 - x', '\nnot ok 9', '# SKIP', '\n1..0', '...\n---', '|', '`', '``` \n# x', '[x](javascript:x)',
  '![x](http://x)', '@everyone', '#1', '*x* _y_ ~z~', '"];x [label="', '\\', '\\N', '\\"', '"', "'", '=cmd|x!A1', '+1', ',', '","', '\u001b[2J',
  '\u001b]8;;http://x\u0007', '\u009b2J', '\u202e', '\u2028', '\u0000', '\ufffe', '\ud800', '\ufeff', '\u0085', '\t', '{{x}}', '${x}', '%s',
  '$(reboot)', '__proto__', 'constructor', 'x'.repeat(5000), 'http://www.x.example', 'a://b', '::group::', '::stop-commands::x', '<a href=x>',
]; // prettier-ignore

const hostile: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...payloads) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
      { weight: 1, arbitrary: fc.constantFrom('a', 'web', ' ', '/', '-') },
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(''));

interface CommandInput {
  readonly command: keyof typeof commands;
  readonly place: (typeof places)[number];
  readonly text: string;
}

/** Each with the format of what it prints. */
const commands = {
  'matrix -f m': 'text',
  'matrix -f m -o json': 'json',
  'matrix -f m -o csv': 'csv',
  'matrix -f m -o md': 'md',
  'matrix -f m -o svg': 'xml',
  'matrix -f m -o html': 'html',
  'matrix -f m -o dot': 'dot',
  'lint -f m': 'text',
  'lint -f m -o json': 'json',
  'lint -f m -o sarif': 'json',
  'lint -f m -o github': 'github',
  'diff m before': 'text',
  'diff m before -o json': 'json',
  'diff m before -o md': 'md',
  'test t': 'text',
  'test t -o json': 'json',
  'test t -o junit': 'xml',
  'test t -o tap': 'tap',
  'test t -o github': 'github',
  'test t -o md': 'md',
  'can any shop/db:80 -f m': 'text',
  'explain any shop/db:80 -f m': 'text',
  'explain any shop/db:80 -f m -o json': 'json',
  'compile -f m --node n1': 'nft',
  'compile -f m --node n1 -o json': 'json',
  'compile -f m --node n1 -o ir': 'json',
  'report -f m --tests t -o -': 'html',
} as const satisfies Readonly<Record<string, Format>>;

const places = [
  'file', 'test file', 'pod', 'namespace', 'label', 'label key', 'annotation', 'annotation key', 'reason', 'ignore', 'policy', 'port name',
  'selector value', 'block', 'field', 'host', 'path', 'service', 'end', 'line', 'why', 'test name', 'test field', 'source', 'destination',
  'yaml',
] as const; // prettier-ignore

const commandInput: fc.Arbitrary<CommandInput> = fc.record({
  command: fc.constantFrom(...(Object.keys(commands) as (keyof typeof commands)[])),
  place: fc.constantFrom(...places),
  text: hostile,
});

/** What a harmless text in that place gives. */
const harmless = new Map<string, Promise<Ran>>();

/** Nothing steers the terminal, and the output has the form that it has with a harmless text in that place. */
async function commandLine({ command, place, text }: CommandInput): Promise<void> {
  const { code, out, err } = await runWith(command, place, text);
  promise([0, 1, 2].includes(code), `exit code ${String(code)}`);
  const format = commands[command];
  printableLines(unmarked(format, out));
  printableLines(err);
  promise(!/^ {4}at .*:\d+:\d+/m.test(err), `a stack: ${err}`);
  promise(
    !/TypeError|RangeError|is not a function|of undefined/.test(err),
    `an error of the program: ${err}`,
  );
  if (out === '') return;
  validate(format, out);
  const key = `${command} ${place}`;
  const usual = harmless.get(key) ?? runWith(command, place, 'x');
  harmless.set(key, usual);
  const { code: usualCode, out: usualOut } = await usual;
  // What cannot be answered is told in one way here and in another there.
  if (code === usualCode && code !== 2) sameShape(format, out, usualOut);
}

/** Without what the format itself puts between lines. */
function unmarked(format: Format, out: string): string {
  // The page has a script of its own, which nobody prints.
  if (format === 'html') return out.replace(/<script>.*?<\/script>/s, '');
  if (format === 'github') return out.replace(/^::/gm, '');
  if (format === 'csv') return out.replaceAll('\r\n', '\n');
  return format === 'nft' ? out.replace(/^\t+/gm, '') : out;
}

function validate(format: Format, out: string): void {
  if (format === 'json') JSON.parse(out);
  if (format !== 'xml') return;
  // It throws where it is none.
  SyntaxValidator.validate(out);
}

function sameShape(format: Format, out: string, usual: string): void {
  const [found, expected] = [shapeOf(format, out), shapeOf(format, usual)];
  promise(found === expected, `another form:\n${found}\ninstead of\n${expected}`);
}

function runWith(command: string, place: CommandInput['place'], text: string): Promise<Ran> {
  const args = command.split(' ').map((word, index, words) => {
    const isQuestion = words[0] === 'can' || words[0] === 'explain';
    if (isQuestion && index === 1 && place === 'source') return text;
    return isQuestion && index === 2 && place === 'destination' ? text : word;
  });
  return run(args, { files: filesWith(place, text), columns: 120 });
}

function filesWith(place: CommandInput['place'], text: string): Readonly<Record<string, string>> {
  const at = (here: CommandInput['place'], usual: string): string => (here === place ? text : usual);
  const fileName = (here: CommandInput['place']): string =>
    at(here, 'a').replaceAll('/', '_').replaceAll('\u0000', '_');
  const tests = {
    manifests: ['../m'],
    allow: [
      at('line', 'any -> shop/db:80'),
      { from: at('end', 'any'), to: 'shop/db', why: at('why', 'x'), name: at('test name', 'x') },
    ],
    ...(place === 'test field' ? { [text]: 'x' } : {}),
  };
  const objects = manifestsWith(at, place).map((object) => JSON.stringify(object));
  return {
    [`m/${fileName('file')}.yaml`]: `${objects.join('\n---\n')}\n${place === 'yaml' ? `---\n${text}\n` : ''}`,
    'before/a.yaml': '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}\n',
    [`t/${fileName('test file')}.policy-test.yaml`]: JSON.stringify(tests),
  };
}

function manifestsWith(
  at: (place: CommandInput['place'], usual: string) => string,
  place: CommandInput['place'],
): readonly object[] {
  const pod = (name: string, podIP: string, labels: object): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name, labels },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'c', ports: [{ name: at('port name', 'http'), containerPort: 80 }] }],
    },
    status: { phase: 'Running', podIP },
  });
  const networking = { apiVersion: 'networking.k8s.io/v1' };
  return [
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: { podCIDRs: ['10.0.0.0/24'] } },
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { team: at('namespace', 'x') } },
    },
    pod('db', '10.0.0.1', { app: 'db' }),
    // The first letter keeps the order.
    pod(`w${at('pod', 'eb')}`, '10.0.0.2', { app: at('label', 'x'), [at('label key', 'tier')]: 'x' }),
    {
      ...networking,
      kind: 'NetworkPolicy',
      metadata: {
        namespace: 'shop',
        name: at('policy', 'db'),
        annotations: {
          [at('annotation key', 'x')]: at('annotation', 'x'),
          'ringfence.dev/lint-ignore': at('ignore', `rule-never-fires: ${at('reason', 'x')}`),
        },
      },
      spec: {
        podSelector: { matchLabels: { app: 'db' } },
        ingress: [
          {
            from: [{ podSelector: { matchLabels: { app: at('selector value', 'x') } } }],
            ports: [{ port: 'http' }],
          },
          { from: [{ ipBlock: { cidr: at('block', '10.0.0.0/8') } }] },
        ],
        ...(place === 'field' ? { [at('field', '')]: 'x' } : {}),
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name: at('service', 'web') },
      spec: { selector: { app: 'x' }, ports: [{ port: 80 }] },
    },
    {
      ...networking,
      kind: 'Ingress',
      metadata: { namespace: 'shop', name: 'web' },
      spec: {
        rules: [
          {
            host: at('host', 'a.example'),
            http: {
              paths: [
                {
                  path: `/${at('path', 'x')}`,
                  pathType: 'Prefix',
                  backend: { service: { name: 'web', port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
  ];
}

/** A running cluster is not held to the rules of names here: pictures are of whatever it says. */
function namesInPictures(text: string): void {
  const [found, usual] = [picturesOf(text), picturesOf('x')];
  for (const [name, [format, out]] of Object.entries(found)) {
    try {
      printableLines(unmarked(format, out));
      validate(format, out);
      if (format !== 'text') sameShape(format, out, usual[name]?.[1] ?? '');
    } catch (error) {
      throw new Error(name, { cause: error });
    }
  }
}

function picturesOf(text: string): Readonly<Record<string, readonly [Format, string]>> {
  const connectivity = connectivityOf(clusterWith(text), 'pod');
  const picture = pictureOf(connectivity);
  const focus = focusOf(
    pictureOf(connectivity, ({ kind }) => kind === 'pods'),
    0,
  );
  return {
    text: ['text', matrixText(picture, { width: 120, colour: false })],
    json: ['json', [...connectivityJson(connectivity, () => true)].join('')],
    document: ['json', jsonText({ [text]: text })],
    csv: ['csv', [...connectivityCsv(connectivity, () => true)].join('')],
    markdown: ['md', matrixMarkdown(picture)],
    svg: ['xml', matrixSvg(picture)],
    html: ['html', matrixHtml(picture, text)],
    dot: ['dot', matrixDot(picture)],
    'focus, text': ['text', focusText(focus, { width: 120, colour: false })],
    'focus, markdown': ['md', focusMarkdown(focus)],
    'focus, svg': ['xml', focusSvg(focus)],
  };
}

/** The first letters keep the order, whatever follows them. */
function clusterWith(text: string): Cluster {
  const [one, two] = [`a${text}`, `b${text}`];
  return clusterOf({
    namespaces: [namespaceOf(one, { team: text })],
    pods: [
      podOf(`${one}/x`, {
        namespace: one,
        name: one,
        addresses: [address('10.0.0.1')],
        labels: { app: text },
      }),
      podOf(`${one}/y`, {
        namespace: one,
        name: two,
        addresses: [address('10.0.0.2')],
        labels: { [text]: 'x' },
      }),
    ],
    policies: [
      policyOf(`${one}/p`, {
        namespace: one,
        name: text,
        policyTypes: ['ingress'],
        ingress: [
          {
            index: 0,
            peers: [{ kind: 'pods', podSelector: [{ key: 'app', operator: 'In', values: [text] }] }],
          },
        ],
      }),
    ],
  });
}
