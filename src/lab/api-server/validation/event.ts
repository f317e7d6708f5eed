import { type JsonObject, stringAt, valueAt } from '../json.ts';
import type { Resource } from '../resources.ts';
import { type FieldError, invalid, required } from './field-error.ts';
import { checkQualifiedName } from './names.ts';

/**
 * The checks of an Event in its stored, core form (pkg/apis/core/validation/events.go). One with an `eventTime` is of the
 * new kind and must say who reports what; through events.k8s.io only that kind can be created.
 */
export function validateEvent(event: JsonObject, resource: Resource): readonly FieldError[] {
  const grouped = resource.group === 'events.k8s.io';
  const names = grouped
    ? { about: 'regarding', note: 'note', reporter: 'reportingController' }
    : { about: 'involvedObject', note: 'message', reporter: 'reportingComponent' };
  const timed = valueAt(event, 'eventTime') !== undefined;
  const note = stringAt(event, 'message');
  return [
    ...validateNamespace(event, `${names.about}.namespace`),
    ...(grouped && !timed ? [required('eventTime', '')] : []),
    ...(grouped || timed
      ? [
          ...validateReporter(stringAt(event, 'reportingComponent'), names.reporter),
          ...['reportingInstance', 'action', 'reason'].flatMap((field) =>
            validateShort(stringAt(event, field), field),
          ),
          ...(Buffer.byteLength(note) > 1024
            ? [invalid(names.note, note, 'can have at most 1024 characters')]
            : []),
        ]
      : []),
    ...(grouped ? validateType(stringAt(event, 'type')) : []),
  ];
}

function validateNamespace(event: JsonObject, path: string): readonly FieldError[] {
  const own = stringAt(event, 'metadata', 'namespace');
  const about = stringAt(event, 'involvedObject', 'namespace');
  const fits = about === '' ? own === 'default' || own === 'kube-system' : own === about;
  return fits ? [] : [invalid(path, about, 'does not match event.namespace')];
}

function validateReporter(reporter: string, path: string): readonly FieldError[] {
  if (reporter === '') return [required(path, '')];
  return checkQualifiedName(reporter).map((text) => invalid(path, reporter, text));
}

function validateShort(text: string, path: string): readonly FieldError[] {
  if (text === '') return [required(path, '')];
  return Buffer.byteLength(text) > 128 ? [invalid(path, '', 'can have at most 128 characters')] : [];
}

function validateType(type: string): readonly FieldError[] {
  return type === 'Normal' || type === 'Warning' ? [] : [invalid('type', type, `has invalid value: ${type}`)];
}
