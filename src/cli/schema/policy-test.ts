import { type expectations, type longFields } from '../input/policy-test/read-line.ts';
import { mostNames, type podFields } from '../input/policy-test/read-names.ts';
import { type suiteFields } from '../input/policy-test/read-suite.ts';
import { mostItems } from '../../model/read/limits.ts';
import { protocols } from '../../net/protocol.ts';
import { dialect, type JsonSchema, oneOf, orNothing, ref, text } from './json-schema.ts';
import {
  cidrPattern,
  destinationPattern,
  endPattern,
  keyPattern,
  labelKeyPattern,
  labelPattern,
  labelValuePattern,
  linePattern,
  lockFilePattern,
  namePattern,
  portNamePattern,
  portsPattern,
} from './line-patterns.ts';

/**
 * The schema of one document of a policy test file, for editors. Whatever the reader takes is valid; what it refuses for its
 * keys, its types or the form of a line is not.
 */
export function policyTestSchema(): JsonSchema {
  return {
    $schema: dialect,
    title: 'Ringfence policy test',
    description: 'Who must reach whom, and who must not. Run it with: ringfence test',
    type: 'object',
    properties: suiteProperties,
    additionalProperties: false,
    // Something to check.
    anyOf: [
      ...(['allow', 'only', 'deny', 'tests'] as const).map((list) => ({
        required: [list],
        properties: { [list]: { type: 'array', minItems: 1 } },
      })),
      ...(['matrix', 'snapshot'] as const).map((field) => ({
        required: [field],
        properties: { [field]: { type: 'string' } },
      })),
      { required: ['otherwise'], properties: { otherwise: { const: 'deny' } } },
    ],
    $defs: definitions,
  };
}

const endForms =
  'An end is NAMESPACE/NAME, NAMESPACE/KIND/NAME, NAMESPACE/*, ns:NAMESPACE, app=web, svc/NAMESPACE/NAME, an address, a CIDR, internet, node, any, or a name.';
const portForms = 'Ports are 8080, 8080/udp, http, 1000-2000, or a list of these with commas.';

type Fields<T extends readonly string[]> = Readonly<Record<T[number], JsonSchema>>;

const suiteProperties: Fields<typeof suiteFields> = {
  manifests: {
    description:
      'Files, directories and globs with the manifests, relative to this file; "-" is standard input. Without it they come from -f.',
    ...oneOrMore({ type: 'string', minLength: 1 }),
  },
  names: {
    description:
      'Words that stand for an end, for several, for a block of addresses, or for a pod that no manifest has.',
    ...orNothing({
      type: 'object',
      maxProperties: mostNames,
      propertyNames: { maxLength: 63, pattern: namePattern },
      additionalProperties: ref('meaning'),
    }),
  },
  allow: lines('allow', 'Every connection that a line covers must work: FROM -> TO[:PORTS].'),
  only: lines(
    'only',
    'They must work, and nobody that no line lets in may reach these destinations at these ports.',
  ),
  deny: lines(
    'deny',
    'No connection that a line covers may work. Without ports it is about every port and protocol.',
  ),
  tests: {
    description: 'Lines that each say what they expect.',
    ...orNothing({ type: 'array', maxItems: mostItems, items: ref('testLine') }),
  },
  matrix: {
    description:
      'A block of text: a row for each source, a column for each destination, from\\to in the corner. A cell is . for nothing, * for everything, - for anything, or exactly these ports.',
    ...orNothing({
      type: 'string',
      pattern: '^\\s*(?:#[^\\n]*\\n\\s*)*\\S*\\\\\\S*[^\\S\\n]+\\S[^\\n]*\\n\\s*\\S',
    }),
  },
  otherwise: {
    description: 'What holds for connections from and to the pods of the scope that no line mentions.',
    enum: ['deny', 'ignore', null],
    default: 'ignore',
  },
  scope: {
    description: 'The namespaces that otherwise and snapshot speak about; without it all that have pods.',
    ...oneOrMore(ref('namespace')),
  },
  snapshot: {
    description:
      'A lock file with one line for each permitted connection, beside this file or below. ringfence test --update writes it.',
    ...orNothing({ type: 'string', pattern: lockFilePattern }),
  },
};

