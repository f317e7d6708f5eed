// What a case is about. The names are those of the cyclonus test suite, so that its users find what they know.

/** Every tag, by the subject that it belongs to. */
export const tagsBySubject = {
  action: [
    'create-policy',
    'update-policy',
    'delete-policy',
    'create-pod',
    'delete-pod',
    'set-pod-labels',
    'create-namespace',
    'delete-namespace',
    'set-namespace-labels',
  ],
  target: ['target-namespace', 'target-pod-selector'],
  direction: ['ingress', 'egress'],
  'policy-stack': [],
  rule: ['deny-all', 'allow-all', 'any-peer', 'any-port-protocol', 'multi-peer', 'multi-port/protocol'],
  'peer-pods': [
    'all-pods',
    'pods-by-label',
    'all-namespaces',
    'namespaces-by-label',
    'policy-namespace',
    'namespaces-by-default-label',
  ],
  'peer-ipblock': ['ip-block-no-except', 'ip-block-with-except'],
  port: ['any-port', 'numbered-port', 'named-port', 'end-port'],
  protocol: ['tcp', 'udp', 'sctp'],
  miscellaneous: ['pathological', 'conflict', 'example', 'upstream-e2e'],
} as const;

export type Tag = (typeof tagsBySubject)[keyof typeof tagsBySubject][number];

/** Every tag, in the order of the subjects. */
export const allTags: readonly Tag[] = Object.values(tagsBySubject).flat();

/** What cyclonus leaves out unless it is told otherwise. 112 cases are left. */
export const excludedByDefault: readonly Tag[] = [
  'multi-peer',
  'upstream-e2e',
  'example',
  'end-port',
  'namespaces-by-default-label',
];

/** Each tag once, in the order of `allTags`. */
export function tagSet(...tags: readonly Tag[]): readonly Tag[] {
  return allTags.filter((tag) => tags.includes(tag));
}
