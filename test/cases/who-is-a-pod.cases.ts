import { pod, policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

const closed = policy('x/closed', '{ podSelector: {}, policyTypes: [Ingress, Egress] }');

export const whoIsAPodCases: readonly PolicyCase[] = [
  {
    name: 'host-network-pod-is-not-selected',
    source: 'W1',
    manifests: closed,
    flows: [
      ...allow(['y/b', 'z/a', 'external/203.0.113.10'], 'x/host:80/TCP'),
      ...allow('x/host', 'y/b:80/TCP', 'external/203.0.113.10:80/TCP'),
      ...deny('y/b', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'host-network-pod-is-no-peer',
    source: 'W1',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: c } }, policyTypes: [Ingress, Egress],
         ingress: [{ from: [{ podSelector: { matchLabels: { pod: a } } }] }],
         egress: [{ to: [{ podSelector: { matchLabels: { pod: a } } }] }] }`,
    ),
    flows: [
      ...allow('x/a', 'x/c:80/TCP'),
      ...deny(['x/host', 'node/n2'], 'x/c:80/TCP'),
      ...allow('x/c', 'x/a:80/TCP'),
      ...deny('x/c', 'x/host:80/TCP'),
    ],
  },
  {
    name: 'host-network-pod-is-no-peer-of-all-namespaces',
    source: 'W1',
    manifests: policy('z/p', '{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: {} }] }] }'),
    flows: [...deny('x/host', 'z/a:80/TCP', 'z/c:80/TCP'), ...allow('x/a', 'z/a:80/TCP', 'z/b:80/TCP')],
  },
  {
    name: 'host-network-pod-matches-a-block-as-its-node',
    source: 'W1',
    manifests: policy(
      'z/p',
      `{ podSelector: {}, policyTypes: [Ingress, Egress],
         ingress: [{ from: [{ ipBlock: { cidr: 192.168.50.12/32 } }] }],
         egress: [{ to: [{ ipBlock: { cidr: 192.168.50.12/32 } }] }] }`,
    ),
    flows: [
      ...allow(['x/host@IPv4', 'node/n2@IPv4'], 'z/a:80/TCP', 'z/c:80/TCP'),
      ...deny('x/host@IPv6', 'z/a:80/TCP'),
      ...allow('z/a@IPv4', 'x/host:80/TCP'),
      ...deny('z/a@IPv6', 'x/host:80/TCP'),
    ],
  },
  {
    name: 'host-network-pod-of-the-own-node-is-the-own-node',
    source: 'W1',
    manifests: closed,
    flows: [
      ...allow('x/host', 'x/b:80/TCP', 'x/bare:80/TCP'),
      ...deny('x/host', 'x/a:80/TCP', 'x/c:80/TCP'),
      ...allow('x/b', 'x/host:80/TCP'),
      ...deny('x/a', 'x/host:80/TCP'),
    ],
  },
  {
    name: 'finished-pods-are-no-peers',
    source: 'W2',
    manifests:
      pod('z/done', {
        labels: '{ pod: a }',
        node: 'n1',
        phase: 'Succeeded',
        addresses: ['203.0.113.10', '2001:db8:1::10'],
      }) +
      pod('z/failed', {
        labels: '{ pod: a }',
        node: 'n1',
        phase: 'Failed',
        addresses: ['203.0.113.20', '2001:db8:1::20'],
      }) +
      policy(
        'x/p',
        `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Ingress, Egress],
           ingress: [{ from: [{ namespaceSelector: {} }] }], egress: [{ to: [{ namespaceSelector: {} }] }] }`,
      ),
    flows: [
      ...deny(
        [
          'external/203.0.113.10',
          'external/203.0.113.20',
          'external/2001:db8:1::10',
          'external/2001:db8:1::20',
        ],
        'x/a:80/TCP',
      ),
      ...deny('x/a', 'external/203.0.113.10:80/TCP', 'external/2001:db8:1::20:80/TCP'),
      ...allow('z/b', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'finished-pods-are-not-isolated',
    source: 'W2',
    manifests:
      pod('x/done', {
        labels: '{ pod: a }',
        node: 'n1',
        phase: 'Succeeded',
        addresses: ['203.0.113.10', '2001:db8:1::10'],
      }) + closed,
    flows: [
      ...allow(['external/203.0.113.10', 'external/2001:db8:1::10'], 'y/a:80/TCP'),
      ...allow('y/a', 'external/203.0.113.10:80/TCP'),
      ...deny('x/b', 'external/203.0.113.10:80/TCP'),
    ],
  },
  {
    name: 'finished-pods-declare-no-named-port',
    source: 'W2',
    manifests:
      pod('z/done', { node: 'n1', phase: 'Succeeded', addresses: ['203.0.113.10', '2001:db8:1::10'] }) +
      policy(
        'x/p',
        '{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress], egress: [{ ports: [{ port: serve-80-tcp }] }] }',
      ),
    flows: [
      ...deny('x/a', 'external/203.0.113.10:80/TCP', 'external/2001:db8:1::10:80/TCP'),
      ...allow('x/a', 'z/b:80/TCP'),
    ],
  },
  {
    name: 'address-of-a-finished-pod-belongs-to-its-heir',
    source: 'W3',
    manifests:
      pod('x/old', {
        labels: '{ pod: b }',
        node: 'n2',
        host: 21,
        phase: 'Failed',
        created: '2025-01-01T00:00:00Z',
      }) +
      closed +
      policy(
        'z/p',
        `{ podSelector: {}, ingress: [
             { from: [{ namespaceSelector: { matchLabels: { ns: x } } }] },
             { from: [{ namespaceSelector: { matchLabels: { ns: "y" } }, podSelector: { matchLabels: { pod: a } } }],
               ports: [{ port: 81 }] }] }`,
      ),
    flows: [
      ...deny('y/a', 'z/a:80/TCP'),
      ...allow('y/a', 'z/a:81/TCP', 'y/b:80/TCP', 'external/203.0.113.10:80/TCP'),
      ...allow('y/b', 'y/a:80/TCP'),
    ],
  },
  {
    name: 'address-of-two-running-pods-belongs-to-the-newest',
    source: 'W3',
    packets: { possible: false, reason: 'two pods cannot hold one address in a network' },
    manifests:
      pod('x/new', { labels: '{ pod: new }', node: 'n1', host: 44, created: '2025-01-02T00:00:00Z' }) +
      pod('x/old', { labels: '{ pod: old }', node: 'n1', host: 44, created: '2025-01-01T00:00:00Z' }) +
      policy('x/p', '{ podSelector: { matchLabels: { pod: old } }, policyTypes: [Ingress, Egress] }') +
      policy(
        'y/p',
        `{ podSelector: { matchLabels: { pod: c } },
           ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { pod: new } } }] }] }`,
      ) +
      policy(
        'z/p',
        `{ podSelector: { matchLabels: { pod: c } },
           ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { pod: old } } }] }] }`,
      ),
    flows: [
      ...allow('y/a', 'x/new:80/TCP'),
      ...allow('x/new', 'y/c:80/TCP', 'x/b:80/TCP'),
      ...deny('x/new', 'z/c:80/TCP'),
    ],
  },
  {
    name: 'address-of-a-terminating-pod-belongs-to-its-heir-even-an-older-one',
    source: 'W3',
    packets: { possible: false, reason: 'two pods cannot hold one address in a network' },
    manifests:
      pod('x/new', {
        ...{ labels: '{ pod: new }', node: 'n1', host: 44 },
        ...{ created: '2025-01-02T00:00:00Z', terminating: true },
      }) +
      pod('x/old', { labels: '{ pod: old }', node: 'n1', host: 44, created: '2025-01-01T00:00:00Z' }) +
      policy('x/p', '{ podSelector: { matchLabels: { pod: new } }, policyTypes: [Ingress, Egress] }') +
      policy(
        'z/p',
        `{ podSelector: { matchLabels: { pod: c } },
           ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { pod: new } } }] }] }`,
      ),
    flows: [...allow('y/a', 'x/old:80/TCP'), ...allow('x/old', 'x/b:80/TCP'), ...deny('x/old', 'z/c:80/TCP')],
  },
  {
    name: 'terminating-pods-keep-their-rules',
    source: 'W4',
    manifests:
      pod('x/leaving', { labels: '{ pod: leaving }', node: 'n1', host: 45, terminating: true }) +
      policy(
        'x/p',
        '{ podSelector: { matchLabels: { pod: leaving } }, ingress: [{ from: [{ podSelector: {} }] }] }',
      ) +
      policy(
        'z/p',
        `{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { pod: leaving } } }] }] }`,
      ),
    flows: [
      ...allow('x/b', 'x/leaving:80/TCP'),
      ...deny('y/a', 'x/leaving:80/TCP'),
      ...allow('x/leaving', 'z/b:80/TCP'),
      ...deny('y/a', 'z/b:80/TCP'),
    ],
  },
  {
    name: 'pending-pods-with-an-address-are-pods',
    source: 'W4',
    manifests:
      pod('x/starting', { labels: '{ pod: starting }', node: 'n2', host: 46, phase: 'Pending' }) +
      policy(
        'x/p',
        '{ podSelector: { matchLabels: { pod: starting } }, ingress: [{ from: [{ podSelector: {} }] }] }',
      ),
    flows: [...allow('x/a', 'x/starting:80/TCP'), ...deny('y/a', 'x/starting:80/TCP')],
  },
  {
    name: 'pods-without-an-address-wait',
    source: 'W4',
    manifests:
      pod('x/waiting', { labels: '{ pod: waiting }', node: 'n1', phase: 'Pending' }) +
      policy(
        'x/p',
        '{ podSelector: { matchLabels: { pod: a } }, ingress: [{ from: [{ podSelector: { matchLabels: { pod: waiting } } }] }] }',
      ) +
      policy('x/q', '{ podSelector: { matchLabels: { pod: waiting } }, policyTypes: [Ingress, Egress] }'),
    flows: [...deny(['x/b', 'external/203.0.113.10'], 'x/a:80/TCP'), ...allow('y/a', 'x/b:80/TCP')],
  },
  {
    name: 'both-addresses-of-a-pod-count',
    source: 'W5',
    manifests: policy(
      'x/p',
      `{ podSelector: {}, policyTypes: [Ingress, Egress],
         ingress: [{ from: [{ podSelector: { matchLabels: { pod: b } } }] }],
         egress: [{ to: [{ podSelector: {} }] }] }`,
    ),
    flows: [
      ...allow(['x/b@IPv4', 'x/b@IPv6'], 'x/a:80/TCP', 'x/c:80/TCP'),
      ...deny(['x/c@IPv4', 'x/c@IPv6'], 'x/a:80/TCP', 'y/a:80/TCP'),
    ],
  },
  {
    name: 'pod-with-one-family',
    source: 'W5',
    manifests:
      pod('x/four', { labels: '{ pod: four }', node: 'n1', addresses: ['10.244.1.47'] }) +
      pod('x/six', { labels: '{ pod: six }', node: 'n2', addresses: ['fd00:244:2::48'] }) +
      policy(
        'x/p',
        `{ podSelector: { matchExpressions: [{ key: pod, operator: In, values: [four, six] }] },
           ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: pod, operator: In, values: [a, four, six] }] } }] }] }`,
      ),
    flows: [
      ...allow('x/a', 'x/four:80/TCP', 'x/six:80/TCP'),
      ...deny('y/a', 'x/four:80/TCP', 'x/six:80/TCP'),
      ...allow(['x/four', 'x/six'], 'y/a:80/TCP'),
    ],
  },
  {
    name: 'pod-ip-without-pod-ips-counts',
    source: 'W5',
    manifests:
      `---
