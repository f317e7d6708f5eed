import { Command, Option } from 'commander';
import {
  type Connectivity,
  connectivityIn,
  connectivityOf,
} from '../../analysis/connectivity/connectivity.ts';
import type { By, Endpoint } from '../../analysis/connectivity/endpoints.ts';
import { noDnsNames } from '../../analysis/ends/dns-names.ts';
import { focusOf } from '../../analysis/picture/focus.ts';
import { type Picture, pictureOf } from '../../analysis/picture/picture.ts';
import { type LabelSelector, matchesSelector } from '../../model/label-selector.ts';
import { quote } from '../../model/read/quote.ts';
import { readSelectorText } from '../../model/read/selector-text.ts';
import { closest } from '../../model/read/suggestion.ts';
import { exitCode } from '../exit-code.ts';
import { type ClusterOptions, readCluster, withClusterOptions } from '../input-options.ts';
import { connectivityJson } from '../output/connectivity-json.ts';
import { connectivityCsv } from '../output/matrix/csv.ts';
import { matrixDot } from '../output/matrix/dot.ts';
import { focusMarkdown, focusSvg, focusText } from '../output/matrix/focus.ts';
import { matrixHtml } from '../output/matrix/html.ts';
import { matrixMarkdown } from '../output/matrix/markdown.ts';
import { matrixSummary } from '../output/matrix/summary.ts';
import { matrixSvg } from '../output/matrix/svg.ts';
import { matrixText, type TextFormat } from '../output/matrix/text.ts';
import type { Finish } from '../program.ts';
import { printPieces, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

const formats = ['text', 'json', 'csv', 'md', 'svg', 'html', 'dot'] as const;
const units = ['workload', 'pod', 'namespace'] as const;

interface MatrixOptions extends ClusterOptions {
  readonly by?: By;
  readonly selector?: string;
  readonly focus?: string;
  readonly output: (typeof formats)[number];
}

/** Where nobody says how wide a line may be. */
const defaultWidth = 100;

/** More groups than that, and a drawing of workloads becomes one of namespaces, unless it was asked for. */
const mostGroups = 120;

/** More than that is a text that nobody reads as a picture, cut into blocks as it is. */
const mostInText = 400;

/** `ringfence matrix`: who reaches whom. */
export function matrixCommand(terminal: Terminal, finish: Finish): Command {
  return withClusterOptions(new Command('matrix'))
    .summary('who reaches whom')
    .description(
      'Shows who reaches whom, by workload. Workloads that the policies treat alike are one row and one column. ' +
        'With -n, -l or --focus it shows what has to do with those; the others are folded.',
    )
    .addOption(new Option('--by <unit>', 'what a row stands for').choices(units))
    .option('-l, --selector <labels>', 'pods with these labels, and what has to do with them')
    .option('--focus <endpoint>', 'one workload: who reaches it, and whom it reaches')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(formats).default('text'))
    .addHelpText(
      'after',
      `
Examples:
  ringfence matrix -f deploy/
  ringfence matrix -f deploy/ -n shop -o svg > shop.svg
  ringfence matrix -f deploy/ --focus shop/web
  ringfence matrix --context prod --by namespace -o csv`,
    )
    .action(async (options: MatrixOptions) => {
      const selector = options.selector === undefined ? undefined : selectorOf(options.selector);
      const read = await readCluster(options, terminal);
      if (read === undefined) {
        finish(exitCode.cannotAnswer);
        return;
      }
      const connectivity = connectivityOf(read.cluster, options.by ?? 'workload');
      const isAsked = askedBy(connectivity, options, selector);
      await printPieces(terminal, documentOf(connectivity, isAsked, options, terminal));
    });
}

function selectorOf(text: string): LabelSelector {
  const reading = readSelectorText(text);
  if (reading.ok) return reading.selector;
  throw new UsageError(`-l ${quote(text)}: ${reading.message}`);
}

