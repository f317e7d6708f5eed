import type { LabelSelector } from '../../model/label-selector.ts';
import { quote } from '../../model/read/quote.ts';
import { readSelectorText } from '../../model/read/selector-text.ts';
import { parseAddress } from '../../net/address.ts';
import { type Cidr, cidrCovers, hostCidr, readCidr } from '../../net/cidr.ts';
import { protocols } from '../../net/protocol.ts';
import { type Expressed, expressed, type ExpressionProblem, notExpressed } from './expressed.ts';
import { prefixOfKind, workloadKindOf } from './object-kinds.ts';
import { type PortExpression, readPorts } from './port-expression.ts';

/** One end of connections, as people write it: in policy tests and on the command line. */
export interface EndExpression {
  /** As written, without ports. */
  readonly text: string;
  readonly means: EndMeaning;
  /** A `?` after it: it may match nobody. */
  readonly optional: boolean;
}

export type EndMeaning =
  /** Everybody: pods that exist and pods to come, and every address. */
  | { readonly kind: 'any' }
  /** Addresses of the public internet. */
  | { readonly kind: 'internet' }
  /** Nodes, apart from the pod's own. */
  | { readonly kind: 'node' }
  /** A name of the test file, a workload of the default namespace, or the host of an Ingress. */
  | { readonly kind: 'word'; readonly word: string }
  | {
      readonly kind: 'workload';
      readonly namespace: string;
      readonly objectKind?: string;
      readonly name: string;
    }
  /** The pods of a namespace, with those to come where it is written `ns:NAME`. */
  | { readonly kind: 'namespace'; readonly namespace: string; readonly toCome: boolean }
  /** The pods of all namespaces, with those to come: `ns:*`. */
  | { readonly kind: 'pods' }
  /** Pods by label, in one namespace or in all. */
  | { readonly kind: 'selector'; readonly namespace?: string; readonly selector: LabelSelector }
  | { readonly kind: 'service'; readonly namespace?: string; readonly name: string }
  | { readonly kind: 'ingress'; readonly namespace?: string; readonly name: string }
  /** The host of an Ingress, with a path. */
  | { readonly kind: 'host'; readonly host: string; readonly path: string }
  /** A block of addresses, without those of other blocks. */
  | { readonly kind: 'addresses'; readonly cidr: Cidr; readonly except?: readonly Cidr[] };

/** The receiving end, with ports; no ports is every port of every protocol. */
export interface DestinationExpression {
  readonly end: EndExpression;
  readonly ports: readonly PortExpression[];
}

/** Longer than anything a person writes; reading a selector takes time by the square of its length. */
const longest = 8_000;

/**
 * Reads `END[:PORT,PORT...]`, for the host of an Ingress also `HOST[:PORT]/PATH` and a URL. An IPv6 address or block with
 * ports stands in brackets.
 */
export function readDestination(text: string): Expressed<DestinationExpression> {
  if (text.length > longest) return notExpressed(`${quote(text)} is too long`);
  const { end: endText, ports: portsText } = splitWebUrl(text.trim()) ?? splitPorts(text.trim());
  const end = readEnd(endText);
  if (!end.ok) return end;
  if (portsText === undefined) return expressed({ end: end.value, ports: [] });
  const ports = readPorts(portsText);
  return ports.ok ? expressed({ end: end.value, ports: ports.value }) : ports;
}

function splitPorts(text: string): { readonly end: string; readonly ports?: string } {
  const outer = /^(\S+)\s+except\s/.exec(text)?.[1];
  if (outer !== undefined && addressesOf(outer)?.includes(':')) return { end: text };
  const [, end, ports] =
    /^(\[[^\]]*\]\??)(?::(.*))?$/.exec(text) ??
    /^(ns:[^:]*)(?::(.*))?$/.exec(text) ??
    splitUrl(text) ??
    (colons.test(text) ? undefined : /^([^:]*):(.*)$/.exec(text)) ??
    [];
  if (end === undefined) return { end: text };
  return ports === undefined ? { end } : { end, ports };
}

