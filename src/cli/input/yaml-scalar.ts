/**
 * What a plain scalar means to kubectl (sigs.k8s.io/yaml, the resolve function of its YAML library): YAML 1.1 booleans,
 * octal and binary numbers, and no base 60. A timestamp stays text.
 */
export function resolvePlain(text: string): string | number | boolean | null {
  if (text === '' || nulls.has(text)) return null;
  if (truths.has(text)) return true;
  if (falsehoods.has(text)) return false;
  return resolveNumber(text) ?? text;
}

/** What a scalar with one of YAML's own tags means; other tags change nothing. */
export function resolveTagged(tag: string, text: string): string | number | boolean | null {
  switch (tag) {
    case 'tag:yaml.org,2002:null':
    case 'tag:yaml.org,2002:bool':
    case 'tag:yaml.org,2002:int':
    case 'tag:yaml.org,2002:float':
      return resolvePlain(text);
    default:
      return text;
  }
}

const nulls = new Set(['~', 'null', 'Null', 'NULL']);
const truths = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const falsehoods = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']);

function resolveNumber(text: string): number | undefined {
  if (!/^[-+.0-9]/.test(text)) return undefined;
  const special = /^([-+]?)\.(?:inf|Inf|INF)$/.exec(text);
  if (special !== null) return special[1] === '-' ? -Infinity : Infinity;
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) return NaN;
  const digits = text.startsWith('.') ? text : text.replaceAll('_', '');
  const [, sign, radix, body] = /^([-+]?)(0[xX]|0[oO]?(?=[0-7])|0[bB])([0-9a-fA-F]+)$/.exec(digits) ?? [];
  if (radix !== undefined && body !== undefined) {
    const number = inRadix(radix, body);
    if (number !== undefined) return sign === '-' ? -number : number;
  }
  return /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(digits) ? Number(digits) : undefined;
}

function inRadix(prefix: string, body: string): number | undefined {
  switch (prefix.toLowerCase()) {
    case '0x':
      return Number.parseInt(body, 16);
    case '0b':
      return /^[01]+$/.test(body) ? Number.parseInt(body, 2) : undefined;
    default:
      // `08` is no octal number: it is read as a decimal one.
      return /^[0-7]+$/.test(body) ? Number.parseInt(body, 8) : undefined;
  }
}
