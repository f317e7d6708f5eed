import { createHash } from 'node:crypto';
import type { Picture } from '../../../analysis/picture/picture.ts';
import { trafficText } from '../../../net/traffic.ts';
import { xmlText } from '../xml.ts';
import { groupText } from '../../../analysis/picture/labels.ts';
import { matrixSvg, svgStyle } from './svg.ts';

const pageStyle = `
  body { font: 14px ui-sans-serif, system-ui, sans-serif; margin: 2rem; color: #1b1f24; background: #fff; }
  table { border-collapse: collapse; margin-top: 2rem; }
  th, td { text-align: left; padding: 0.2rem 0.8rem; border-bottom: 1px solid #e4e7eb; }
`;

/** The picture and its connections as one page without scripts: it asks nobody for anything. */
export function matrixHtml(picture: Picture, title: string): string {
  const names = picture.groups.map(groupText);
  const rows = names.flatMap((from, source) =>
    names.flatMap((to, destination) => {
      const { state, traffic } = picture.cell(source, destination);
      if (state !== 'rule' && state !== 'open') return [];
      const why = state === 'open' ? 'no policy isolates either end' : 'a rule';
      return [
        `<tr><td>${xmlText(from)}</td><td>${xmlText(to)}</td><td>${xmlText(trafficText(traffic))}</td><td>${why}</td></tr>`,
      ];
    }),
  );
  const hashes = [pageStyle, svgStyle].map(
    (style) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${hashes.join(' ')}">
<title>${xmlText(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<h1>${xmlText(title)}</h1>
${matrixSvg(picture)}<table>
<thead><tr><th>from</th><th>to</th><th>ports</th><th>allowed by</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</body>
</html>
`;
}
