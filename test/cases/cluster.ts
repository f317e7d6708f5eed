import { namespace, node, pod } from './manifests.ts';

// The cluster that every case starts from: two nodes, three namespaces, pods on both nodes in each, two families.
//
//   n1  192.168.50.11, fd00:50::11  10.244.1.0/24, fd00:244:1::/64   x/a .11  x/c .13  y/b .22  y/bare .24  z/a .31  z/c .33
//   n2  192.168.50.12, fd00:50::12  10.244.2.0/24, fd00:244:2::/64   x/b .12  x/d .14  x/bare .15  y/a .21  y/c .23  z/b .32
//                                                                    x/host (hostNetwork)
//
// x/a has the addresses 10.244.1.11 and fd00:244:1::11, and so on. Namespaces are labelled ns=<name>, pods pod=<name>.
// Pods serve 80 and 81 in TCP, UDP and SCTP under the names serve-80-tcp and so on. The odd ones out:
// - x/d serves other numbers under these names: serve-80-tcp is 8080, and serve-81-tcp is 80;
// - x/bare and y/bare have no labels;
// - x/host is a hostNetwork pod with the label that x/a has.

/** The base cluster as multi-document YAML. */
export const baseManifests = [
  node('n1', 1),
  node('n2', 2),
  namespace('x', '{ ns: x }'),
  namespace('y', '{ ns: "y" }'),
  namespace('z', '{ ns: z }'),
  pod('x/a', { labels: '{ pod: a }', node: 'n1', host: 11 }),
  pod('x/b', { labels: '{ pod: b }', node: 'n2', host: 12 }),
  pod('x/c', { labels: '{ pod: c }', node: 'n1', host: 13 }),
  pod('x/d', {
    labels: '{ pod: d }',
    node: 'n2',
    host: 14,
    ports: ['serve-80-tcp=8080/TCP', 'serve-81-tcp=80/TCP', 'serve-80-udp=8080/UDP'],
  }),
  pod('x/bare', { node: 'n2', host: 15 }),
  pod('x/host', { labels: '{ pod: a }', node: 'n2', hostNetwork: true }),
  pod('y/a', { labels: '{ pod: a }', node: 'n2', host: 21 }),
  pod('y/b', { labels: '{ pod: b }', node: 'n1', host: 22 }),
  pod('y/c', { labels: '{ pod: c }', node: 'n2', host: 23 }),
  pod('y/bare', { node: 'n1', host: 24 }),
  pod('z/a', { labels: '{ pod: a }', node: 'n1', host: 31 }),
  pod('z/b', { labels: '{ pod: b }', node: 'n2', host: 32 }),
  pod('z/c', { labels: '{ pod: c }', node: 'n1', host: 33 }),
].join('');

/** Hosts outside the cluster that cases speak of. */
export const externalHosts: readonly string[] = [
  '203.0.113.10',
  '203.0.113.20',
  '198.51.100.7',
  '2001:db8:1::10',
  '2001:db8:1::20',
];
