import type { JsonValue } from '../json.ts';
import { type Resource } from '../resources.ts';
import { ApiError } from '../status.ts';

/** One finding about one field, as apimachinery's `field.Error`. */
export interface FieldError {
  /** `FieldValueInvalid` and so on: the reason of the Status cause. */
  readonly type: string;
  /** `spec.ingress[0].from[1].ipBlock.cidr`; `<nil>` for the object itself. */
  readonly field: string;
  /** The message without the path. */
  readonly body: string;
}

export function required(field: string, detail: string): FieldError {
  return { type: 'FieldValueRequired', field, body: `Required value${suffix(detail)}` };
}

export function invalid(field: string, value: JsonValue | undefined, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, body: `Invalid value: ${goQuote(value)}${suffix(detail)}` };
}

export function forbiddenField(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, body: `Forbidden${suffix(detail)}` };
}

export function duplicate(field: string, value: JsonValue): FieldError {
  return { type: 'FieldValueDuplicate', field, body: `Duplicate value: ${goQuote(value)}` };
}

export function notSupported(field: string, value: string, supported: readonly string[]): FieldError {
  const values = supported.map((text) => JSON.stringify(text)).join(', ');
  return {
    type: 'FieldValueNotSupported',
    field,
    body: `Unsupported value: ${goQuote(value)}: supported values: ${values}`,
  };
}

export function tooLong(field: string, maxBytes: number): FieldError {
  return {
    type: 'FieldValueTooLong',
    field,
    body: `Too long: may not be more than ${String(maxBytes)} bytes`,
  };
}

/** 422 with one cause a finding (apimachinery `NewInvalid`). */
export function invalidObject(
  subject: Pick<Resource, 'group' | 'kind'>,
  name: string,
  errors: readonly FieldError[],
): ApiError {
  const kind = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  const messages = [...new Set(errors.map(({ field, body }) => `${field}: ${body}`))];
  const text = messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`;
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: `${kind} ${JSON.stringify(name)} is invalid: ${text}`,
    details: {
      name,
      group: subject.group,
      kind: subject.kind,
      causes: errors.map(({ type, field, body }) => ({ reason: type, message: body, field })),
    },
  });
}

function suffix(detail: string): string {
  return detail === '' ? '' : `: ${detail}`;
}

// Go prints strings with %q, numbers and booleans with %v, nil as the quoted word. Structs print as Go source, which no
// client reads; JSON stands for it.
function goQuote(value: JsonValue | undefined): string {
  return value === undefined || value === null ? '"null"' : JSON.stringify(value);
}
