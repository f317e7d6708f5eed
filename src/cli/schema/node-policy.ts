import { type JsonSchema, listOf, objectOf, ref, text } from './json-schema.ts';
import { documentSchema } from './output-parts.ts';

/** The schema of `ringfence compile -o ir`. */
export function nodePolicySchema(): JsonSchema {
  return documentSchema(
    'NodePolicy',
    'The policies of a node, resolved',
    {
      node: text,
      pods: listOf(
        objectOf(
          { namespace: text, name: text, addresses: listOf(text) },
          {
            ...directions,
            audit: { description: 'What audit policies would come to.', ...objectOf({}, directions) },
          },
        ),
      ),
      assignedAddresses: { description: 'Pods that --assign-addresses gave addresses.', ...listOf(text) },
    },
    { direction, allowed, peer },
  );
}

const directions = { ingress: ref('direction'), egress: ref('direction') };

const direction = objectOf({ isolatedBy: listOf(text), allow: listOf(ref('allowed')) });

const allowed = objectOf({
  policy: text,
  rule: { type: 'string', pattern: '^(?:ingress|egress)\\[\\d+\\]$' },
  peers: { anyOf: [{ const: 'anyone' }, listOf(ref('peer'))] },
  ports: { anyOf: [{ const: 'all' }, listOf({ description: '80/TCP, 8000-8080/TCP, http/TCP', ...text })] },
});

const peer: JsonSchema = {
  anyOf: [
    objectOf({ pods: text, namespaces: text, matching: listOf(text) }),
    objectOf({ cidr: text }),
    objectOf({ range: { description: 'The first and the last address.', ...text } }),
  ],
};
