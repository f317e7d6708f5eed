import { matchesSelector, type Labels, type Requirement } from '../../model/label-selector.ts';
import { type ApiObject, stringsAt, valueAt } from './json.ts';
import type { Resource } from './resources.ts';
import { badRequest } from './status.ts';
import { checkLabelValue, checkQualifiedName } from './validation/names.ts';

export type Matcher = (object: ApiObject) => boolean;

/**
 * Reads `labelSelector` in the syntax of `kubectl -l` (apimachinery `labels.Parse`). Throws `ApiError` 400 on bad syntax.
 */
export function parseLabelSelector(text: string): Matcher {
  const conditions = splitRequirements(text).map(parseRequirement);
  if (conditions.length === 0) return () => true;
  return (object) => {
    const labels = stringsAt(object, 'metadata', 'labels');
    return conditions.every((holds) => holds(labels));
  };
}

/** Reads `fieldSelector`. Throws `ApiError` 400 on bad syntax and on fields that the resource does not offer. */
export function parseFieldSelector(text: string, resource: Resource): Matcher {
  const conditions = text
    .split(',')
    .filter((term) => term !== '')
    .map((term): Matcher => {
      const [, field, operator, value] = /^(.*?)(!=|==|=)(.*)$/.exec(term) ?? [];
      if (field === undefined || value === undefined) {
        throw badRequest(`invalid field selector: invalid selector: '${text}'; can't understand '${term}'`);
      }
      const offered = ['metadata.name', 'metadata.namespace', ...resource.selectableFields];
      if (!offered.includes(field)) throw badRequest(`field label not supported: ${field}`);
      const wanted = value.replaceAll(/\\([\\,=])/g, '$1');
      return (object) => (fieldText(object, field) === wanted) === (operator !== '!=');
    });
  return (object) => conditions.every((holds) => holds(object));
}

function fieldText(object: ApiObject, field: string): string {
  if (field === 'source')
    return fieldText(object, 'source.component') || fieldText(object, 'reportingComponent');
  const value = valueAt(object, ...field.split('.'));
  if (value === undefined)
    return field === 'spec.hostNetwork' || field === 'spec.unschedulable' ? 'false' : '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

type Condition = (labels: Labels) => boolean;

/** Splits at commas outside of parentheses. */
function splitRequirements(text: string): readonly string[] {
  if (text.trim() === '') return [];
  return text.split(/,(?![^(]*\))/);
}

function parseRequirement(text: string): Condition {
  const term = text.trim();
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(term);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return requirement({ key, operator: operator === 'in' ? 'In' : 'NotIn', values }, text);
  }
  const order = /^([^\s<>]+)\s*([<>])\s*(-?\d+)$/.exec(term);
  if (order !== null) {
    const [, key = '', operator, number = ''] = order;
    check(checkQualifiedName(key), text);
    return (labels) => {
      const value = Object.hasOwn(labels, key) ? Number.parseInt(labels[key] ?? '', 10) : Number.NaN;
      return operator === '>' ? value > Number(number) : value < Number(number);
    };
  }
  const equality = /^([^\s!=]+)\s*(!=|==|=)\s*([^\s!=]*)$/.exec(term);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    return requirement({ key, operator: operator === '!=' ? 'NotIn' : 'In', values: [value] }, text);
  }
  const existence = /^(!?)\s*([^\s!=<>()]+)$/.exec(term);
  if (existence === null)
    throw badRequest(`unable to parse requirement: found '${text}', expected: identifier`);
  return requirement(
    { key: existence[2] ?? '', operator: existence[1] === '!' ? 'DoesNotExist' : 'Exists' },
    text,
  );
}

function requirement(one: Requirement, text: string): Condition {
  check(checkQualifiedName(one.key), one.key);
  if ('values' in one) for (const value of one.values) check(checkLabelValue(value), value);
  if ('values' in one && one.values.length === 0) {
    throw badRequest(`unable to parse requirement: found '${text}', expected: values`);
  }
  return (labels) => matchesSelector([one], labels);
}

function check(problems: readonly string[], value: string): void {
  if (problems.length === 0) return;
  throw badRequest(
    `unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(value)}: ${problems.join('; ')}`,
  );
}