/** Text of a form; without words of its own an editor would show the pattern. */
function written(pattern: string, patternErrorMessage: string): JsonSchema {
  return { type: 'string', pattern, patternErrorMessage };
}

function oneOrMore(item: JsonSchema): JsonSchema {
  return orNothing({ anyOf: [item, { type: 'array', minItems: 1, maxItems: mostItems, items: item }] });
}

function lines(list: (typeof expectations)[number], description: string): JsonSchema {
  const long = { properties: { expect: { enum: [list, null] } } };
  return {
    description,
    ...orNothing({
      type: 'array',
      maxItems: mostItems,
      items: {
        anyOf: [ref('line'), ref('lineWithColon'), { allOf: [ref('longLine'), long] }],
      },
    }),
  };
}

const longProperties: Fields<typeof longFields> = {
  from: { description: 'The sending end.', ...ref('end') },
  to: {
    description: 'The receiving end, perhaps with ports.',
    ...written(destinationPattern, `${endForms} ${portForms}`),
  },
  port: {
    description: 'A port, or a list: 8080, 8080/udp, http, 1000-2000. Without it every port and protocol.',
    ...orNothing({ anyOf: [ref('port'), { type: 'array', maxItems: mostItems, items: ref('port') }] }),
  },
  expect: {
    description: 'What must hold. The lists allow, only and deny say it already.',
    ...orNothing(oneOf(['allow', 'deny', 'only'] satisfies (typeof expectations)[number][])),
  },
  name: { description: 'What the line is called.', ...orNothing(text) },
  why: { description: 'Why it has to be so; printed where it fails.', ...orNothing(text) },
};

const podProperties: Fields<typeof podFields> = {
  namespace: orNothing(ref('namespace')),
  labels: ref('labels'),
  ports: orNothing({ type: 'array', maxItems: mostItems, items: ref('containerPort') }),
  namespaceLabels: { description: 'Of a namespace that no manifest has.', ...ref('labels') },
};

const definitions: Readonly<Record<string, JsonSchema>> = {
  end: written(endPattern, endForms),
  line: written(linePattern, `A line is FROM -> TO[:PORTS]. ${endForms}`),
  lineWithColon: {
    description: 'FROM -> TO: PORTS, which YAML takes for a key and a value.',
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    propertyNames: { pattern: keyPattern },
    additionalProperties: { anyOf: [{ type: 'string', minLength: 1 }, { type: 'number' }] },
  },
  longLine: {
    type: 'object',
    required: ['from', 'to'],
    properties: longProperties,
    additionalProperties: false,
  },
  testLine: {
    allOf: [ref('longLine'), { required: ['expect'], properties: { expect: { type: 'string' } } }],
  },
  port: {
    anyOf: [{ type: 'integer', minimum: 1, maximum: 65_535 }, written(portsPattern, portForms)],
  },
  namespace: { type: 'string', maxLength: 63, pattern: labelPattern },
  meaning: {
    anyOf: [
      ref('end'),
      { type: 'array', minItems: 1, maxItems: mostNames, items: ref('part') },
      ref('block'),
      ref('pod'),
    ],
  },
  part: { anyOf: [ref('end'), ref('block')] },
  block: {
    description: 'A block of addresses without those of other blocks.',
    type: 'object',
    required: ['cidr'],
    properties: {
      cidr: ref('cidr'),
      except: orNothing({ type: 'array', maxItems: mostItems, items: ref('cidr') }),
    },
    additionalProperties: false,
  },
  cidr: { type: 'string', pattern: cidrPattern },
  pod: {
    description: 'A pod that no manifest has.',
    type: 'object',
    properties: podProperties,
    additionalProperties: false,
  },
  labels: orNothing({
    type: 'object',
    propertyNames: { pattern: labelKeyPattern },
    additionalProperties: orNothing({ type: 'string', maxLength: 63, pattern: labelValuePattern }),
  }),
  containerPort: {
    type: 'object',
    required: ['containerPort'],
    properties: {
      name: orNothing({ type: 'string', maxLength: 15, pattern: portNamePattern }),
      containerPort: { type: 'integer', minimum: 1, maximum: 65_535 },
      protocol: orNothing(oneOf(protocols)),
    },
  },
};
