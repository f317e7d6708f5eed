import { protocols } from '../../net/protocol.ts';

// The lines of policy tests as regular expressions, as far as these can tell: never narrower than what the readers of
// src/analysis/ends take, and wider where only arithmetic or the cluster can say no. They are for the editor; the readers are
// what counts. Written for ECMAScript with the u flag, as JSON Schema has it.

const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const name = '[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?';

const address = '(?:\\d{1,3}(?:\\.\\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*)(?:/\\d{1,3})?';
const block = `${address}(?:\\s+except\\b\\s*${address}(?:\\s*,\\s*${address})*)?`;

const key = '(?:[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?/)?[A-Za-z0-9](?:[-_.A-Za-z0-9]*[A-Za-z0-9])?';
const value = '(?:[A-Za-z0-9](?:[-_.A-Za-z0-9]*[A-Za-z0-9])?)?';
const values = `\\(\\s*${value}\\s*(?:,\\s*${value}\\s*)*\\)`;
const requirement = `(?:${key}\\s*(?:==?|!=)\\s*${value}|!\\s*${key}|${key}(?:\\s+(?:not)?in\\s*${values})?)`;
/** One of the requirements says more than a word, or it would be one. */
const selects = '(?=(?:(?!->)[\\s\\S])*(?:[=!]|\\s(?:not)?in\\s*\\())';
const selector = `${selects}(?:(?:${label}|\\*)/\\s*)?${requirement}(?:\\s*,\\s*${requirement})*`;

const host = '[A-Za-z0-9][-A-Za-z0-9]*(?:\\.[-A-Za-z0-9]+)+';
/** The path of an Ingress may hold anything else, spaces too. */
const path = '/(?:(?!->)[^=!])*';

/** Kinds are read in any case, by any of kubectl's names. */
const object = `(?:svc|ing)(?:/${label})?/${name}|${label}/(?:\\*|(?:[A-Za-z]+/)?${name})`;
const plain = `ns:(?:\\*|${label})|${object}|${name}`;
const end = `(?:${plain}|\\[${block}\\]|${block}|${selector}|${host}${path})(?:\\s*\\?)?`;

const protocol = `(?:${protocols.map(inAnyCase).join('|')})`;
const number = '0*[1-9]\\d{0,4}';
const portName = '(?=[-0-9]*[a-z])[a-z0-9](?:-?[a-z0-9]){0,14}';
const port = `(?:\\*/${inAnyCase('other')}|(?:\\*|${number}(?:-${number})?|${portName})(?:/${protocol})?)`;
const ports = `${port}(?:\\s*,\\s*${port})*`;

/** `HOST:PORT/PATH`, as URLs have it. */
const url = `${host}\\s*:\\s*${ports}\\s*/(?:(?!->)[\\s\\S])*`;
const destination = `(?:${end}(?:\\s*:\\s*${ports})?|${url})`;

export const endPattern = whole(end);
export const destinationPattern = whole(destination);
export const portsPattern = whole(ports);
/** `FROM -> TO[:PORTS]`. */
export const linePattern = whole(`(?:${end})\\s*->\\s*${destination}`);
/** A line that YAML takes for a key, as there is a space before its ports. */
export const keyPattern = `^\\s*(?:${end})\\s*->\\s*\\S`;

export const labelPattern = `^${label}$`;
export const labelKeyPattern = `^${key}$`;
export const labelValuePattern = `^${value}$`;
export const portNamePattern = `^(?:${portName})?$`;
/** Of an ipBlock, which is read as the API reads it. */
export const cidrPattern = '^[0-9a-fA-F:.]+/\\d{1,4}$';
/** A word that a suite gives a meaning. */
export const namePattern = `^(?!(?:any|internet|node|true|false)$)(?=.*[a-z])${label}$`;
/** A lock file, beside the test or below. */
export const lockFilePattern =
  '^(?!/)(?!(?:[\\s\\S]*/)?\\.\\.(?:/|$))(?!(?:[\\s\\S]*/)?\\.lock$)[^\\u0000]*\\.lock$';

function whole(pattern: string): string {
  return `^\\s*(?:${pattern})\\s*$`;
}

function inAnyCase(word: string): string {
  return word.replace(/[a-zA-Z]/g, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
}