/** Two colons before any slash: an IPv6 address, or meant to be one. */
const colons = /^[^/[:]*:[^/:]*:/;

/** `HOST:PORT/PATH` as URLs have it. `HOST:PORT/tcp` is a port with its protocol. */
function splitUrl(text: string): readonly [string, string, string] | undefined {
  const [, host, port, path] = /^([^:/=!]*\.[^:/=!]*):([^:/]+)(\/.*)$/.exec(text) ?? [];
  if (host === undefined || port === undefined || path === undefined) return undefined;
  const isProtocol = port === '*' || protocols.some((protocol) => path.slice(1).toUpperCase() === protocol);
  return isProtocol || path.includes(',') ? undefined : [text, `${host}${path}`, port];
}

const defaultPorts: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** `https://HOST[:PORT]/PATH`: the scheme has a port, no path is the root, and policies do not see a query. */
function splitWebUrl(text: string): { readonly end: string; readonly ports: string } | undefined {
  const [, scheme = '', host, port, path = '/'] =
    /^(https?):\/\/(\[[^\]/]*\]|[^:/?#@]+)(?::(\d+))?(\/[^?#]*)?(?:[?#].*)?$/i.exec(text) ?? [];
  const implied = defaultPorts[scheme.toLowerCase()];
  if (host === undefined || implied === undefined) return undefined;
  const isAddress = host.startsWith('[') || addressesOf(host) !== undefined;
  return { end: isAddress ? host : `${host}${path}`, ports: port ?? implied };
}

/** Reads an end without ports. */
export function readEnd(written: string): Expressed<EndExpression> {
  if (written.length > longest) return notExpressed(`${quote(written)} is too long`);
  const text = written.trim();
  const optional = text.endsWith('?');
  const plain = optional ? text.slice(0, -1).trimEnd() : text;
  if (plain === '') return notExpressed('an end is missing', forms);
  const means = readMeaning(plain);
  return means.ok ? expressed({ text: plain, means: means.value, optional }) : means;
}

const forms =
  'write NAMESPACE/NAME, NAMESPACE/KIND/NAME, NAMESPACE/*, ns:NAMESPACE, app=web, svc/NAMESPACE/NAME, an address, a CIDR, ' +
  'internet, node, any, or a name';

function readMeaning(text: string): Expressed<EndMeaning> {
  if (text === 'any' || text === 'internet' || text === 'node') return expressed({ kind: text });
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1];
  const [, outer, excepts] = /^(\S+)\s+except\b(.*)$/.exec(bracketed ?? text) ?? [];
  if (outer !== undefined && excepts !== undefined) return readBlock(outer, excepts.split(','));
  const cidr = addressesOf(bracketed ?? text);
  if (cidr !== undefined) return expressed({ kind: 'addresses', cidr });
  if (bracketed !== undefined) return noAddress(bracketed);
  if (text === 'ns:*') return expressed({ kind: 'pods' });
  if (text.startsWith('ns:')) return readNamespace(text.slice(3), true);
  if (/^[\d.]*\.[\d.]*(?:\/\d+)?$/.test(text) || colons.test(text)) return noAddress(text);
  if (/[=!]|\s(?:not)?in\s*\(/.test(text)) return readSelector(text);
  return readPath(text);
}

function noAddress(text: string): { readonly ok: false } & ExpressionProblem {
  const reading = readCidr(text);
  if (reading.ok) return notExpressed(`${quote(text)} is an odd spelling of a CIDR`, `write ${reading.cidr}`);
  const [, address, ports] = /^(.*):(\d+(?:[-,/].*)?)$/.exec(text) ?? [];
  const isMeant = address !== undefined && ports !== undefined && addressesOf(address) !== undefined;
  return notExpressed(
    `${quote(text)} is neither an address nor a CIDR`,
    isMeant ? `an IPv6 address with ports stands in brackets: [${address}]:${ports}` : undefined,
  );
}

/** `10.0.0.0/8 except 10.1.0.0/16,10.2.0.0/16`. */
function readBlock(outer: string, excepts: readonly string[]): Expressed<EndMeaning> {
  const cidr = addressesOf(outer);
  if (cidr === undefined) return notExpressed(`${quote(outer)} is neither an address nor a CIDR`);
  const except: Cidr[] = [];
  for (const text of excepts.map((one) => one.trim())) {
    const inner = addressesOf(text);
    if (inner === undefined) return notExpressed(`${quote(text)} is neither an address nor a CIDR`);
    if (!cidrCovers(cidr, inner)) return notExpressed(`${inner} is not inside ${cidr}`);
    except.push(inner);
  }
  return expressed({ kind: 'addresses', cidr, except });
}

/** The block that the text spells: a CIDR in its canonical spelling, or one address. */
function addressesOf(text: string): Cidr | undefined {
  const address = parseAddress(text);
  if (address !== undefined) return hostCidr(address);
  const reading = readCidr(text);
  return reading.ok && reading.oddities.length === 0 ? reading.cidr : undefined;
}

const namespaceName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

function readNamespace(name: string, toCome: boolean): Expressed<EndMeaning> {
  if (!namespaceName.test(name)) return notExpressed(`${quote(name)} is no name of a namespace`);
  return expressed({ kind: 'namespace', namespace: name, toCome });
}

/** `app=web`, `shop/app=web,tier!=x`. What is before the first slash is a namespace, unless it has a dot, as a label's key. */
function readSelector(text: string): Expressed<EndMeaning> {
  const [, namespace, rest] = /^([a-z0-9](?:[-a-z0-9]*[a-z0-9])?|\*)\/(.+)$/.exec(text) ?? [];
  const reading = readSelectorText(rest ?? text);
  if (!reading.ok) return notExpressed(reading.message);
  const { selector } = reading;
  return expressed({
    kind: 'selector',
    ...(namespace === undefined || namespace === '*' ? {} : { namespace }),
    selector,
  });
}

const objectName = /^[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?$/;

const hostName = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)+$/;

function readPath(text: string): Expressed<EndMeaning> {
  const segments = text.split('/');
  const [first = '', second = '', third = '', ...more] = segments;
  if (segments.length > 1 && first.includes('.')) return readHost(first, text.slice(first.length));
  if (segments.length === 1) {
    return objectName.test(first) ? expressed({ kind: 'word', word: first }) : notAnEnd(text);
  }
  if (more.length > 0) return notAnEnd(text);
  if (first === 'svc' || first === 'ing') {
    const [namespace, name] = segments.length === 2 ? [undefined, second] : [second, third];
    if (!objectName.test(name) || (namespace !== undefined && !namespaceName.test(namespace))) {
      return notAnEnd(text);
    }
    const kind = first === 'svc' ? 'service' : 'ingress';
    return expressed({ kind, ...(namespace === undefined ? {} : { namespace }), name });
  }
  if (segments.length === 2 && second === '*') return readNamespace(first, false);
  const name = segments.length === 2 ? second : third;
  if (!namespaceName.test(first) || !objectName.test(name)) return notAnEnd(text);
  if (segments.length === 2) return expressed({ kind: 'workload', namespace: first, name });
  const objectKind = workloadKindOf(second);
  if (objectKind !== undefined) return expressed({ kind: 'workload', namespace: first, objectKind, name });
  const prefix = prefixOfKind(second);
  const isPath = prefix?.endsWith('/') === true;
  return notExpressed(
    `${quote(second)} is no kind of workload`,
    isPath ? `write ${prefix}${first}/${name}` : 'for example shop/deployment/web',
  );
}

/** A host is compared in lower case, a path as it is. */
function readHost(written: string, path: string): Expressed<EndMeaning> {
  const host = written.toLowerCase();
  if (hostName.test(host)) return expressed({ kind: 'host', host, path });
  const isWildcard = host.startsWith('*.') && hostName.test(host.slice(2));
  return notExpressed(
    `${quote(written)} is no host`,
    isWildcard ? `write a host that it covers, such as www${host.slice(1)}` : undefined,
  );
}

function notAnEnd(text: string): { readonly ok: false } & ExpressionProblem {
  const message = `${quote(text)} names nobody`;
  if (text.includes('://')) {
    return notExpressed(
      message,
      'a URL stands at the receiving end alone, and begins with http:// or https://',
    );
  }
  const [, end] = /^([^:]+):[^:]*$/.exec(text) ?? [];
  const hasPorts = end !== undefined && readMeaning(end).ok;
  return notExpressed(message, hasPorts ? 'ports stand at the receiving end alone' : forms);
}
