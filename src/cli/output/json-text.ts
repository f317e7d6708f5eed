import { printable } from '../../model/read/quote.ts';

/** A document as text. Read back, text is as it was written: whoever shows it escapes it. None of it can steer a terminal. */
export function jsonText(document: object): string {
  // Within its strings JSON may escape any character; outside of them there are line breaks alone.
  const lines = JSON.stringify(document, null, 2).split('\n').map(printable);
  return `${lines.join('\n')}\n`;
}
