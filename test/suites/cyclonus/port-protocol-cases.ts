import { type Direction, directions } from '../../../src/model/network-policy.ts';
import { protocols } from '../../../src/net/protocol.ts';
import { withPorts } from './base-policy.ts';
import { servedPorts } from './base-world.ts';
import { type CaseDraft, policyCase } from './case.ts';
import type { PortManifest } from './manifests.ts';
import { type Tag, tagSet } from './tags.ts';

/** Which ports may be connected to: none named, each way to name one, ports that are nowhere, and two in one rule. */
export function portProtocolCases(): readonly CaseDraft[] {
  return directions.flatMap((direction) => [
    policyCase(tagSet(direction, 'any-port-protocol'), [withPorts(direction, [])]),
    ...singlePorts().map((port) => portsCase(direction, [port])),
    ...pathologicalPorts.map(({ port, description }) =>
      portsCase(direction, [port], ['pathological'], description),
    ),
    ...portPairs.map((ports) => portsCase(direction, ports, ['multi-port/protocol'])),
  ]);
}

function portsCase(
  direction: Direction,
  ports: readonly PortManifest[],
  tags: readonly Tag[] = [],
  description?: string,
): CaseDraft {
  const all = tagSet(direction, ...tags, ...ports.flatMap(tagsOf));
  return policyCase(all, [withPorts(direction, ports)], description);
}

function singlePorts(): readonly PortManifest[] {
  const written = [{}, ...protocols.map((protocol) => ({ protocol }))];
  return [
    ...written.flatMap((item) => [item, ...servedPorts.map((port) => ({ ...item, port }))]),
    ...protocols.flatMap((protocol) =>
      servedPorts.map((port) => ({ protocol, port: `serve-${port}-${protocol.toLowerCase()}` })),
    ),
    ...protocols.flatMap((protocol) => [
      { protocol, port: 53, endPort: 80 },
      { protocol, port: 53, endPort: 84 },
    ]),
  ];
}

const pathologicalPorts: readonly { readonly port: PortManifest; readonly description: string }[] = [
  { port: { protocol: 'TCP', port: 'serve-81-udp' }, description: 'a named port of another protocol' },
  { port: { protocol: 'TCP', port: 'serve-7981-udp' }, description: 'a named port that nobody has' },
  { port: { protocol: 'TCP', port: 7981 }, description: 'a numbered port that nobody serves' },
];

const portPairs: readonly (readonly PortManifest[])[] = [
  [{}, { port: 80 }],
  [{}, { port: 'serve-80-tcp' }],
  [{}, { protocol: 'UDP' }],
  [{ port: 80 }, { port: 81 }],
  [{ port: 80 }, { port: 'serve-81-tcp' }],
  [{ port: 80 }, { protocol: 'UDP', port: 'serve-81-udp' }],
  [
    { protocol: 'UDP', port: 80 },
    { protocol: 'UDP', port: 'serve-81-udp' },
  ],
];

/** A port without a protocol is of TCP. */
function tagsOf({ protocol = 'TCP', port, endPort }: PortManifest): readonly Tag[] {
  return [
    port === undefined ? 'any-port' : typeof port === 'number' ? 'numbered-port' : 'named-port',
    ...(endPort === undefined ? [] : (['end-port'] as const)),
    protocol.toLowerCase() as Lowercase<typeof protocol>,
  ];
}
