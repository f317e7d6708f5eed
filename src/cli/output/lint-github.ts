import { type Finding, severities } from '../../analysis/lint/rule.ts';
import { referenceText } from '../../analysis/lint/objects.ts';
import { type Annotation, annotationCommand } from './workflow-command.ts';

/**
 * Findings as workflow commands of GitHub Actions, the worst first: it shows ten of each kind for a step. Ignored ones are
 * left out.
 * @param folder as of `annotationCommand`
 */
export function lintGithub(findings: readonly Finding[], folder = ''): string {
  const told = findings.filter(({ ignored }) => ignored === undefined);
  return severities
    .flatMap((severity) => told.filter((finding) => finding.severity === severity))
    .map((finding) => annotationCommand(annotationOf(finding), folder))
    .join('');
}

const levels = { error: 'error', warning: 'warning', info: 'notice' } as const;

function annotationOf({ rule, severity, place, object, message, hint }: Finding): Annotation {
  return {
    level: levels[severity],
    title: rule,
    lines: [
      object === undefined ? message : `${referenceText(object)}: ${message}`,
      ...(hint === undefined ? [] : [`hint: ${hint}`]),
    ],
    ...(place === undefined ? {} : { place }),
  };
}
