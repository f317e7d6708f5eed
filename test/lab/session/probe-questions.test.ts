import { describe, expect, it } from 'vitest';
import { endpointsOf } from '../../../src/lab/network/endpoints.ts';
import type { LabHost } from '../../../src/lab/network/host.ts';
import { probeQuestions, type ProbeWorld } from '../../../src/lab/session/probe-questions.ts';
import { readProbeTarget } from '../../../src/lab/session/probe-target.ts';
import { readPod } from '../../../src/model/read/pod.ts';
import { readService } from '../../../src/model/read/service.ts';
import type { Address } from '../../../src/net/address.ts';

describe('TO[:PORT[/PROTOCOL]]', () => {
  it.each([
    ['shop/db', { host: 'shop/db' }],
    ['shop/db:5432', { host: 'shop/db', port: { kind: 'number', number: 5432, protocol: 'TCP' } }],
    ['dns/dns:53/udp', { host: 'dns/dns', port: { kind: 'number', number: 53, protocol: 'UDP' } }],
    ['shop/db:pg', { host: 'shop/db', port: { kind: 'name', name: 'pg' } }],
    ['shop/db:pg/SCTP', { host: 'shop/db', port: { kind: 'name', name: 'pg', protocol: 'SCTP' } }],
    ['svc/shop/web:80', { host: 'svc/shop/web', port: { kind: 'number', number: 80, protocol: 'TCP' } }],
    ['node-1:icmp', { host: 'node-1', port: { kind: 'icmp' } }],
    ['10.0.0.1:80', { host: '10.0.0.1', port: { kind: 'number', number: 80, protocol: 'TCP' } }],
    ['fd00::1', { host: 'fd00::1' }],
    ['[fd00::1]', { host: 'fd00::1' }],
    ['[fd00::1]:80', { host: 'fd00::1', port: { kind: 'number', number: 80, protocol: 'TCP' } }],
  ])('%s', (text, target) => {
    expect(readProbeTarget(text)).toEqual(target);
  });

  it.each([
    '',
    ':80',
    'a:0',
    'a:65536',
    'a:80/icmp',
    'a:80/tcp/x',
    'a:',
    'a:b c',
    'a:icmp/tcp',
    '[]:80',
    'a:b:c',
  ])('refuses %j', (text) => {
    expect(() => readProbeTarget(text)).toThrow(
      expect.objectContaining({ code: 'LAB_PROBE_TARGET' }) as Error,
    );
  });
});

