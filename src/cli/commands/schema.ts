import { Argument, Command } from 'commander';
import { columnsText } from '../output/columns.ts';
import { jsonText } from '../output/json-text.ts';
import { type SchemaName, schemaNames } from '../schema/names.ts';
import type { Terminal } from '../terminal.ts';

/** `ringfence schema`: the JSON Schemas of what people write and of what commands print. */
export function schemaCommand(terminal: Terminal): Command {
  return new Command('schema')
    .addArgument(
      new Argument('[name]', 'which schema; without it they are listed').choices(Object.keys(schemaNames)),
    )
    .summary('print the JSON Schema of policy tests and of JSON outputs')
    .description(
      'Prints a JSON Schema (draft 2020-12). With that of policy tests an editor completes and checks them while they are written: the first line of the file names it, as below. The package has it, too, as rules/schema/policy-test.json.',
    )
    .addHelpText(
      'after',
      `
Examples:
  ringfence schema
  ringfence schema test > .policy-test.schema.json
  # yaml-language-server: $schema=.policy-test.schema.json      # in the first line of a policy test
  ringfence schema test-report`,
    )
    .action(async (name: SchemaName | undefined) => {
      if (name === undefined) {
        terminal.out(columnsText(['NAME', 'OF'], Object.entries(schemaNames)));
        return;
      }
      // Loaded only now: the help of all commands does without the readers.
      const { schemas } = await import('../schema/registry.ts');
      terminal.out(jsonText(schemas[name]()));
    });
}
