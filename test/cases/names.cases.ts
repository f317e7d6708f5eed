import { pod, policy } from './manifests.ts';
import { allow, deny, type PolicyCase } from './policy-case.ts';

// Engines that join, cut or reuse names of the API have let one policy pass for another.

const long = 'a-name-that-is-as-long-as-names-may-be'.padEnd(240, '-x');

export const namesCases: readonly PolicyCase[] = [
  {
    name: 'bug-names-collide-when-joined',
    source: 'K19',
    manifests:
      pod('team/aweb', { labels: '{ app: web }', node: 'n1', host: 71 }) +
      pod('teama/web', { labels: '{ app: web }', node: 'n1', host: 72 }) +
      policy(
        'team/aweb',
        '{ podSelector: { matchLabels: { app: web } }, ingress: [{ ports: [{ port: 80 }] }] }',
      ) +
      policy(
        'teama/web',
        '{ podSelector: { matchLabels: { app: web } }, ingress: [{ ports: [{ port: 81 }] }] }',
      ),
    flows: [
      ...allow('x/a', 'team/aweb:80/TCP', 'teama/web:81/TCP'),
      ...deny('x/a', 'team/aweb:81/TCP', 'teama/web:80/TCP'),
    ],
  },
  {
    name: 'bug-names-collide-when-joined-by-a-dash',
    source: 'K19',
    manifests:
      pod('a-b/c', { labels: '{ app: web }', node: 'n2', host: 73 }) +
      pod('a/b-c', { labels: '{ app: web }', node: 'n2', host: 74 }) +
      policy(
        'a-b/c',
        '{ podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{ from: [{ podSelector: {} }] }] }',
      ) +
      policy(
        'a/b-c',
        `{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: x } } }] }] }`,
      ),
    flows: [
      ...deny('x/a', 'a-b/c:80/TCP'),
      ...allow('x/a', 'a/b-c:80/TCP'),
      ...deny('a-b/c', 'a/b-c:80/TCP', 'x/a:80/TCP'),
      ...deny('a/b-c', 'a-b/c:80/TCP'),
      ...allow('a/b-c', 'x/a:80/TCP'),
    ],
  },
  {
    name: 'bug-long-names-cut-short',
    source: 'K19',
    manifests:
      pod(`x/${long}1`, { labels: '{ app: one }', node: 'n1', host: 75 }) +
      pod(`x/${long}2`, { labels: '{ app: two }', node: 'n1', host: 76 }) +
      policy(
        `x/${long}1`,
        '{ podSelector: { matchLabels: { app: one } }, ingress: [{ ports: [{ port: 80 }] }] }',
      ) +
      policy(
        `x/${long}2`,
        '{ podSelector: { matchLabels: { app: two } }, ingress: [{ ports: [{ port: 81 }] }] }',
      ),
    flows: [
      ...allow('y/a', `x/${long}1:80/TCP`, `x/${long}2:81/TCP`),
      ...deny('y/a', `x/${long}1:81/TCP`, `x/${long}2:80/TCP`),
    ],
  },
  {
    name: 'bug-names-that-are-nft-words',
    source: 'K19',
    manifests:
      pod('fwd/accept', { labels: '{ app: drop }', node: 'n1', host: 77 }) +
      policy(
        'fwd/drop',
        '{ podSelector: { matchLabels: { app: drop } }, ingress: [{ ports: [{ port: 80 }] }] }',
      ) +
      policy('fwd/jump', '{ podSelector: {}, policyTypes: [Egress], egress: [{ ports: [{ port: 81 }] }] }'),
    flows: [
      ...allow('x/a', 'fwd/accept:80/TCP'),
      ...deny('x/a', 'fwd/accept:81/TCP'),
      ...allow('fwd/accept', 'x/a:81/TCP'),
      ...deny('fwd/accept', 'x/a:80/TCP'),
    ],
  },
];
