import { createHash } from 'node:crypto';
import { dataElementId, type ReportData } from '../../page/data.ts';
import { jsonLine } from '../output/json-text.ts';
import { xmlText } from '../output/xml.ts';

/** The script and the style of the page, as they were built. */
export interface PageParts {
  readonly script: string;
  readonly style: string;
}

/**
 * The report as one page. It may run its own script and use its own style, by their hashes, and do nothing else: no request, no
 * form, no frame. What others wrote is in the data alone, from where the script puts it into text.
 */
export function reportHtml(data: ReportData, { script, style }: PageParts): string {
  const title = `Ringfence report: ${labelOf(data)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${xmlText(title)}</title>
<style>${style}</style>
</head>
<body>
<noscript><p>This report draws itself with the script that it contains, and scripts are off here. <code>ringfence matrix -o html</code> writes a page without one.</p></noscript>
<div id="report"></div>
<script type="application/json" id="${dataElementId}">${inlineJson(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function labelOf({ before, after }: ReportData): string {
  return before === undefined ? after.label : `${before.label} to ${after.label}`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** JSON in which nothing can end the element that it stands in, begin another, or be no character. */
function inlineJson(data: ReportData): string {
  return jsonLine(data).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026');
}
