import { connectivityDiffSchema, connectivitySchema } from './connectivity.ts';
import type { JsonSchema } from './json-schema.ts';
import type { SchemaName } from './names.ts';
import { policyTestSchema } from './policy-test.ts';
import { lintReportSchema, testReportSchema } from './reports.ts';

/** The schemas by name. */
export const schemas: Readonly<Record<SchemaName, () => JsonSchema>> = {
  test: policyTestSchema,
  'test-report': testReportSchema,
  matrix: connectivitySchema,
  diff: connectivityDiffSchema,
  lint: lintReportSchema,
};
