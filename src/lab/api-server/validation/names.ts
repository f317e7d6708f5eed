import type { NameRule } from '../resources.ts';

const compiled = new Map<string, RegExp>();
const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';

/** What is wrong with an object's name, in the server's words; empty when nothing is. */
export function checkName(name: string, rule: NameRule): readonly string[] {
  switch (rule) {
    case 'subdomain':
      return checkSubdomain(name);
    case 'label':
      return checkLabel(name);
    case 'label1035':
      return [
        ...tooManyBytes(name, 63),
        ...mismatch(
          name,
          label1035,
          "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
          ['my-name', 'abc-123'],
        ),
      ];
  }
}

/** apimachinery `IsDNS1123Label`. */
export function checkLabel(name: string): readonly string[] {
  const dots = matches(name, subdomain) && !matches(name, label);
  return [
    ...tooManyBytes(name, 63),
    ...(dots
      ? ['must not contain dots']
      : mismatch(
          name,
          label,
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
          ['my-name', '123-abc'],
        )),
  ];
}

/** apimachinery `IsDNS1123Subdomain`. */
export function checkSubdomain(name: string): readonly string[] {
  return [
    ...tooManyBytes(name, 253),
    ...mismatch(
      name,
      subdomain,
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
      ['example.com'],
    ),
  ];
}

/** apimachinery `IsQualifiedName`: keys of labels and annotations. */
export function checkQualifiedName(key: string): readonly string[] {
  const rule =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  const examples = ['MyName', 'my.name', '123-abc'];
  const parts = key.split('/');
  const [prefix, name] = parts.length === 1 ? [undefined, key] : [parts[0] ?? '', parts[1] ?? ''];
  if (parts.length > 2) {
    return [
      `a qualified name ${regexError(rule, qualified, examples)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const prefixErrors =
    prefix === undefined ? [] : prefix === '' ? ['must be non-empty'] : checkSubdomain(prefix);
  const nameErrors = [
    ...(name === '' ? ['must be non-empty'] : []),
    ...tooManyBytes(name, 63),
    ...mismatch(name, qualified, rule, examples),
  ];
  return [
    ...prefixErrors.map((text) => `prefix part ${text}`),
    ...nameErrors.map((text) => `name part ${text}`),
  ];
}

/** apimachinery `IsValidLabelValue`. */
export function checkLabelValue(value: string): readonly string[] {
  return [
    ...tooManyBytes(value, 63),
    ...mismatch(
      value,
      labelValue,
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      ['MyValue', 'my_value', '12345'],
    ),
  ];
}

/** apimachinery `IsValidPortName`. */
export function checkPortName(name: string): readonly string[] {
  return [
    ...tooManyBytes(name, 15),
    ...(/^[-a-z0-9]+$/.test(name)
      ? []
      : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
    ...(/[a-z]/.test(name) ? [] : ['must contain at least one letter (a-z)']),
    ...(name.includes('--') ? ['must not contain consecutive hyphens'] : []),
    ...(/^-|-$/.test(name) ? ['must not begin or end with a hyphen'] : []),
  ];
}

/** apimachinery `IsValidPortNum`. */
export function checkPortNumber(port: number): readonly string[] {
  return port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

function tooManyBytes(text: string, max: number): readonly string[] {
  return Buffer.byteLength(text) > max ? [`must be no more than ${String(max)} bytes`] : [];
}

function mismatch(
  text: string,
  pattern: string,
  rule: string,
  examples: readonly string[],
): readonly string[] {
  return matches(text, pattern) ? [] : [regexError(rule, pattern, examples)];
}

function matches(text: string, pattern: string): boolean {
  const ready = compiled.get(pattern) ?? new RegExp(`^(?:${pattern})$`);
  compiled.set(pattern, ready);
  return ready.test(text);
}

function regexError(rule: string, pattern: string, examples: readonly string[]): string {
  const list = examples.map((example) => `'${example}', `).join(' or ');
  return `${rule} (e.g. ${list}regex used for validation is '${pattern}')`;
}