apiVersion: v1
kind: Pod
metadata: { namespace: x, name: plain, labels: { pod: plain } }
spec: { nodeName: n2, containers: [{ name: c, image: serve }] }
status: { phase: Running, podIP: 10.244.2.49 }
` +
      policy(
        'x/p',
        '{ podSelector: { matchLabels: { pod: plain } }, ingress: [{ from: [{ podSelector: {} }] }] }',
      ),
    flows: [...allow('x/a', 'x/plain:80/TCP'), ...deny('y/b', 'x/plain:80/TCP')],
  },
  {
    name: 'pod-reaches-itself',
    source: 'W6',
    manifests: closed,
    flows: [
      ...allow('x/a', 'x/a:80/TCP', 'x/a:81/UDP', 'x/a:ICMP'),
      ...allow('x/bare', 'x/bare:80/TCP'),
      ...deny('x/a', 'x/c:80/TCP'),
    ],
  },
  {
    name: 'pod-reaches-itself-but-not-its-replicas',
    source: 'W6',
    manifests:
      pod('x/web-1', { labels: '{ app: web }', node: 'n1', host: 54 }) +
      pod('x/web-2', { labels: '{ app: web }', node: 'n1', host: 55 }) +
      policy(
        'x/p',
        `{ podSelector: { matchLabels: { app: web } }, policyTypes: [Ingress, Egress],
           ingress: [{ from: [{ podSelector: { matchLabels: { pod: b } } }] }] }`,
      ),
    flows: [
      ...allow('x/web-1', 'x/web-1:80/TCP'),
      ...allow('x/web-2', 'x/web-2:80/TCP'),
      ...deny('x/web-1', 'x/web-2:80/TCP'),
      ...deny('x/web-2', 'x/web-1:80/TCP'),
    ],
  },
  {
    name: 'own-node-always-comes-in',
    source: 'W7',
    manifests: closed,
    flows: [
      ...allow('node/n1', 'x/a:80/TCP', 'x/c:81/UDP', 'x/a:ICMP', 'x/c:80/SCTP'),
      ...allow('node/n2', 'x/b:80/TCP', 'x/bare:ICMP'),
      ...deny('node/n1', 'x/b:80/TCP', 'x/bare:80/TCP', 'x/b:ICMP'),
      ...deny('node/n2', 'x/a:80/TCP', 'x/c:80/UDP'),
    ],
  },
  {
    name: 'own-node-comes-in-by-its-address-not-by-a-rule',
    source: 'W7',
    manifests: policy(
      'x/p',
      `{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 192.168.50.0/24, except: [192.168.50.11/32] } }],
                                      ports: [{ port: 80 }] }] }`,
    ),
    flows: [
      ...allow('node/n1', 'x/a:80/TCP', 'x/a:81/TCP'),
      ...deny('node/n1', 'x/b:80/TCP'),
      ...allow('node/n2@IPv4', 'x/a:80/TCP'),
      ...deny('node/n2', 'x/a:81/TCP'),
      ...deny('node/n2@IPv6', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'own-node-is-open-to-its-pods',
    source: 'W8',
    manifests: closed,
    flows: [
      ...allow(['x/a', 'x/c'], 'node/n1:80/TCP', 'node/n1:53/UDP', 'node/n1:ICMP'),
      ...allow(['x/b', 'x/bare'], 'node/n2:80/TCP'),
      ...deny(['x/a', 'x/c'], 'node/n2:80/TCP', 'node/n2:53/UDP', 'node/n2:ICMP'),
      ...deny('x/b', 'node/n1:80/TCP'),
    ],
  },
  {
    name: 'own-node-is-judged-on-request',
    source: 'W8',
    options: { nodeEgress: 'enforce' },
    manifests: closed,
    flows: [
      ...deny('x/a', 'node/n1:80/TCP', 'node/n1:53/UDP', 'node/n2:80/TCP'),
      ...deny('x/b', 'node/n2:80/TCP', 'x/host:80/TCP'),
      ...allow('node/n1', 'x/a:80/TCP'),
      ...allow('x/a', 'x/a:80/TCP'),
      ...allow('y/b', 'node/n1:80/TCP'),
    ],
  },
  {
    name: 'own-node-is-judged-by-blocks-and-ports',
    source: 'W8',
    options: { nodeEgress: 'enforce' },
    manifests: policy(
      'x/p',
      `{ podSelector: {}, policyTypes: [Egress], egress: [
         { to: [{ ipBlock: { cidr: 192.168.50.11/32 } }], ports: [{ protocol: UDP, port: 53 }] },
         { to: [{ namespaceSelector: {} }] }] }`,
    ),
    flows: [
      ...allow(['x/a@IPv4', 'x/b@IPv4'], 'node/n1:53/UDP'),
      ...deny(['x/a', 'x/b'], 'node/n1:53/TCP', 'node/n2:53/UDP'),
      ...deny('x/a@IPv6', 'node/n1:53/UDP'),
      ...allow('x/a', 'y/a:80/TCP'),
    ],
  },
  {
    name: 'nodes-are-not-pods',
    source: 'W9',
    manifests: closed + policy('y/closed', '{ podSelector: {}, policyTypes: [Ingress, Egress] }'),
    flows: [
      ...allow('node/n1', 'node/n2:80/TCP', 'external/203.0.113.10:80/TCP'),
      ...allow(['external/203.0.113.10', 'external/2001:db8:1::10', 'z/b'], 'node/n1:80/TCP'),
      ...deny('node/n2', 'y/b:80/TCP'),
    ],
  },
];
