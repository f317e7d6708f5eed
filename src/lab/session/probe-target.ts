import { parseAddress } from '../../net/address.ts';

/** Whom to probe, as a person writes it. */
export interface ProbeTarget {
  /** `namespace/pod`, the name of a node or outside host, `svc/namespace/name`, or an address. */
  readonly host: string;
  /** Absent: whatever the host declares. */
  readonly port?: ProbePort;
}

export type ProbePort =
  | { readonly kind: 'number'; readonly number: number; readonly protocol: 'TCP' | 'UDP' | 'SCTP' }
  /** Of a container or of a Service's port; a protocol only where one is written. */
  | { readonly kind: 'name'; readonly name: string; readonly protocol?: 'TCP' | 'UDP' | 'SCTP' }
  | { readonly kind: 'icmp' };

/**
 * Reads `HOST[:PORT[/PROTOCOL]]`. An IPv6 address with a port stands in brackets; `icmp` in the place of a port is a ping.
 *
 * @throws Error with code `LAB_PROBE_TARGET` and a hint
 */
export function readProbeTarget(text: string): ProbeTarget {
  if (parseAddress(text) !== undefined) return { host: text };
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const plain = /^([^:]*)(?::(.*))?$/.exec(text);
  const [, host = '', port] = bracketed ?? plain ?? [];
  if (host === '') throw invalid(`"${text}" is not HOST[:PORT[/PROTOCOL]]`);
  return { host, ...(port === undefined ? {} : { port: readPort(port) }) };
}

function readPort(text: string): ProbePort {
  const [name = '', written, ...more] = text.split('/');
  const protocol = written?.toUpperCase();
  if (more.length > 0 || (protocol !== undefined && !isProtocol(protocol))) {
    throw invalid(`"${text}" is not PORT[/PROTOCOL]`);
  }
  if (name.toLowerCase() === 'icmp') {
    if (protocol === undefined) return { kind: 'icmp' };
    throw invalid('a ping has no protocol of its own: write "icmp" alone');
  }
  if (/^\d+$/.test(name)) {
    const number = Number(name);
    if (number < 1 || number > 65535) throw invalid(`port ${name} is not between 1 and 65535`);
    return { kind: 'number', number, protocol: protocol ?? 'TCP' };
  }
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name))
    throw invalid(`"${name}" is neither a port nor the name of one`);
  return { kind: 'name', name, ...(protocol === undefined ? {} : { protocol }) };
}

function isProtocol(text: string): text is 'TCP' | 'UDP' | 'SCTP' {
  return ['TCP', 'UDP', 'SCTP'].includes(text);
}

function invalid(message: string): Error {
  return Object.assign(new Error(message), {
    code: 'LAB_PROBE_TARGET',
    hint: 'for example shop/db:5432, kube-system/dns:53/udp, svc/shop/web:80, [fd00::1]:443, node-1:icmp',
  });
}
