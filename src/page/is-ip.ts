// What the pure rooms take from `node:net`, for browsers. The build puts it in the place of that module.

const byte = '(?:[0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])';
const four = `(?:${byte}\\.){3}${byte}`;
const group = '(?:[0-9a-fA-F]{1,4})';
const fourPattern = new RegExp(`^${four}$`);
const sixPattern = new RegExp(
  '^(?:' +
    `(?:${group}:){7}(?:${group}|:)|` +
    `(?:${group}:){6}(?:${four}|:${group}|:)|` +
    `(?:${group}:){5}(?::${four}|(?::${group}){1,2}|:)|` +
    `(?:${group}:){4}(?:(?::${group}){0,1}:${four}|(?::${group}){1,3}|:)|` +
    `(?:${group}:){3}(?:(?::${group}){0,2}:${four}|(?::${group}){1,4}|:)|` +
    `(?:${group}:){2}(?:(?::${group}){0,3}:${four}|(?::${group}){1,5}|:)|` +
    `(?:${group}:){1}(?:(?::${group}){0,4}:${four}|(?::${group}){1,6}|:)|` +
    `(?::(?:(?::${group}){0,5}:${four}|(?::${group}){1,7}|:))` +
    ')(?:%[0-9a-zA-Z-.:]{1,})?$',
);

export function isIPv4(text: string): boolean {
  return fourPattern.test(text);
}

export function isIPv6(text: string): boolean {
  return sixPattern.test(text);
}
