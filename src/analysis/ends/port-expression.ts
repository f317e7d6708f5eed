import { type Protocol, protocols } from '../../net/protocol.ts';
import { portNameErrors } from '../../model/read/names.ts';
import { quote, shorten } from '../../model/read/quote.ts';
import { type Expressed, expressed, notExpressed } from './expressed.ts';

/** One item of a list of ports, as people write it. */
export type PortExpression =
  /** `8080`, `8080/udp`, `1000-2000`; a star is every port. */
  | { readonly kind: 'range'; readonly protocol: Protocol; readonly first: number; readonly last: number }
  /** `http`, `dns/udp`: the port of that name at the receiving end. */
  | { readonly kind: 'named'; readonly name: string; readonly protocol?: Protocol }
  /** Every protocol that policies cannot name. */
  | { readonly kind: 'other' };

/** Reads `80,8000-8080/tcp,dns/udp`. A number without protocol is TCP, as the API has it. */
export function readPorts(text: string): Expressed<readonly PortExpression[]> {
  const ports: PortExpression[] = [];
  for (const item of text.split(',')) {
    const port = readPort(item.trim());
    if (!port.ok) return port;
    ports.push(port.value);
  }
  return expressed(ports);
}

/** Ports as people write them. */
export function portExpressionText(port: PortExpression): string {
  if (port.kind === 'other') return '*/other';
  if (port.kind === 'named')
    return port.name + (port.protocol === undefined ? '' : protocolText(port.protocol));
  const { protocol, first, last } = port;
  const isEach = first === 1 && last === 65535;
  const number = isEach ? '*' : first === last ? String(first) : `${String(first)}-${String(last)}`;
  return protocol === 'TCP' ? number : `${number}${protocolText(protocol)}`;
}

function protocolText(protocol: Protocol): string {
  return `/${protocol.toLowerCase()}`;
}

const forms = 'write 8080, 8080/udp, http, 1000-2000, or a list of these with commas';

function readPort(item: string): Expressed<PortExpression> {
  const [name = '', written, ...more] = item.split('/');
  const protocol = protocols.find((known) => known === written?.toUpperCase());
  if (more.length > 0 || name === '') return notExpressed(`${quote(item)} is no port`, forms);
  if (name === '*' && written?.toLowerCase() === 'other') return expressed({ kind: 'other' });
  if (written !== undefined && protocol === undefined) {
    return notExpressed(
      `${quote(written)} is no protocol`,
      'one of tcp, udp, sctp; */other is every other protocol',
    );
  }
  if (name === '*') return expressed({ kind: 'range', protocol: protocol ?? 'TCP', first: 1, last: 65535 });
  const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(name) ?? [];
  if (first !== undefined) return readRange(Number(first), Number(last ?? first), protocol ?? 'TCP', name);
  if (portNameErrors(name).length > 0) return notExpressed(`${quote(name)} is no port`, forms);
  return expressed({ kind: 'named', name, ...(protocol === undefined ? {} : { protocol }) });
}

function readRange(first: number, last: number, protocol: Protocol, text: string): Expressed<PortExpression> {
  if (first < 1 || last > 65535) return notExpressed(`port ${shorten(text)} is not between 1 and 65535`);
  if (last < first) return notExpressed(`the range ${shorten(text)} ends before it begins`);
  return expressed({ kind: 'range', protocol, first, last });
}
