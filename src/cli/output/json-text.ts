import { printable, printableLines } from '../../model/read/quote.ts';

/** A document as text. Read back, text is as it was written: whoever shows it escapes it. None of it can steer a terminal. */
export function jsonText(document: object): string {
  // Within its strings JSON may escape any character; outside of them there are line breaks alone.
  return `${printableLines(JSON.stringify(document, null, 2))}\n`;
}

/** A value of a longer document, in one line. */
export function jsonLine(value: object | string): string {
  return printable(JSON.stringify(value));
}
