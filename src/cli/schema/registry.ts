import { connectivityDiffSchema, connectivitySchema } from './connectivity.ts';
import { explanationSchema } from './explanation.ts';
import type { JsonSchema } from './json-schema.ts';
import { measuredConnectivitySchema } from './measured-connectivity.ts';
import type { SchemaName } from './names.ts';
import { nodePolicySchema } from './node-policy.ts';
import { policyTestSchema } from './policy-test.ts';
import { lintReportSchema, testReportSchema } from './reports.ts';

/** The schemas by name. */
export const schemas: Readonly<Record<SchemaName, () => JsonSchema>> = {
  test: policyTestSchema,
  'test-report': testReportSchema,
  matrix: connectivitySchema,
  diff: connectivityDiffSchema,
  lint: lintReportSchema,
  explain: explanationSchema,
  compile: nodePolicySchema,
  lab: measuredConnectivitySchema,
};
