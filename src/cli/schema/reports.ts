import { severities } from '../../analysis/lint/rule.ts';
import { count, type JsonSchema, listOf, objectOf, oneOf, ref, text } from './json-schema.ts';
import { documentSchema, explanationDefinitions, objectReference, placeFields } from './output-parts.ts';

/** The schema of `ringfence lint -o json`. */
export function lintReportSchema(): JsonSchema {
  const finding = objectOf(
    { rule: text, severity: oneOf(severities), message: text },
    {
      hint: text,
      ...placeFields,
      object: objectReference,
      ignored: objectOf({ by: oneOf(['annotation', 'configuration']), reason: text }),
    },
  );
  return documentSchema(
    'LintReport',
    'Findings of the linter',
    {
      findings: listOf(finding),
      counts: objectOf({ error: count, warning: count, info: count, ignored: count }),
    },
    {},
  );
}

/** The schema of `ringfence test -o json`. */
export function testReportSchema(): JsonSchema {
  return documentSchema(
    'TestReport',
    'How policy tests ended',
    {
      suites: {
        description: 'One for each document of the files.',
        ...listOf(
          objectOf({
            file: text,
            document: { type: 'integer', minimum: 1 },
            status: oneOf(['passed', 'failed', 'skipped', 'unanswered', 'broken']),
            diagnostics: listOf(ref('diagnostic')),
            results: listOf(ref('result')),
          }),
        ),
      },
      diagnostics: {
        description: 'Paths at which no policy test could be read.',
        ...listOf(ref('diagnostic')),
      },
      counts: objectOf({
        passed: count,
        failed: count,
        skipped: count,
        unanswered: count,
        broken: { description: 'Documents that could not be run.', ...count },
      }),
    },
    { diagnostic, result, sample, failure, ...explanationDefinitions },
    { coverage, mutation },
  );
}

/** With --coverage. */
const coverage = objectOf({
  rules: objectOf({
    covered: count,
    total: count,
    uncovered: listOf(
      objectOf(
        { policy: text, direction: oneOf(['ingress', 'egress']) },
        {
          rule: { description: 'Absent: that the policy isolates, where it has no rule.', ...count },
          ...placeFields,
        },
      ),
    ),
  }),
  connections: objectOf({
    covered: count,
    total: count,
    uncovered: listOf(objectOf({ from: text, to: text, traffic: ref('traffic'), ...placeFields })),
  }),
});

/** With --mutate. */
const mutation: JsonSchema = {
  anyOf: [
    objectOf({ kind: { const: 'not-tried' }, reason: text }),
    objectOf({
      kind: { const: 'tried' },
      possible: count,
      tried: count,
      killed: count,
      survived: count,
      equivalent: count,
      survivors: listOf(objectOf({ kind: text, policy: text, text }, { path: text, ...placeFields })),
    }),
  ],
};

const diagnostic = objectOf(
  { code: text, severity: oneOf(['error', 'warning']), message: text },
  {
    path: { description: 'The field, as the API server writes it.', ...text },
    hint: text,
    object: objectReference,
    ...placeFields,
  },
);

const result = objectOf(
  {
    verb: oneOf(['allow', 'deny', 'only', 'matrix', 'otherwise', 'snapshot', 'packets']),
    text: { description: 'What the line says, without its verb.', ...text },
    ...placeFields,
    status: oneOf(['passed', 'failed', 'skipped', 'unanswered']),
    detail: { description: 'For people: a fact a line.', ...listOf(text) },
    failures: listOf(ref('failure')),
  },
  {
    name: text,
    why: text,
    packets: {
      description: 'Connections that stand for the line, and what became of those that were tried.',
      ...objectOf({
        ...{ known: count, answered: count, denied: count, unproven: count },
        samples: listOf(ref('sample')),
      }),
    },
    changes: {
      description: 'Lines that a lock file lacks, and those that hold no more.',
      ...objectOf({ added: listOf(text), removed: listOf(text) }),
    },
  },
);

const sample = objectOf({
  what: oneOf(['pods', 'senders', 'ports', 'backends', 'pods to come']),
  tried: count,
  of: count,
});

/** A counterexample. */
const failure = objectOf(
  {
    kind: oneOf(['closed', 'open', 'unlisted', 'unmentioned']),
    message: text,
    from: ref('end'),
    to: ref('end'),
    traffic: ref('traffic'),
    egress: ref('side'),
    ingress: ref('side'),
  },
  { family: oneOf(['IPv4', 'IPv6']) },
);
