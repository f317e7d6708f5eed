import type { Cluster } from '../../src/model/cluster.ts';
import { podKey } from '../../src/model/pod.ts';
import { type Address, familyOf, parseAddress } from '../../src/net/address.ts';
import { families } from '../../src/net/protocol.ts';
import { endpointAt, type Flow, type FlowProtocol } from '../../src/policy/flow.ts';

/** A connection that somebody said should work or not, in one family. */
export interface Expected {
  /** The line, with the addresses. */
  readonly text: string;
  readonly flow: Flow;
  readonly allowed: boolean;
}

/**
 * Reads lines of the form `FROM -> TO:PORT[/PROTOCOL] allow|deny`. Ends are `namespace/pod`, `node/NAME` and
 * `external/ADDRESS`; in place of a port stands `icmp` or `other` for what has none. A line speaks of every family that
 * both ends have.
 */
export function readVerdicts(text: string, cluster: Cluster): readonly Expected[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      const match = /^(\S+) -> (\S+):(?:(\d+)(?:\/(tcp|udp|sctp))?|(icmp|other)) (allow|deny)$/.exec(line);
      if (match === null) throw new Error(`not a verdict: ${line}`);
      const [, from, to, port, protocol = 'tcp', portless, verdict] = match;
      const what =
        port === undefined
          ? { protocol: (portless === 'icmp' ? 'ICMP' : 'other') as FlowProtocol }
          : { protocol: protocol.toUpperCase() as FlowProtocol, port: Number(port) };
      const flows = families.flatMap((family): readonly Expected[] => {
        const [source, destination] = [from, to].map((end) =>
          addressesOf(end!, cluster).find((address) => familyOf(address) === family),
        );
        if (source === undefined || destination === undefined) return [];
        const flow = {
          source: endpointAt(cluster, source),
          destination: endpointAt(cluster, destination),
          ...what,
        };
        return [{ text: `${line} (${source} -> ${destination})`, flow, allowed: verdict === 'allow' }];
      });
      if (flows.length === 0) throw new Error(`no family that both ends have: ${line}`);
      return flows;
    });
}

function addressesOf(end: string, cluster: Cluster): readonly Address[] {
  const [kind = '', name = ''] = end.split('/');
  if (kind === 'external') {
    const address = parseAddress(name);
    return address === undefined ? fail(end) : [address];
  }
  const owner =
    kind === 'node'
      ? cluster.nodes.find((node) => node.name === name)
      : cluster.pods.find((pod) => podKey(pod) === end);
  return owner?.addresses ?? fail(end);
}

function fail(end: string): never {
  throw new Error(`nothing is called ${end}`);
}
