import { type JsonSchema, listOf, objectOf, ref, text } from './json-schema.ts';
import { documentSchema, sideBasis, trafficDefinitions, trafficFields } from './output-parts.ts';

const endpoint: JsonSchema = {
  anyOf: [
    {
      description: 'Addresses that the policies do not tell apart; external endpoints are disjoint.',
      ...objectOf({ id: text, kind: { const: 'External' }, cidrs: listOf(text) }),
    },
    {
      description: 'A workload, a pod or a namespace.',
      ...objectOf(
        { id: text, kind: { type: 'string', not: { const: 'External' } }, namespace: text, name: text },
        { hostNetwork: { const: true } },
      ),
    },
  ],
};

const connectionFields = { from: text, to: text, ...trafficFields, egress: sideBasis, ingress: sideBasis };

/** The schema of `ringfence matrix -o json`. */
export function connectivitySchema(): JsonSchema {
  return documentSchema(
    'Connectivity',
    'Who reaches whom',
    { endpoints: listOf(ref('endpoint')), connections: listOf(objectOf(connectionFields)) },
    { endpoint, ...trafficDefinitions },
  );
}

/** The schema of `ringfence diff -o json`. */
export function connectivityDiffSchema(): JsonSchema {
  return documentSchema(
    'ConnectivityDiff',
    'What a change opens and closes',
    {
      endpoints: listOf(ref('endpoint')),
      opened: listOf(ref('change')),
      closed: listOf(ref('change')),
      endpointsAdded: listOf(text),
      endpointsRemoved: listOf(text),
    },
    { endpoint, change: objectOf({ ...connectionFields, because: listOf(text) }), ...trafficDefinitions },
  );
}
