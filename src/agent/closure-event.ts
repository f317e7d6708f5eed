import type { ObjectEvent } from '../kube/events.ts';
import type { PodClosure } from '../ruleset/compiler.ts';

/** What the owner of a pod is told with `kubectl describe` where its policies ask for more than a tenant may. */
export function closureEvent(closure: PodClosure): ObjectEvent | undefined {
  const { pod, uid, direction, audit, reason, message } = closure;
  if (reason === 'defect') return undefined;
  const [namespace = '', name = ''] = pod.split('/');
  return {
    type: 'Warning',
    reason: 'PoliciesTooLarge',
    action: audit === true ? 'AuditAll' : 'FailClosed',
    note: `${audit === true ? `Audit would deny all ${direction}` : `No ${direction} is allowed`}: ${message}. Merge rules and blocks, or let fewer policies select the pod.`,
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
  };
}
