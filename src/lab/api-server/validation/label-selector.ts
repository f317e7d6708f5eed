import { type JsonObject, listAt, objectsAt, stringAt, stringsAt } from '../json.ts';
import { type FieldError, forbiddenField, invalid, required } from './field-error.ts';
import { validateLabels } from './metadata.ts';
import { checkLabelValue, checkQualifiedName } from './names.ts';

/** apimachinery `ValidateLabelSelector`. */
export function validateLabelSelector(selector: JsonObject, path: string): readonly FieldError[] {
  return [
    ...validateLabels(stringsAt(selector, 'matchLabels'), `${path}.matchLabels`),
    ...objectsAt(selector, 'matchExpressions').flatMap((expression, index) =>
      validateRequirement(expression, `${path}.matchExpressions[${String(index)}]`),
    ),
  ];
}

function validateRequirement(expression: JsonObject, path: string): readonly FieldError[] {
  const key = stringAt(expression, 'key');
  const values = listAt(expression, 'values').filter((value) => typeof value === 'string');
  return [
    ...validateOperator(stringAt(expression, 'operator'), values, path),
    ...checkQualifiedName(key).map((text) => invalid(`${path}.key`, key, text)),
    ...values.flatMap((value, index) =>
      checkLabelValue(value).map((text) => invalid(`${path}.values[${String(index)}]`, value, text)),
    ),
  ];
}

function validateOperator(operator: string, values: readonly string[], path: string): readonly FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [
            forbiddenField(
              `${path}.values`,
              "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
            ),
          ];
    default:
      return [invalid(`${path}.operator`, operator, 'not a valid selector operator')];
  }
}
