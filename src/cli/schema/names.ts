/** The schemas that there are, and what each is of. */
export const schemaNames = {
  test: 'a policy test file, for editors',
  'test-report': 'what ringfence test -o json prints',
  matrix: 'what ringfence matrix -o json prints',
  diff: 'what ringfence diff -o json prints',
  lint: 'what ringfence lint -o json prints',
  explain: 'what ringfence explain -o json prints',
  compile: 'what ringfence compile -o ir prints',
  lab: 'what ringfence lab run and lab probe -o json print',
} as const;

export type SchemaName = keyof typeof schemaNames;
