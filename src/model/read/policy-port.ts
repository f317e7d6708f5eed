import type { PolicyPort } from '../network-policy.ts';
import { type Protocol, protocols } from '../../net/protocol.ts';
import { type Cursor, fieldOf, hasOnlyFields, integerOf, isAbsent, stringOf } from './cursor.ts';
import { reportInvalid, reportUnsupported, reportWrongType } from './field-error.ts';
import { portNameErrors, portNumberErrors } from './names.ts';
import { reportEach } from './object-meta.ts';

/** Reads an item of `ports`. Nothing written is every TCP port. `undefined` where any part is broken. */
export function readPolicyPort(cursor: Cursor): PolicyPort | undefined {
  if (!hasOnlyFields(cursor, ['protocol', 'port', 'endPort'], portHints)) return undefined;
  const protocol = readProtocol(fieldOf(cursor, 'protocol'), otherProtocols);
  const port = readPort(fieldOf(cursor, 'port'));
  const endPort = readEndPort(fieldOf(cursor, 'endPort'), fieldOf(cursor, 'port'));
  if (protocol === undefined || port === undefined || endPort === undefined) return undefined;
  switch (port.kind) {
    case 'every':
      return { kind: 'all', protocol };
    case 'named':
      return { kind: 'named', protocol, name: port.name };
    case 'number':
      return {
        kind: 'range',
        protocol,
        first: port.number,
        last: endPort === 'none' ? port.number : endPort,
      };
  }
}

const otherProtocols = 'policies cannot name other protocols; a rule without ports lets them pass, too';

const portHints = {
  containerPort: 'a policy names the port in the field port',
  targetPort: 'a policy names the port of the pod in the field port',
  number: 'a policy names the port in the field port',
  name: 'a policy names a port by name in the field port, too',
};

/** TCP where nothing is written. */
export function readProtocol(cursor: Cursor, hint?: string): Protocol | undefined {
  const written = stringOf(cursor, 'TCP');
  if (written === undefined) return undefined;
  const protocol = protocols.find((known) => known === written);
  if (protocol === undefined) reportUnsupported(cursor, protocols, hint);
  return protocol;
}

type Port =
  | { readonly kind: 'every' }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'named'; readonly name: string };

function readPort(cursor: Cursor): Port | undefined {
  const { value } = cursor;
  if (isAbsent(cursor)) return { kind: 'every' };
  if (typeof value === 'string') {
    const hint = /^\d+$/.test(value) ? 'write a port number without quotes' : undefined;
    return reportEach(cursor, 'invalid-port', portNameErrors(value), hint)
      ? undefined
      : { kind: 'named', name: value };
  }
  if (typeof value === 'number' && Number.isInteger(value)) {
    return reportEach(cursor, 'invalid-port', portNumberErrors(value))
      ? undefined
      : { kind: 'number', number: value };
  }
  reportWrongType(cursor, 'an integer or a string');
  return undefined;
}

/** Checked beside `port` as written, so that a mistake in one does not hide the other's. */
function readEndPort(cursor: Cursor, port: Cursor): number | 'none' | undefined {
  if (isAbsent(cursor)) return 'none';
  const endPort = integerOf(cursor, 0);
  if (endPort === undefined) return undefined;
  if (isAbsent(port)) {
    reportInvalid(cursor, 'invalid-port', 'may not be specified when `port` is not specified');
    return undefined;
  }
  if (typeof port.value !== 'number') {
    reportInvalid(cursor, 'invalid-port', 'may not be specified when `port` is non-numeric');
    return undefined;
  }
  const errors = [
    ...(endPort < port.value ? ['must be greater than or equal to `port`'] : []),
    ...portNumberErrors(endPort),
  ];
  return reportEach(cursor, 'invalid-port', errors) ? undefined : endPort;
}
