import { withConfigured } from '../../analysis/lint/configured-ignores.ts';
import { lint } from '../../analysis/lint/lint.ts';
import { lintRules } from '../../analysis/lint/registry.ts';
import type { FindingData } from '../../page/data.ts';
import type { ReadCluster } from '../input-options.ts';
import type { LintConfig } from '../lint/config.ts';

/** What the linter finds in an input, as the page has it. */
export function findingsOf(
  { cluster, diagnostics, locate }: ReadCluster,
  ignores: LintConfig['ignores'],
): readonly FindingData[] {
  const input = { cluster, problems: diagnostics, ...(locate === undefined ? {} : { locate }) };
  const { findings } = withConfigured(lint(input, { masqueradeAll: false }), ignores);
  const titles = new Map(lintRules.map(({ id, title }) => [id, title]));
  return findings.map(({ rule, severity, message, hint, object, place, ignored }) => ({
    rule,
    severity,
    title: titles.get(rule) ?? rule,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(object === undefined ? {} : { object }),
    ...(place === undefined ? {} : { place }),
    ...(ignored === undefined ? {} : { ignored: ignored.reason }),
  }));
}
