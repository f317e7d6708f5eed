import { expect, test } from 'vitest';
import table from '../../../src/lab/api-server/validation/schema.json' with { type: 'json' };
import { schemaFromClient } from './schema-from-client.ts';

test('the schema table is what the client library says of the Kubernetes API', () => {
  expect(table).toEqual(schemaFromClient());
});