const host = (
  name: string,
  kind: LabHost['kind'],
  addresses: readonly string[],
  ports: LabHost['ports'] = [],
): LabHost => ({
  ...{
    name,
    kind,
    netns: name,
    addresses: addresses as readonly Address[],
    gateways: [],
    ports,
    bindSource: false,
  },
});
const db = pod(
  'db',
  ['10.1.0.2', 'fd00::2'],
  [
    { name: 'pg', containerPort: 5432 },
    { containerPort: 53, protocol: 'UDP' },
  ],
);
const old = pod('old', ['10.1.0.3'], [{ name: 'pg', containerPort: 5433 }]);
const service = readService(
  {
    metadata: { name: 'db', namespace: 'shop' },
    spec: {
      selector: { app: 'db' },
      clusterIP: '10.96.0.1',
      ports: [
        { name: 'sql', port: 1, targetPort: 'pg' },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    },
  },
  { mode: 'tolerant' },
).object!;
const world: ProbeWorld = {
  hosts: new Map(
    [
      host('shop/db', 'pod', db.addresses, db.containerPorts),
      host('shop/old', 'pod', old.addresses, old.containerPorts),
      host('node-1', 'node', ['172.18.0.1', 'fd01::1']),
      host('outside', 'external', ['203.0.113.1']),
      host('six', 'external', ['2001:db8::1']),
    ].map((one) => [one.name, one]),
  ),
  pods: [db, old],
  services: [service],
  endpoints: endpointsOf([service], [db, old]),
};

describe('questions', () => {
  const texts = (from: string, to?: string): readonly string[] =>
    probeQuestions(world, from, to).map(
      ({ source, to: address, destination, port, protocol, endpoints = [] }) =>
        `${source} > ${address} ${destination} ${protocol} ${String(port)}${endpoints.map((one) => ` ${one.address}:${String(one.port)}`).join('')}`,
    );

  it('go to the declared ports, in each family of both', () => {
    expect(texts('node-1', 'shop/db').toSorted()).toEqual([
      '172.18.0.1 > 10.1.0.2 shop/db TCP 5432',
      '172.18.0.1 > 10.1.0.2 shop/db UDP 53',
      'fd01::1 > fd00::2 shop/db TCP 5432',
      'fd01::1 > fd00::2 shop/db UDP 53',
    ]);
    expect(texts('shop/old', 'shop/db:pg')).toEqual(['10.1.0.3 > 10.1.0.2 shop/db TCP 5432']);
    expect(texts('shop/db', 'shop/old:pg')).toEqual(['10.1.0.2 > 10.1.0.3 shop/old TCP 5433']);
  });

  it('are pings where nothing is declared, and port 80 of outside hosts', () => {
    expect(texts('shop/old', 'node-1')).toEqual(['10.1.0.3 > 172.18.0.1 node-1 ICMP 0']);
    expect(texts('shop/old', 'outside')).toEqual(['10.1.0.3 > 203.0.113.1 outside TCP 80']);
    expect(texts('shop/old', '198.51.100.1')).toEqual(['10.1.0.3 > 198.51.100.1 198.51.100.1 ICMP 0']);
  });

  it('know hosts by their addresses', () => {
    expect(texts('10.1.0.3', '10.1.0.2:pg')).toEqual(['10.1.0.3 > 10.1.0.2 shop/db TCP 5432']);
    expect(texts('fd01::1', '[fd00::2]:icmp')).toEqual(['fd01::1 > fd00::2 shop/db ICMP 0']);
  });

  it('lead a Service to the port of each endpoint', () => {
    expect(texts('outside', 'svc/shop/db')).toEqual([
      '203.0.113.1 > 10.96.0.1 svc/shop/db TCP 1 10.1.0.2:5432 10.1.0.3:5433',
      '203.0.113.1 > 10.96.0.1 svc/shop/db UDP 53 10.1.0.2:53 10.1.0.3:53',
    ]);
    expect(texts('outside', 'svc/shop/db:sql')).toHaveLength(1);
    expect(texts('outside', 'svc/shop/db:53/udp')).toHaveLength(1);
  });

  it('go to every pod and outside host where nobody is named', () => {
    expect(texts('shop/old')).toEqual([
      '10.1.0.3 > 10.1.0.2 shop/db TCP 5432',
      '10.1.0.3 > 10.1.0.2 shop/db UDP 53',
      '10.1.0.3 > 203.0.113.1 outside TCP 80',
    ]);
  });

  it.each([
    ['shop/old', 'six', 'LAB_NO_COMMON_FAMILY', undefined],
    ['shop/odl', 'six', 'LAB_UNKNOWN_HOST', 'did you mean shop/old?'],
    ['db', 'six', 'LAB_UNKNOWN_HOST', 'did you mean shop/db?'],
    ['shop/old', 'svc/shop/bd', 'LAB_UNKNOWN_HOST', 'did you mean svc/shop/db?'],
    ['shop/old', 'svc/shop/db:80', 'LAB_PROBE_TARGET', undefined],
    ['shop/old', 'svc/shop/db:icmp', 'LAB_PROBE_TARGET', undefined],
    ['shop/old', 'shop/db:http', 'LAB_PROBE_TARGET', undefined],
  ])('from %s to %s cannot be asked: %s', (from, to, code, hint) => {
    const error = expect.objectContaining({ code, ...(hint === undefined ? {} : { hint }) }) as Error;
    expect(() => probeQuestions(world, from, to)).toThrow(error);
  });
});

function pod(
  name: string,
  addresses: readonly string[],
  ports: readonly object[],
): NonNullable<ReturnType<typeof readPod>['object']> {
  return readPod(
    {
      metadata: { name, namespace: 'shop', labels: { app: 'db' } },
      spec: { nodeName: 'node-1', containers: [{ name: 'main', ports }] },
      status: { phase: 'Running', podIPs: addresses.map((ip) => ({ ip })) },
    },
    { mode: 'tolerant' },
  ).object!;
}
