import { type JsonSchema, listOf, objectOf, oneOf, text } from './json-schema.ts';
import { documentSchema } from './output-parts.ts';

const compiled = oneOf(['allowed', 'denied']);

/** The schema of `ringfence lab run -o json` and `ringfence lab probe -o json`. */
export function measuredConnectivitySchema(): JsonSchema {
  const connection = objectOf(
    {
      from: text,
      to: text,
      family: oneOf(['IPv4', 'IPv6']),
      address: text,
      protocol: oneOf(['TCP', 'UDP', 'SCTP', 'ICMP', 'OTHER']),
      port: { description: '0 where the protocol has none.', type: 'integer', minimum: 0, maximum: 65_535 },
      packets: oneOf(['allowed', 'dropped', 'reset', 'rejected', 'unreachable', 'unknown']),
      compiled: { description: 'What the compiler says.', ...compiled },
      policies: { description: 'What the policies say, read without the compiler.', ...compiled },
      agrees: { type: 'boolean' },
    },
    { answeredBy: text },
  );
  return documentSchema(
    'MeasuredConnectivity',
    'What packets did in a lab',
    { agree: { type: 'boolean' }, connections: listOf(connection) },
    {},
    { reachable: { description: 'Where one receiver was asked about.', type: 'boolean' } },
  );
}
