import type { ObjectEvent } from '../kube/events.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { modeAnnotation } from '../model/network-policy.ts';
import { namespaceTooLargeCode } from '../policy/oversize.ts';
import type { ReportedPolicy } from './policy-reports.ts';

/** What the owner of a policy is told with `kubectl describe`: what is not enforced as written. No other warnings. */
export function policyEvents(
  policy: ReportedPolicy,
  diagnostics: readonly Diagnostic[],
): readonly ObjectEvent[] {
  // What closes a whole namespace is told once for each pod that it closes, not for each policy.
  const errors = diagnostics.filter(
    ({ code, severity }) => severity === 'error' && code !== namespaceTooLargeCode,
  );
  const mode = diagnostics.find(({ code }) => code === 'unknown-mode');
  return [
    ...(errors.length === 0 ? [] : [invalid(policy, errors)]),
    ...(mode === undefined ? [] : [unknownMode(policy, mode)]),
  ];
}

function invalid(policy: ReportedPolicy, errors: readonly Diagnostic[]): ObjectEvent {
  const told = errors
    .slice(0, 5)
    .map(({ path, message }) => (path === undefined ? message : `${path}: ${message}`));
  const more = errors.length > told.length ? [`and ${String(errors.length - told.length)} more`] : [];
  return {
    type: 'Warning',
    reason: 'InvalidPolicy',
    action: 'FailClosed',
    note: `What could not be understood allows nothing. ${[...told, ...more].join('; ')}`,
    regarding: referenceTo(policy),
  };
}

/** Whoever meant to try the policy out hears that it closes. */
function unknownMode(policy: ReportedPolicy, { message, hint }: Diagnostic): ObjectEvent {
  return {
    type: 'Warning',
    reason: 'UnknownMode',
    action: 'Enforce',
    note: `Annotation ${modeAnnotation}: ${message}${hint === undefined ? '' : `; ${hint}`}.`,
    regarding: referenceTo(policy),
  };
}

function referenceTo({ namespace, name, uid }: ReportedPolicy): ObjectEvent['regarding'] {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace, name, uid };
}
