import { type JsonSchema, listOf, objectOf, oneOf, ref, text } from './json-schema.ts';
import { documentSchema, explanationDefinitions, portNumber } from './output-parts.ts';

const verdict = oneOf(['yes', 'no', 'partly', 'unknown']);

/** The schema of `ringfence explain -o json`. */
export function explanationSchema(): JsonSchema {
  return documentSchema(
    'Explanation',
    'Why one end reaches another, or does not',
    { from: text, to: text, verdict, legs: listOf(ref('leg')), notes: listOf(text) },
    { leg, connection, ...explanationDefinitions },
  );
}

const leg = objectOf(
  {
    kind: oneOf(['direct', 'to-controller', 'to-backend']),
    verdict,
    connections: listOf(ref('connection')),
    more: { description: 'Whether there are connections beyond those that are told.', type: 'boolean' },
  },
  {
    routes: listOf(
      objectOf(
        {
          ingress: text,
          host: text,
          path: text,
          backend: {
            anyOf: [
              objectOf({ service: text, port: { anyOf: [portNumber, text] } }),
              objectOf({ resource: text }),
            ],
          },
        },
        { pathType: oneOf(['Exact', 'ImplementationSpecific', 'Prefix']) },
      ),
    ),
    services: listOf(
      objectOf(
        { service: text, targets: listOf(objectOf({ port: portNumber, pods: listOf(text) })) },
        { port: portNumber, protocol: oneOf(['TCP', 'UDP', 'SCTP']) },
      ),
    ),
    reason: { description: 'Why it cannot be told, or leads to nobody.', ...text },
  },
);

const connection = objectOf(
  {
    from: ref('end'),
    to: ref('end'),
    asked: ref('traffic'),
    allowed: ref('traffic'),
    egress: ref('side'),
    ingress: ref('side'),
  },
  { family: oneOf(['IPv4', 'IPv6']) },
);
