const longest = 120;

/**
 * Text from outside as it may stand in a message: in double quotes, shortened, and without characters that could steer a
 * terminal or reorder the line (controls, bidirectional marks, line separators).
 */
export function quote(text: string): string {
  return `"${shorten(text).replace(/["\\]/g, '\\$&').replace(steering, escape)}"`;
}

/**
 * The same without quotes, for text that already stands in its own line. Nor can it be a command to the log of a CI job:
 * GitHub's runner takes `::NAME ...::` at the start of a line, on stdout and stderr alike, and `##[NAME]` anywhere.
 */
export function printable(text: string): string {
  return text.replace(steering, escape).replace(workflowCommand, '$1\\u003a');
}

/** The same for several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** As the runner reads it (actions/runner, `ActionCommand`). Its commands are none that could be addresses: `::ffff:10.0.0.1`. */
const workflowCommand = /^(\s*):(?=:[a-f]*[g-z-])/i;

const steering =
  /(?<=##)\[|[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** As much of a text as a message shows. */
export function shorten(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}...`;
}

function escape(character: string): string {
  switch (character) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default:
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
}
