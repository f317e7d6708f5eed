// apimachinery's util/validation and api/validate/content: what names, labels and ports may look like, in its words.
// Each function lists what is wrong with the text; nothing for valid text. Lengths come first: the expressions are only
// run on text that is short, so that no input makes them slow.

const dnsLabel = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const dnsSubdomain = `${dnsLabel}(\\.${dnsLabel})*`;
const qualifiedName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';

const isDnsLabel = new RegExp(`^${dnsLabel}$`);
const isDnsSubdomain = new RegExp(`^${dnsSubdomain}$`);
const isQualifiedName = new RegExp(`^${qualifiedName}$`);
const isLabelValue = new RegExp(`^${labelValue}$`);

const nameText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
  `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedName}')`;

/** Names of Namespaces and Services: RFC 1123 labels. */
export function dnsLabelErrors(text: string): readonly string[] {
  if (text.length > 63) return ['must be no more than 63 bytes'];
  if (isDnsLabel.test(text)) return [];
  if (isDnsSubdomain.test(text)) return ['must not contain dots'];
  return [
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
      `with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${dnsLabel}')`,
  ];
}

/** Names of most objects: RFC 1123 subdomains. */
export function dnsSubdomainErrors(text: string): readonly string[] {
  if (text.length > 253) return ['must be no more than 253 bytes'];
  if (isDnsSubdomain.test(text)) return [];
  return [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
      `and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${dnsSubdomain}')`,
  ];
}

/** Keys of labels: a name of up to 63 characters, with an optional DNS subdomain and a slash before it. */
export function labelKeyErrors(text: string): readonly string[] {
  const parts = text.length > 253 + 1 + 63 ? [text] : text.split('/');
  const [first = '', second] = parts;
  const name = second ?? first;
  if (parts.length > 2) {
    return [
      `a qualified name ${nameText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const errors: string[] = [];
  if (second !== undefined && first === '') errors.push('prefix part must be non-empty');
  else if (second !== undefined)
    errors.push(...dnsSubdomainErrors(first).map((error) => `prefix part ${error}`));
  if (name === '') errors.push('name part must be non-empty');
  else if (name.length > 63) errors.push('name part must be no more than 63 bytes');
  else if (!isQualifiedName.test(name)) errors.push(`name part ${nameText}`);
  return errors;
}

/** Values of labels: up to 63 characters, or empty. */
export function labelValueErrors(text: string): readonly string[] {
  if (text.length > 63) return ['must be no more than 63 bytes'];
  if (isLabelValue.test(text)) return [];
  return [
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and " +
      "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
      `'${labelValue}')`,
  ];
}

/** Names of ports (RFC 6335 service names in lower case). */
export function portNameErrors(text: string): readonly string[] {
  if (text.length > 15) return ['must be no more than 15 bytes'];
  const errors: string[] = [];
  if (!/^[-a-z0-9]+$/.test(text)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(text)) errors.push('must contain at least one letter (a-z)');
  if (text.includes('--')) errors.push('must not contain consecutive hyphens');
  if (text.startsWith('-') || text.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

/** Numbers of ports. */
export function portNumberErrors(port: number): readonly string[] {
  return port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}
