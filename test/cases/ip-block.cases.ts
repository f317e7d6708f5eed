import { policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

/** Lets x/a be reached by these peers. */
function from(peers: string): string {
  return policy('x/p', `{ podSelector: { matchLabels: { pod: a } }, ingress: [{ from: ${peers} }] }`);
}

/** Lets x/a reach these peers. */
function to(peers: string): string {
  return policy(
    'x/p',
    `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress], egress: [{ to: ${peers} }] }`,
  );
}

export const ipBlockCases: readonly PolicyCase[] = [
  {
    name: 'block-of-external-addresses',
    source: 'B1',
    manifests: from('[{ ipBlock: { cidr: 203.0.113.0/24 } }]'),
    flows: [
      ...allow(['external/203.0.113.10', 'external/203.0.113.20'], 'x/a:80/TCP', 'x/a:80/UDP', 'x/a:ICMP'),
      ...deny(['external/198.51.100.7', 'external/2001:db8:1::10', 'x/b', 'node/n2'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'block-of-external-addresses-in-egress',
    source: 'B1',
    manifests: to("[{ ipBlock: { cidr: 203.0.113.0/24 } }, { ipBlock: { cidr: '2001:db8:1::/64' } }]"),
    flows: [
      ...allow(
        'x/a',
        'external/203.0.113.10:80/TCP',
        'external/2001:db8:1::20:80/UDP',
        'external/203.0.113.20:ICMP',
      ),
      ...deny('x/a', 'external/198.51.100.7:80/TCP', 'x/b:80/TCP', 'y/a:80/TCP', 'node/n2:80/TCP'),
    ],
  },
  {
    name: 'block-of-one-address',
    source: 'B1',
    manifests: from("[{ ipBlock: { cidr: 203.0.113.10/32 } }, { ipBlock: { cidr: '2001:db8:1::20/128' } }]"),
    flows: [
      ...allow(['external/203.0.113.10', 'external/2001:db8:1::20'], 'x/a:80/TCP'),
      ...deny(['external/203.0.113.20', 'external/2001:db8:1::10'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'block-edges',
    source: 'B1',
    manifests: from('[{ ipBlock: { cidr: 203.0.113.8/30 } }, { ipBlock: { cidr: 198.51.100.0/29 } }]'),
    flows: [
      ...allow(
        ['external/203.0.113.8', 'external/203.0.113.10', 'external/203.0.113.11', 'external/198.51.100.7'],
        'x/a:80/TCP',
      ),
      ...deny(['external/203.0.113.7', 'external/203.0.113.12', 'external/203.0.113.20'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'block-of-pod-addresses',
    source: 'B1',
    manifests: from("[{ ipBlock: { cidr: 10.244.2.0/24 } }, { ipBlock: { cidr: 'fd00:244:2::/64' } }]"),
    flows: [
      ...allow(['x/b', 'x/d', 'y/a', 'z/b'], 'x/a:80/TCP', 'x/a:ICMP'),
      ...deny(['x/c', 'y/b', 'external/203.0.113.10', 'node/n2'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'block-of-pod-addresses-in-egress',
    source: 'B1',
    manifests: to("[{ ipBlock: { cidr: 10.244.2.12/32 } }, { ipBlock: { cidr: 'fd00:244:1::13/128' } }]"),
    flows: [
      ...allow('x/a@IPv4', 'x/b:80/TCP'),
      ...deny('x/a@IPv4', 'x/c:80/TCP', 'y/a:80/TCP'),
      ...allow('x/a@IPv6', 'x/c:80/TCP'),
      ...deny('x/a@IPv6', 'x/b:80/TCP', 'y/a:80/TCP'),
    ],
  },
  {
    name: 'block-of-node-addresses',
    source: 'B1',
    manifests: from("[{ ipBlock: { cidr: 192.168.50.12/32 } }, { ipBlock: { cidr: 'fd00:50::12/128' } }]"),
    flows: [
      ...allow(['node/n2', 'x/host'], 'x/a:80/TCP', 'x/a:81/UDP'),
      ...deny(['x/b', 'y/a', 'external/203.0.113.10'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'block-of-node-addresses-in-egress',
    source: 'B1',
    manifests: to('[{ ipBlock: { cidr: 192.168.50.0/24 } }]'),
    flows: [
      ...allow('x/a@IPv4', 'node/n2:80/TCP', 'x/host:80/TCP', 'node/n2:ICMP'),
      ...deny('x/a@IPv6', 'node/n2:80/TCP', 'x/host:80/TCP'),
      ...deny('x/a', 'x/b:80/TCP', 'external/203.0.113.10:80/TCP'),
    ],
  },
  {
    name: 'block-of-everything-ipv4',
    source: 'B2',
    manifests: from('[{ ipBlock: { cidr: 0.0.0.0/0 } }]'),
    flows: [
      ...allow(
        ['x/b@IPv4', 'y/bare@IPv4', 'node/n2@IPv4', 'external/198.51.100.7'],
        'x/a:80/TCP',
        'x/a:ICMP',
      ),
      ...deny(
        ['x/b@IPv6', 'y/bare@IPv6', 'node/n2@IPv6', 'external/2001:db8:1::10'],
        'x/a:80/TCP',
        'x/a:ICMP',
      ),
    ],
  },
  {
    name: 'block-of-everything-ipv6',
    source: 'B2',
    manifests: to("[{ ipBlock: { cidr: '::/0' } }]"),
    flows: [
      ...allow('x/a@IPv6', 'x/b:80/TCP', 'node/n2:80/TCP', 'external/2001:db8:1::10:80/TCP'),
      ...deny('x/a@IPv4', 'x/b:80/TCP', 'node/n2:80/TCP', 'external/203.0.113.10:80/TCP'),
    ],
  },
  {
    name: 'block-of-everything-in-both-families',
    source: 'B2',
    manifests: from("[{ ipBlock: { cidr: 0.0.0.0/0 } }, { ipBlock: { cidr: '::/0' } }]"),
    flows: [
      ...allow(
        ['x/b', 'y/bare', 'node/n2', 'external/203.0.113.10', 'external/2001:db8:1::10'],
        'x/a:80/TCP',
      ),
    ],
  },
  {
    name: 'block-with-ports',
    source: 'B1',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } },
         ingress: [{ from: [{ ipBlock: { cidr: 203.0.113.0/28 } }], ports: [{ port: 80 }] }] }`,
    ),
    flows: [
      ...allow('external/203.0.113.10', 'x/a:80/TCP'),
      ...deny('external/203.0.113.10', 'x/a:81/TCP', 'x/a:80/UDP', 'x/a:ICMP'),
      ...deny('external/203.0.113.20', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'blocks-that-overlap-touch-and-repeat',
    source: 'B3',
    manifests: from(
      `[{ ipBlock: { cidr: 203.0.113.0/28 } }, { ipBlock: { cidr: 203.0.113.8/29 } }, { ipBlock: { cidr: 203.0.113.0/28 } },
        { ipBlock: { cidr: 203.0.113.16/28 } }]`,
    ),
    flows: [
      ...allow(['external/203.0.113.10', 'external/203.0.113.20', 'external/203.0.113.31'], 'x/a:80/TCP'),
      ...deny(['external/203.0.113.32', 'external/198.51.100.7'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'overlapping-blocks-with-different-ports',
    source: 'B3',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, ingress: [
         { from: [{ ipBlock: { cidr: 203.0.113.0/24 } }], ports: [{ port: 80 }] },
         { from: [{ ipBlock: { cidr: 203.0.113.10/32 } }], ports: [{ port: 81 }] }] }`,
    ),
    flows: [
      ...allow('external/203.0.113.10', 'x/a:80/TCP', 'x/a:81/TCP'),
      ...allow('external/203.0.113.20', 'x/a:80/TCP'),
      ...deny('external/203.0.113.20', 'x/a:81/TCP'),
    ],
  },
  {
    name: 'except-cuts-a-hole',
    source: 'B4',
    manifests: from(
      `[{ ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.16/28] } },
        { ipBlock: { cidr: '2001:db8:1::/64', except: ['2001:db8:1::20/124'] } }]`,
    ),
    flows: [
      ...allow(['external/203.0.113.10', 'external/203.0.113.32', 'external/2001:db8:1::10'], 'x/a:80/TCP'),
      ...deny(['external/203.0.113.20', 'external/203.0.113.16', 'external/203.0.113.31'], 'x/a:80/TCP'),
      ...deny(['external/2001:db8:1::20', 'external/198.51.100.7'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'except-in-egress',
    source: 'B4',
    manifests: to(
      `[{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8, 192.168.0.0/16] } },
        { ipBlock: { cidr: '::/0', except: ['fc00::/7'] } }]`,
    ),
    flows: [
      ...allow(
        'x/a',
        'external/203.0.113.10:80/TCP',
        'external/2001:db8:1::10:80/TCP',
        'external/198.51.100.7:ICMP',
      ),
      ...deny('x/a', 'x/b:80/TCP', 'y/a:80/TCP', 'node/n2:80/TCP'),
    ],
  },
  {
    name: 'except-empty-or-null-cuts-nothing',
    source: 'B4',
    manifests: from(
      "[{ ipBlock: { cidr: 203.0.113.0/24, except: [] } }, { ipBlock: { cidr: '2001:db8:1::/64', except: null } }]",
    ),
    flows: [
      ...allow(['external/203.0.113.20', 'external/2001:db8:1::20'], 'x/a:80/TCP'),
      ...deny('external/198.51.100.7', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'except-is-undone-by-another-peer',
    source: 'B5',
    manifests: from(
      '[{ ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.0/28] } }, { ipBlock: { cidr: 203.0.113.10/32 } }]',
    ),
    flows: [
      ...allow(['external/203.0.113.10', 'external/203.0.113.20'], 'x/a:80/TCP'),
      ...deny('external/203.0.113.11', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'except-is-undone-by-a-pod-peer',
    source: 'B5',
    manifests: from(
      `[{ ipBlock: { cidr: 10.244.0.0/16, except: [10.244.2.0/24] } }, { podSelector: { matchLabels: { pod: b } } }]`,
    ),
    flows: [
      ...allow('x/b', 'x/a:80/TCP'),
      ...allow(['x/c@IPv4', 'y/b@IPv4'], 'x/a:80/TCP'),
      ...deny(['y/a', 'z/b', 'x/d'], 'x/a:80/TCP'),
      ...deny('x/c@IPv6', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'except-is-undone-by-another-rule-for-its-ports',
    source: 'B5',
    manifests: policy(
      'x/p',
      `{ podSelector: { matchLabels: { pod: a } }, ingress: [
         { from: [{ ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.0/28] } }] },
         { ports: [{ port: 81 }] }] }`,
    ),
    flows: [
      ...allow('external/203.0.113.20', 'x/a:80/TCP', 'x/a:81/TCP'),
      ...deny('external/203.0.113.10', 'x/a:80/TCP'),
      ...allow('external/203.0.113.10', 'x/a:81/TCP'),
    ],
  },
  {
    name: 'except-is-undone-by-another-policy',
    source: 'B5',
    manifests:
      policy(
        'x/one',
        `{ podSelector: { matchLabels: { pod: a } }, policyTypes: [Egress],
           egress: [{ to: [{ ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.0/28] } }] }] }`,
      ) +
      policy(
        'x/two',
        `{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 203.0.113.8/29 } }] }] }`,
      ),
    flows: [
      ...allow('x/a', 'external/203.0.113.10:80/TCP', 'external/203.0.113.20:80/TCP'),
      ...deny('x/a', 'external/203.0.113.7:80/TCP'),
      ...allow('x/b', 'external/203.0.113.10:80/TCP'),
      ...deny('x/b', 'external/203.0.113.20:80/TCP'),
    ],
  },
  {
    name: 'excepts-of-two-blocks-do-not-add-up',
    source: 'B5',
    manifests: from(
      `[{ ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.0/28] } },
        { ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.16/28] } }]`,
    ),
    flows: [...allow(['external/203.0.113.10', 'external/203.0.113.20'], 'x/a:80/TCP')],
  },
  {
    name: 'excepts-that-overlap-and-repeat',
    source: 'B6',
    manifests: from(
      `[{ ipBlock: { cidr: 203.0.113.0/24,
                     except: [203.0.113.0/28, 203.0.113.8/29, 203.0.113.0/28, 203.0.113.10/32] } }]`,
    ),
    flows: [
      ...allow('external/203.0.113.20', 'x/a:80/TCP'),
      ...deny(['external/203.0.113.10', 'external/203.0.113.1'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'excepts-that-cover-their-block',
    source: 'B6',
    manifests: from('[{ ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.0/25, 203.0.113.128/25] } }]'),
    flows: [...deny(['external/203.0.113.10', 'external/203.0.113.200', 'x/b'], 'x/a:80/TCP')],
  },
  {
    name: 'except-outside-is-refused-and-allows-nothing',
    source: 'B7',
    refused: 'an except must lie inside its cidr',
    manifests: from('[{ ipBlock: { cidr: 203.0.113.0/24, except: [198.51.100.0/24] } }]'),
    flows: [...deny(['external/203.0.113.10', 'external/198.51.100.7', 'x/b'], 'x/a:80/TCP')],
  },
  {
    name: 'except-equal-to-the-block-is-refused-and-allows-nothing',
    source: 'B7',
    refused: 'an except must be smaller than its cidr',
    manifests: from('[{ ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.0/24] } }]'),
    flows: [...deny(['external/203.0.113.10', 'x/b'], 'x/a:80/TCP')],
  },
  {
    name: 'except-of-the-other-family-is-refused-and-allows-nothing',
    source: 'B7',
    refused: 'an except must be of the family of its cidr',
    manifests: from("[{ ipBlock: { cidr: 0.0.0.0/0, except: ['2001:db8::/32'] } }]"),
    flows: [...deny(['external/203.0.113.10', 'external/2001:db8:1::10', 'x/b'], 'x/a:80/TCP')],
  },
  {
    name: 'block-beside-a-selector-is-refused-and-allows-nothing',
    source: 'B7',
    refused: 'ipBlock excludes podSelector and namespaceSelector',
    manifests: from('[{ podSelector: {}, ipBlock: { cidr: 203.0.113.0/24 } }]'),
    flows: [...deny(['external/203.0.113.10', 'x/b'], 'x/a:80/TCP')],
  },
  {
    name: 'host-bits-are-masked',
    source: 'B8',
    odd: 'host bits',
    manifests: from("[{ ipBlock: { cidr: 203.0.113.10/28 } }, { ipBlock: { cidr: '2001:db8:1::10/124' } }]"),
    flows: [
      ...allow(['external/203.0.113.10', 'external/203.0.113.1', 'external/2001:db8:1::1f'], 'x/a:80/TCP'),
      ...deny(['external/203.0.113.20', 'external/2001:db8:1::20'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'host-bits-of-an-except-are-masked',
    source: 'B8',
    odd: 'host bits',
    manifests: from('[{ ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.10/28] } }]'),
    flows: [...deny('external/203.0.113.1', 'x/a:80/TCP'), ...allow('external/203.0.113.20', 'x/a:80/TCP')],
  },
  {
    name: 'leading-zeros-are-decimal',
    source: 'B8',
    odd: 'leading zeros',
    manifests: from('[{ ipBlock: { cidr: 203.000.113.010/32 } }]'),
    flows: [
      ...allow('external/203.0.113.10', 'x/a:80/TCP'),
      ...deny(['external/203.0.113.8', 'external/203.0.113.20'], 'x/a:80/TCP'),
    ],
  },
  {
    name: 'ipv4-mapped-is-ipv4',
    source: 'B8',
    odd: 'IPv4-mapped',
    manifests: from("[{ ipBlock: { cidr: '::ffff:203.0.113.0/120' } }]"),
    flows: [
      ...allow(['external/203.0.113.10', 'external/203.0.113.20'], 'x/a:80/TCP'),
      ...deny(['external/198.51.100.7', 'external/2001:db8:1::10'], 'x/a:80/TCP'),
    ],
  },
];
