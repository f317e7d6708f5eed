/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return --
   answers are read as whatever the server sent: the expectation is their type */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApiServer, startApiServer } from '../../../src/lab/api-server/server.ts';
import { call, pod, policy } from './client.ts';

let server: ApiServer;
let url: string;
beforeAll(async () => {
  server = await startApiServer();
  url = `${server.url}/apis/networking.k8s.io/v1/namespaces/default/networkpolicies`;
});
afterAll(async () => {
  await server.close();
});

const peer = (one: unknown): unknown => ({ ingress: [{}, { from: [one] }] });
const block = (cidr: string, ...except: string[]): unknown => peer({ ipBlock: { cidr, except } });
const port = (one: unknown): unknown => ({
  egress: [{ ports: [{ port: 1 }, one] }],
  policyTypes: ['Egress'],
});
const at = 'spec.ingress[1].from[0]';
const cidrRule = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

// Spec, then field, reason and message of each cause.
const refused: readonly (readonly [unknown, readonly [string, string, string]])[] = [
  [peer({}), [at, 'FieldValueRequired', 'Required value: must specify a peer']],
  [peer(null), [at, 'FieldValueRequired', 'Required value: must specify a peer']],
  [
    peer({ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }),
    [at, 'FieldValueForbidden', 'Forbidden: may not specify both ipBlock and another peer'],
  ],
  [block(''), [`${at}.ipBlock.cidr`, 'FieldValueRequired', 'Required value']],
  [block('10.0.0.1'), [`${at}.ipBlock.cidr`, 'FieldValueInvalid', `Invalid value: "10.0.0.1": ${cidrRule}`]],
  [
    block('300.0.0.0/8'),
    [`${at}.ipBlock.cidr`, 'FieldValueInvalid', `Invalid value: "300.0.0.0/8": ${cidrRule}`],
  ],
  [
    block('10.0.0.0/8', '10.1.0.0/16', '11.0.0.0/16'),
    [
      `${at}.ipBlock.except[1]`,
      'FieldValueInvalid',
      'Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    ],
  ],
  [
    block('10.0.0.0/8', '10.0.0.0/8'),
    [
      `${at}.ipBlock.except[0]`,
      'FieldValueInvalid',
      'Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
    ],
  ],
  [
    block('10.0.0.0/8', '2001:db8::/64'),
    [
      `${at}.ipBlock.except[0]`,
      'FieldValueInvalid',
      'Invalid value: "2001:db8::/64": must be a strict subset of `cidr`',
    ],
  ],
  [
    port({ protocol: 'tcp' }),
    [
      'spec.egress[0].ports[1].protocol',
      'FieldValueNotSupported',
      'Unsupported value: "tcp": supported values: "TCP", "UDP", "SCTP"',
    ],
  ],
  [
    port({ port: 0 }),
    [
      'spec.egress[0].ports[1].port',
      'FieldValueInvalid',
      'Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
  ],
  [
    port({ port: 'Http' }),
    [
      'spec.egress[0].ports[1].port',
      'FieldValueInvalid',
      'Invalid value: "Http": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
    ],
  ],
  [
    port({ port: 90, endPort: 80 }),
    [
      'spec.egress[0].ports[1].endPort',
      'FieldValueInvalid',
      'Invalid value: 80: must be greater than or equal to `port`',
    ],
  ],
  [
    port({ port: 'http', endPort: 80 }),
    [
      'spec.egress[0].ports[1].endPort',
      'FieldValueInvalid',
      'Invalid value: 80: may not be specified when `port` is non-numeric',
    ],
  ],
  [
    port({ endPort: 80 }),
    [
      'spec.egress[0].ports[1].endPort',
      'FieldValueInvalid',
      'Invalid value: 80: may not be specified when `port` is not specified',
    ],
  ],
  [
    { policyTypes: ['ingress'] },
    [
      'spec.policyTypes[0]',
      'FieldValueNotSupported',
      'Unsupported value: "ingress": supported values: "Ingress", "Egress"',
    ],
  ],
  [
    { podSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
    [
      'spec.podSelector.matchExpressions[0].values',
      'FieldValueRequired',
      "Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
  ],
  [
    { podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] } },
    [
      'spec.podSelector.matchExpressions[0].values',
      'FieldValueForbidden',
      "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    ],
  ],
  [
    { podSelector: { matchExpressions: [{ key: 'a', operator: 'in', values: ['x'] }] } },
    [
      'spec.podSelector.matchExpressions[0].operator',
      'FieldValueInvalid',
      'Invalid value: "in": not a valid selector operator',
    ],
  ],
  [
    { podSelector: { matchLabels: { 'a b': 'c' } } },
    [
      'spec.podSelector.matchLabels',
      'FieldValueInvalid',
      `Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ],
  ],
];

describe('NetworkPolicy', () => {
  test.each(refused)('%j is refused with the path and the words of the server', async (spec, cause) => {
    const { code, body } = await call(url, 'POST', policy('bad', spec));
    const [field, reason, message] = cause;
    expect(code).toBe(422);
    expect(body).toMatchObject({
      reason: 'Invalid',
      message: `NetworkPolicy.networking.k8s.io "bad" is invalid: ${field}: ${message}`,
      details: {
        name: 'bad',
        group: 'networking.k8s.io',
        kind: 'NetworkPolicy',
        causes: [{ field, reason, message }],
      },
    });
  });

  test('several findings come together, and are listed in brackets', async () => {
    const spec = { ingress: [{ from: [{}], ports: [{ port: 70000 }] }] };
    const { body } = await call(url, 'POST', policy('bad', spec));
    expect(body.message).toBe(
      'NetworkPolicy.networking.k8s.io "bad" is invalid: [spec.ingress[0].ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive, spec.ingress[0].from[0]: Required value: must specify a peer]',
    );
  });

  // What was written, and what is stored: defaults, `omitempty`, null as the zero value.
  const stored: readonly (readonly [unknown, unknown])[] = [
    [{}, { podSelector: {}, policyTypes: ['Ingress'] }],
    [{ egress: [] }, { podSelector: {}, policyTypes: ['Ingress'] }],
    [{ egress: [{}] }, { podSelector: {}, egress: [{}], policyTypes: ['Ingress', 'Egress'] }],
    [{ ingress: [null] }, { podSelector: {}, ingress: [{}], policyTypes: ['Ingress'] }],
    [{ ingress: [{ from: [] }] }, { podSelector: {}, ingress: [{}], policyTypes: ['Ingress'] }],
    [
      { ingress: [{ ports: [{}] }], policyTypes: [] },
      { podSelector: {}, ingress: [{ ports: [{ protocol: 'TCP' }] }], policyTypes: ['Ingress'] },
    ],
    [
      { podSelector: null, ingress: [{ from: [{ podSelector: {}, namespaceSelector: null }] }] },
      { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }], policyTypes: ['Ingress'] },
    ],
    [
      { podSelector: { matchLabels: { a: '' } } },
      { podSelector: { matchLabels: { a: '' } }, policyTypes: ['Ingress'] },
    ],
  ];
  test.each(stored)('%j is stored as %j', async (written, kept) => {
    const { code, body } = await call(`${url}?dryRun=All`, 'POST', policy('good', written));
    expect(code).toBe(201);
    expect(body.spec).toEqual(kept);
  });

  test('odd CIDRs pass with a warning', async () => {
    const texts = { '10.1.2.3/8': 'is ambiguous in this context (should be "10.0.0.0/8" or "10.1.2.3/32"?)' };
    for (const [cidr, warning] of Object.entries(texts)) {
      const { code, headers } = await call(`${url}?dryRun=All`, 'POST', policy('odd', block(cidr)));
      expect(code).toBe(201);
      const text = `${at}.ipBlock.cidr: CIDR value ${JSON.stringify(cidr)} ${warning}`;
      expect(headers.get('warning')).toBe(`299 - ${JSON.stringify(text)}`);
    }
  });
});

describe('unknown fields', () => {
  const odd = policy('odd', { podSelector: {}, policyType: ['Ingress'], ingress: [{ form: [], ü: 1 }] });
  const send = (validation: string) => call(`${url}?dryRun=All&fieldValidation=${validation}`, 'POST', odd);

  test('Strict refuses them with their paths', async () => {
    const { code, body } = await send('Strict');
    expect(code).toBe(400);
    expect(body.message).toBe(
      'NetworkPolicy in version "v1" cannot be handled as a NetworkPolicy: strict decoding error: unknown field "spec.policyType", unknown field "spec.ingress[0].form", unknown field "spec.ingress[0].ü"',
    );
  });

  test('Warn, also the default, drops them with a warning each; Ignore drops them', async () => {
    for (const validation of ['Warn', '']) {
      const { code, body, headers } = await send(validation);
      expect(code).toBe(201);
      expect(body.spec).toEqual({ podSelector: {}, ingress: [{}], policyTypes: ['Ingress'] });
      expect(headers.get('warning')).toContain('299 - "unknown field \\"spec.policyType\\""');
    }
    expect((await send('Ignore')).headers.get('warning')).toBeNull();
    expect((await send('Sometimes')).code).toBe(422);
  });

  test('in a patch they are a finding about the patch', async () => {
    server.apply(policy('patched', {}));
    const { code, body } = await call(
      `${url}/patched?fieldValidation=Strict`,
      'PATCH',
      '{"spec":{"foo":1}}',
      {
        'content-type': 'application/merge-patch+json',
      },
    );
    expect(code).toBe(422);
    expect(body.message).toContain('patch: Invalid value');
    expect(body.message).toContain(
      'strict decoding error: unknown field \\"spec.foo\\"'.replaceAll('\\', ''),
    );
  });
});

test('a wrong type is an error of the decoder', async () => {
  const table: readonly (readonly [unknown, string])[] = [
    [
      { podSelector: 'x' },
      'json: cannot unmarshal string into Go struct field NetworkPolicySpec.spec.podSelector of type v1.LabelSelector',
    ],
    [
      { podSelector: { matchLabels: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field LabelSelector.spec.podSelector.matchLabels of type string',
    ],
    [
      { ingress: {} },
      'json: cannot unmarshal object into Go struct field NetworkPolicySpec.spec.ingress of type []v1.NetworkPolicyIngressRule',
    ],
    [{ ingress: [{ ports: [{ port: true }] }] }, 'json: cannot unmarshal bool into Go value of type int32'],
  ];
  for (const [spec, message] of table) {
    const { code, body } = await call(url, 'POST', policy('bad', spec));
    expect(code).toBe(400);
    expect(body.message).toBe(
      `NetworkPolicy in version "v1" cannot be handled as a NetworkPolicy: ${message}`,
    );
  }
});

test('names follow the rule of their kind', async () => {
  const pods = `${server.url}/api/v1/namespaces/default/pods`;
  const upper = await call(pods, 'POST', pod('Web'));
  expect(upper.body.message).toBe(
    `Pod "Web" is invalid: metadata.name: Invalid value: "Web": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
  );
  expect((await call(`${pods}?dryRun=All`, 'POST', pod('a.b'))).code).toBe(201);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a.b' } };
  const dotted = await call(`${server.url}/api/v1/namespaces`, 'POST', namespace);
  expect(dotted.body.details.causes[0].message).toBe('Invalid value: "a.b": must not contain dots');
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: '1a' },
    spec: { ports: [{ port: 1 }] },
  };
  expect((await call(`${server.url}/api/v1/namespaces/default/services`, 'POST', service)).code).toBe(422);
  expect((await call(pods, 'POST', pod('x'.repeat(254)))).body.details.causes[0].message).toBe(
    `Invalid value: "${'x'.repeat(254)}": must be no more than 253 bytes`,
  );
  const labelled = await call(pods, 'POST', pod('web', { app: 'no spaces' }));
  expect(labelled.body.details.causes[0].field).toBe('metadata.labels');
});

test('pods, services and controllers are checked where manifests go wrong', async () => {
  const base = `${server.url}/api/v1/namespaces/default`;
  const causes = async (path: string, object: unknown): Promise<string[]> => {
    const { body } = await call(`${path}?dryRun=All`, 'POST', object);
    return (body.details?.causes ?? []).map((cause: { field: string }) => cause.field);
  };
  const bare = { ...pod('web'), spec: {} };
  expect(await causes(`${base}/pods`, bare)).toEqual(['spec.containers']);
  const container = { name: 'main', image: 'x', ports: [{ containerPort: 99999, name: 'a--b' }] };
  expect(await causes(`${base}/pods`, { ...bare, spec: { containers: [container, container] } })).toEqual([
    ...['spec.containers[0].ports[0].name', 'spec.containers[0].ports[0].containerPort'],
    ...['spec.containers[1].ports[0].name', 'spec.containers[1].ports[0].containerPort'],
    'spec.containers[1].name',
  ]);
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: {} };
  expect(await causes(`${base}/services`, service)).toEqual(['spec.ports']);
  const template = { metadata: { labels: { app: 'b' } }, spec: pod('x').spec };
  const spec = { selector: { matchLabels: { app: 'a' } }, template };
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec };
  const deployments = `${server.url}/apis/apps/v1/namespaces/default/deployments`;
  expect(await causes(deployments, deployment)).toEqual(['spec.template.metadata.labels']);
});

test('an event must live where its object lives, and the new kind says who reports it', async () => {
  const core = `${server.url}/api/v1/namespaces/default/events?dryRun=All`;
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e' },
    involvedObject: { namespace: 'shop', name: 'web' },
  };
  const { body } = await call(core, 'POST', event);
  expect(body.details.causes).toEqual([
    {
      field: 'involvedObject.namespace',
      reason: 'FieldValueInvalid',
      message: 'Invalid value: "shop": does not match event.namespace',
    },
  ]);
  const grouped = `${server.url}/apis/events.k8s.io/v1/namespaces/default/events?dryRun=All`;
  const whole = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'e' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'example.com/agent',
    reportingInstance: 'node-1',
    action: 'Compile',
    reason: 'Invalid',
    type: 'Warning',
    note: 'text',
    regarding: { kind: 'NetworkPolicy', namespace: 'default', name: 'web' },
  };
  expect((await call(grouped, 'POST', whole)).code).toBe(201);
  const { eventTime: _time, action: _action, ...rest } = whole;
  const poor = await call(grouped, 'POST', rest);
  expect(poor.body.details.causes.map((cause: { field: string }) => cause.field)).toEqual([
    'eventTime',
    'action',
  ]);
});
