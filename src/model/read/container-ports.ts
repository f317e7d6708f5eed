import type { NamedPort, Pod } from '../pod.ts';
import type { Protocol } from '../../net/protocol.ts';
import { type Cursor, fieldOf, hasFields, integerOf, isAbsent, itemsOf, stringOf } from './cursor.ts';
import { reportRequired } from './field-error.ts';
import { mostContainers } from './limits.ts';
import { portNameErrors, portNumberErrors } from './names.ts';
import { reportEach } from './object-meta.ts';
import { readProtocol } from './policy-port.ts';

export type DeclaredPorts = Pick<Pod, 'ports' | 'containerPorts'>;

/**
 * The ports that the containers of a pod spec declare. Of init containers only the restartable ones count: the others
 * are gone before the pod serves. A broken port is reported and left out, so nothing is allowed by its name.
 */
export function readContainerPorts(spec: Cursor): DeclaredPorts {
  const containers = itemsOf(fieldOf(spec, 'containers'), mostContainers) ?? [];
  const sidecars = (itemsOf(fieldOf(spec, 'initContainers'), mostContainers) ?? []).filter(
    (container) => stringOf(fieldOf(container, 'restartPolicy'), '') === 'Always',
  );
  return declaredPorts([...containers, ...sidecars].flatMap(readPortsOf));
}

/** Reads a list of container ports that stands by itself. */
export function readPortList(list: Cursor): DeclaredPorts {
  return declaredPorts(readPorts(list));
}

function declaredPorts(ports: readonly ContainerPort[]): DeclaredPorts {
  return {
    ports: sortedUnique(ports.flatMap(namedPort), ({ name, protocol, number }) => [name, protocol, number]),
    containerPorts: sortedUnique(
      ports.map(({ number, protocol }) => ({ number, protocol })),
      ({ number, protocol }) => ['', protocol, number],
    ),
  };
}

interface ContainerPort {
  readonly name: string;
  readonly number: number;
  readonly protocol: Protocol;
}

function readPortsOf(container: Cursor): readonly ContainerPort[] {
  return hasFields(container) ? readPorts(fieldOf(container, 'ports')) : [];
}

function readPorts(list: Cursor): readonly ContainerPort[] {
  return (itemsOf(list, mostContainers) ?? []).flatMap((port) => readPort(port) ?? []);
}

function readPort(cursor: Cursor): ContainerPort | undefined {
  if (!hasFields(cursor)) return undefined;
  const name = readName(fieldOf(cursor, 'name'));
  const number = readNumber(fieldOf(cursor, 'containerPort'));
  const protocol = readProtocol(fieldOf(cursor, 'protocol'));
  if (name === undefined || number === undefined || protocol === undefined) return undefined;
  return { name, number, protocol };
}

function readName(cursor: Cursor): string | undefined {
  const name = stringOf(cursor, '');
  if (name === undefined || name === '') return name;
  return reportEach(cursor, 'invalid-port', portNameErrors(name)) ? undefined : name;
}

function readNumber(cursor: Cursor): number | undefined {
  if (isAbsent(cursor)) {
    reportRequired(cursor, '');
    return undefined;
  }
  const number = integerOf(cursor, 0);
  if (number === undefined) return undefined;
  return reportEach(cursor, 'invalid-port', portNumberErrors(number)) ? undefined : number;
}

function namedPort(port: ContainerPort): readonly NamedPort[] {
  return port.name === '' ? [] : [port];
}

type SortKey = readonly [name: string, protocol: string, number: number];

function sortedUnique<T>(ports: readonly T[], keyOf: (port: T) => SortKey): readonly T[] {
  const byText = new Map(ports.map((port) => [keyOf(port).join('/'), port]));
  return [...byText.values()].sort((a, b) => compareKeys(keyOf(a), keyOf(b)));
}

function compareKeys(a: SortKey, b: SortKey): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1;
  return a[2] - b[2];
}
