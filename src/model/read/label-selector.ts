import { type LabelSelector, normaliseSelector, type Requirement } from '../label-selector.ts';
import { type Cursor, entriesOf, fieldOf, hasOnlyFields, isAbsent, itemsOf, stringOf } from './cursor.ts';
import { reportForbidden, reportInvalid, reportRequired } from './field-error.ts';
import { mostRequirements, mostValues } from './limits.ts';
import { labelKeyErrors, labelValueErrors } from './names.ts';
import { readLabel, reportEach } from './object-meta.ts';
import { closest } from './suggestion.ts';

/**
 * Reads a label selector (meta/v1 LabelSelector) into normal form. Nothing written is the empty selector, which matches
 * everything. `undefined` where any part is broken: a selector without that part would match more.
 */
export function readLabelSelector(cursor: Cursor): LabelSelector | undefined {
  if (!hasOnlyFields(cursor, ['matchLabels', 'matchExpressions'], labelHints(cursor))) return undefined;
  const labels = entriesOf(fieldOf(cursor, 'matchLabels'), mostRequirements)?.map(([key, value]) =>
    readMatchLabel(key, value),
  );
  const expressions = itemsOf(fieldOf(cursor, 'matchExpressions'), mostRequirements)?.map(readRequirement);
  if (labels === undefined || expressions === undefined) return undefined;
  const requirements = [...labels, ...expressions];
  const understood = requirements.filter((requirement) => requirement !== undefined);
  return understood.length === requirements.length ? normaliseSelector(understood) : undefined;
}

/** `podSelector: {app: web}` is the commonest slip: whatever is no field of a selector was probably a label. */
function labelHints({ value }: Cursor): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, entry]) => typeof entry === 'string' && closest(key, selectorFields) === undefined)
      .map(([key]) => [key, 'labels belong under matchLabels']),
  );
}

const selectorFields = ['matchLabels', 'matchExpressions'];

function readMatchLabel(key: string, value: Cursor): Requirement | undefined {
  const label = readLabel(key, value);
  return label === undefined ? undefined : { key: label[0], operator: 'In', values: [label[1]] };
}

function readRequirement(cursor: Cursor): Requirement | undefined {
  if (!hasOnlyFields(cursor, ['key', 'operator', 'values'])) return undefined;
  const key = readKey(fieldOf(cursor, 'key'));
  const operator = readOperator(fieldOf(cursor, 'operator'));
  const values = readValues(fieldOf(cursor, 'values'), operator);
  if (key === undefined || operator === undefined || values === undefined) return undefined;
  return operator === 'Exists' || operator === 'DoesNotExist' ? { key, operator } : { key, operator, values };
}

function readKey(cursor: Cursor): string | undefined {
  const key = stringOf(cursor, '');
  if (key === undefined) return undefined;
  const errors = labelKeyErrors(key);
  if (isAbsent(cursor)) reportRequired(cursor, 'a label key');
  else for (const error of errors) reportInvalid(cursor, 'invalid-label', error);
  return errors.length === 0 ? key : undefined;
}

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

function readOperator(cursor: Cursor): Requirement['operator'] | undefined {
  const written = stringOf(cursor, '');
  if (written === undefined) return undefined;
  const operator = operators.find((known) => known === written);
  if (operator === undefined) {
    const meant = closest(written, operators);
    const hint = meant === undefined ? `one of ${operators.join(', ')}` : `did you mean "${meant}"?`;
    if (written === '') reportRequired(cursor, 'a selector operator', hint);
    else reportInvalid(cursor, 'invalid-operator', 'not a valid selector operator', hint);
  }
  return operator;
}

function readValues(
  cursor: Cursor,
  operator: Requirement['operator'] | undefined,
): readonly string[] | undefined {
  const items = itemsOf(cursor, mostValues);
  if (items === undefined) return undefined;
  if (items.length === 0 && (operator === 'In' || operator === 'NotIn')) {
    reportRequired(cursor, "must be specified when `operator` is 'In' or 'NotIn'");
    return undefined;
  }
  if (items.length > 0 && (operator === 'Exists' || operator === 'DoesNotExist')) {
    reportForbidden(cursor, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    return undefined;
  }
  const values = items.map(readValue);
  const understood = values.filter((value) => value !== undefined);
  return understood.length === values.length ? [...new Set(understood)].sort() : undefined;
}

function readValue(cursor: Cursor): string | undefined {
  const value = stringOf(cursor, '');
  if (value === undefined) return undefined;
  return reportEach(cursor, 'invalid-label', labelValueErrors(value)) ? undefined : value;
}
