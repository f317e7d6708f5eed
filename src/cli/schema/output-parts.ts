import { protocols } from '../../net/protocol.ts';
import { apiVersion } from '../output/traffic-json.ts';
import { dialect, type JsonSchema, listOf, objectOf, oneOf, ref, text } from './json-schema.ts';

// What the JSON documents of several commands have in common.

/** A document of this kind, with these fields, those that every document has, and perhaps those of `optional`. */
export function documentSchema(
  kind: string,
  title: string,
  fields: Readonly<Record<string, JsonSchema>>,
  definitions: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return {
    $schema: dialect,
    title,
    ...objectOf({ apiVersion: { const: apiVersion }, kind: { const: kind }, ...fields }, optional),
    $defs: definitions,
  };
}

export const portNumber: JsonSchema = { type: 'integer', minimum: 1, maximum: 65_535 };

/** The fields of traffic. */
export const trafficFields = {
  ports: {
    description: 'By protocol: disjoint ascending ranges, both ends included.',
    ...objectOf({}, Object.fromEntries(protocols.map((protocol) => [protocol, ref('ranges')]))),
  },
  otherProtocols: {
    description: 'Whether every protocol passes that policies cannot name.',
    type: 'boolean',
  },
};

export const trafficDefinitions = {
  ranges: {
    type: 'array',
    minItems: 1,
    items: { type: 'array', items: portNumber, minItems: 2, maxItems: 2 },
  },
};

/** `file:line:column` in fields. */
export const placeFields = {
  file: text,
  line: { type: 'integer', minimum: 1 },
  column: { type: 'integer', minimum: 1 },
};

/** An object as kubectl names it. */
export const objectReference = objectOf({ kind: text, name: text }, { namespace: text });

const labels: JsonSchema = { type: 'object', additionalProperties: text };
const basis = oneOf(['open', 'not-a-pod', 'itself', 'own-node', 'policy']);
export const sideBasis: JsonSchema = {
  description: 'Whether that side is open because nothing isolates it, or by a policy.',
  ...basis,
};

const policyFields = { policy: { description: 'NAMESPACE/NAME', type: 'string' } };
const policyPlace = { file: placeFields.file, line: placeFields.line };
const rule = { type: 'string', pattern: '^(?:ingress|egress)\\[\\d+\\]$' };

/** The ends of one connection, and what both sides say of it. */
export const explanationDefinitions: Readonly<Record<string, JsonSchema>> = {
  ...trafficDefinitions,
  traffic: objectOf(trafficFields),
  end: {
    anyOf: [
      objectOf({ kind: { const: 'Pod' }, namespace: text, name: text, text }),
      objectOf({ kind: { const: 'Node' }, name: text, address: text }),
      objectOf({ kind: { const: 'Address' }, address: text }),
      {
        description:
          'A pod that does not exist yet, in a namespace that does, or in a new one with these labels.',
        ...objectOf(
          { kind: { const: 'PodToCome' }, labels, text },
          { namespace: text, namespaceLabels: labels },
        ),
      },
    ],
  },
  side: objectOf(
    {
      basis,
      allowed: ref('traffic'),
      isolatedBy: listOf(objectOf(policyFields, policyPlace)),
      allowedBy: listOf(objectOf({ ...policyFields, rule, allows: ref('traffic') }, policyPlace)),
      nearMisses: listOf(objectOf({ ...policyFields, rule, why: text }, policyPlace)),
    },
    {
      audit: objectOf({ wouldDeny: ref('traffic'), by: listOf(objectOf(policyFields, policyPlace)) }),
    },
  ),
};
