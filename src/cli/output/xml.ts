import { printable } from '../../model/read/quote.ts';

/** Text as it may stand in XML or HTML, in an element or in a quoted attribute; characters that XML forbids are spelled out. */
export function xmlText(text: string): string {
  return printable(text)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
