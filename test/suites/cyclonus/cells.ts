import type { Cluster } from '../../../src/model/cluster.ts';
import { type Pod, podKey } from '../../../src/model/pod.ts';
import { familyOf } from '../../../src/net/address.ts';
import type { Family, Protocol } from '../../../src/net/protocol.ts';
import type { Flow } from '../../../src/policy/flow.ts';
import type { Probe } from './case.ts';

/** One question: does this pod reach that port of that pod? A pod is also asked whether it reaches itself. */
export interface Cell {
  /** `x/a -> y/b:80/TCP`, followed by the family where it is not IPv4. */
  readonly text: string;
  readonly from: string;
  readonly to: string;
  readonly flow: Flow & { readonly protocol: Protocol; readonly port: number };
}

/** Every cell that a probe looks at, row by row. A port by name is none of a pod that does not have the name. */
export function cellsOf({ pods }: Cluster, probe: Probe, families: readonly Family[]): readonly Cell[] {
  return families.flatMap((family) =>
    pods.flatMap((from) =>
      pods.flatMap((to) =>
        portsOf(to, probe).map(({ number, protocol }) => cellOf(from, to, { number, protocol }, family)),
      ),
    ),
  );
}

interface Port {
  readonly number: number;
  readonly protocol: Protocol;
}

function portsOf(pod: Pod, probe: Probe): readonly Port[] {
  if (probe === 'all') return pod.containerPorts;
  const { port, protocol } = probe;
  if (typeof port === 'number') return [{ number: port, protocol }];
  return pod.ports.filter((named) => named.name === port && named.protocol === protocol);
}

function cellOf(from: Pod, to: Pod, { number, protocol }: Port, family: Family): Cell {
  const [source, destination] = [podKey(from), podKey(to)];
  const suffix = family === 'IPv4' ? '' : ` (${family})`;
  return {
    text: `${source} -> ${destination}:${number}/${protocol}${suffix}`,
    from: source,
    to: destination,
    flow: { source: endOf(from, family), destination: endOf(to, family), protocol, port: number },
  };
}

function endOf(pod: Pod, family: Family): Flow['source'] {
  const address = pod.addresses.find((candidate) => familyOf(candidate) === family);
  if (address === undefined) throw new Error(`${podKey(pod)} has no ${family} address`);
  return { kind: 'pod', pod, address };
}
