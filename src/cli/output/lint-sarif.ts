import { createHash } from 'node:crypto';
import type { Location, Log, Result } from 'sarif';
import type { Finding, LintRule, Severity } from '../../analysis/lint/rule.ts';
import { referenceText } from '../../analysis/lint/objects.ts';
import { printable } from '../../model/read/quote.ts';
import { jsonText } from './json-text.ts';

const levels: Readonly<Record<Severity, Result.level>> = { error: 'error', warning: 'warning', info: 'note' };

/** What a SARIF log says beside the findings. */
export interface SarifContext {
  readonly rules: readonly LintRule[];
  /** The page of each rule, in Markdown. */
  readonly pages: ReadonlyMap<string, string>;
  /** The working directory: files below it are named relative to it. */
  readonly folder: string;
  /** The working directory, seen from the top of the checkout: GitHub reads names from there. */
  readonly folderInCheckout: string;
  readonly version: string;
}

/** The findings as SARIF 2.1.0 (OASIS), with every rule and its page. */
export function lintSarif(
  findings: readonly Finding[],
  { rules, pages, folder, folderInCheckout, version }: SarifContext,
): string {
  const fingerprints = createFingerprints();
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'ringfence',
            semanticVersion: version,
            rules: rules.map(({ id, title, severity }) => ({
              id,
              shortDescription: { text: title },
              fullDescription: { text: whyOf(pages.get(id)) ?? title },
              help: { text: pages.get(id) ?? title, markdown: pages.get(id) ?? title },
              defaultConfiguration: { level: levels[severity] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({
          ruleId: finding.rule,
          ruleIndex: rules.findIndex(({ id }) => id === finding.rule),
          level: levels[finding.severity],
          message: { text: messageOf(finding) },
          locations: locationsOf(finding, folder, folderInCheckout),
          partialFingerprints: { 'ringfence/v1': fingerprints(finding) },
          ...suppressionsOf(finding),
        })),
      },
    ],
  };
  return jsonText(log);
}

/** The first paragraph of the page's "Why": GitHub wants no rule without such a text. */
function whyOf(page: string | undefined): string | undefined {
  return page === undefined ? undefined : /^## Why\n\n(.+)$/m.exec(page)?.[1];
}

function messageOf({ message, hint }: Finding): string {
  return printable(hint === undefined ? message : `${message}. Hint: ${hint}`);
}

function locationsOf({ place, object }: Finding, folder: string, folderInCheckout: string): Location[] {
  const physical =
    place === undefined
      ? {}
      : {
          physicalLocation: {
            artifactLocation: { uri: uriOf(place.file, folder, folderInCheckout) },
            region: { startLine: place.line, startColumn: place.column },
          },
        };
  const logical =
    object === undefined
      ? {}
      : {
          logicalLocations: [
            { name: printable(object.name), fullyQualifiedName: printable(referenceText(object)) },
          ],
        };
  const location: Location = { ...physical, ...logical };
  return Object.keys(location).length === 0 ? [] : [location];
}

/** Relative where it can be; a colon or a percent sign in a name must not make it something else. */
function uriOf(file: string, folder: string, folderInCheckout: string): string {
  const isBelow = file.startsWith(`${folder}/`);
  const below = isBelow ? file.slice(folder.length + 1) : file;
  const shown = below.startsWith('/') || folderInCheckout === '' ? below : `${folderInCheckout}/${below}`;
  const path = shown.toWellFormed().split('/').map(encodeURIComponent).join('/');
  return shown.startsWith('/') ? `file://${path}` : path;
}

function suppressionsOf({ ignored }: Finding): Pick<Result, 'suppressions'> {
  if (ignored === undefined) return {};
  const kind = ignored.by === 'annotation' ? 'inSource' : 'external';
  return { suppressions: [{ kind, justification: printable(ignored.reason) }] };
}

/** Without lines, which move: what it says about which object of which file, and how often it says so. */
function createFingerprints(): (finding: Finding) => string {
  const seen = new Map<string, number>();
  return ({ rule, place, object, message }) => {
    const text = JSON.stringify([rule, place?.file, object && referenceText(object), message]);
    const count = seen.get(text) ?? 0;
    seen.set(text, count + 1);
    return `${createHash('sha256').update(text).digest('hex').slice(0, 32)}:${String(count + 1)}`;
  };
}