/** Who is asked about; `undefined` where all are. An empty answer would look like a closed cluster. */
function askedBy(
  { endpoints }: Connectivity,
  { namespace, focus }: MatrixOptions,
  selector: LabelSelector | undefined,
): ((endpoint: Endpoint) => boolean) | undefined {
  if (namespace === undefined && focus === undefined && selector === undefined) return undefined;
  const isAsked = (endpoint: Endpoint): boolean =>
    (focus === undefined || isNamed(endpoint, focus, namespace)) &&
    (endpoint.kind === 'pods'
      ? (namespace === undefined || endpoint.namespace === namespace) &&
        (selector === undefined || endpoint.pods.some(({ labels }) => matchesSelector(selector, labels)))
      : namespace === undefined && selector === undefined);
  if (endpoints.some(isAsked)) return isAsked;
  const ids = endpoints.map(({ id }) => id);
  const meant = focus === undefined ? undefined : closest(focus, ids);
  const dns = focus !== undefined && /^[^/]+\.[^/]*[a-z]/i.test(focus) ? noDnsNames : undefined;
  const whom = [
    ...(focus === undefined ? [] : [quote(focus)]),
    ...(namespace === undefined ? [] : [`in namespace ${quote(namespace)}`]),
    ...(selector === undefined ? [] : ['with such labels']),
  ].join(' ');
  throw new UsageError(`there is no endpoint ${whom}`, meant === undefined ? dns : `did you mean ${meant}?`);
}

/** Of a workload whose pods differ every part is meant, unless one of them is named. */
function isNamed(endpoint: Endpoint, name: string, space = 'default'): boolean {
  if (endpoint.id === name) return true;
  if (endpoint.kind === 'external' || endpoint.objectKind === 'Namespace') return false;
  const full = name.includes('/') ? name : `${space}/${name}`;
  const { namespace, objectKind } = endpoint;
  const names = [endpoint.name, `${objectKind.toLowerCase()}/${endpoint.name}`];
  return names.some((own) => full === `${namespace}/${own}`);
}

function* documentOf(
  connectivity: Connectivity,
  isAsked: ((endpoint: Endpoint) => boolean) | undefined,
  options: MatrixOptions,
  terminal: Terminal,
): Generator<string> {
  const { output, focus } = options;
  const isMeant = (from: Endpoint, to: Endpoint): boolean =>
    isAsked === undefined || isAsked(from) || isAsked(to);
  if (output === 'json') yield* connectivityJson(connectivity, isMeant);
  else if (output === 'csv') yield* connectivityCsv(connectivity, isMeant);
  else if (focus === undefined)
    yield drawn(pictureFor(connectivity, isAsked, options, terminal), options, terminal);
  else {
    const picture = pictureOf(connectivity, isAsked);
    yield drawnAround(picture, options, terminal);
  }
}

function pictureFor(
  connectivity: Connectivity,
  isAsked: ((endpoint: Endpoint) => boolean) | undefined,
  { by }: MatrixOptions,
  terminal: Terminal,
): Picture {
  const picture = pictureOf(connectivity, isAsked);
  if (by !== undefined || isAsked !== undefined || picture.groups.length <= mostGroups) return picture;
  terminal.err(
    `note: ${String(picture.groups.length)} rows are too many to draw, so namespaces are drawn; --by workload, -n or -l say otherwise\n`,
  );
  return pictureOf(connectivityIn(connectivity.reach, 'namespace'));
}

function drawn(picture: Picture, { output }: Pick<MatrixOptions, 'output'>, terminal: Terminal): string {
  if (output === 'md') return matrixMarkdown(picture);
  if (output === 'svg') return matrixSvg(picture);
  if (output === 'html') return matrixHtml(picture, 'Who reaches whom');
  if (output === 'dot') return matrixDot(picture);
  if (picture.groups.length > mostInText) {
    terminal.err(
      `note: ${String(picture.groups.length)} rows are too many for a terminal, so they are summed up; -n, -l or --focus draw some, -o csv lists all\n`,
    );
    return matrixSummary(picture);
  }
  return matrixText(picture, textFormat(terminal));
}

function drawnAround(
  picture: Picture,
  { output }: Pick<MatrixOptions, 'output'>,
  terminal: Terminal,
): string {
  const parts = picture.groups.flatMap(({ isFocus }, at) => (isFocus ? [focusOf(picture, at)] : []));
  const [only, ...others] = parts;
  if (output === 'md') return parts.map(focusMarkdown).join('\n');
  if (output === 'text') return parts.map((part) => focusText(part, textFormat(terminal))).join('\n');
  // A file of SVG is one drawing, so several parts are drawn as rows.
  if (output === 'svg' && only !== undefined && others.length === 0) return focusSvg(only);
  return drawn(picture, { output }, terminal);
}

function textFormat({ columns, colour }: Terminal): TextFormat {
  return { width: columns ?? defaultWidth, colour: colour.out };
}
