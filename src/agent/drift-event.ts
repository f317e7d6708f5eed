import type { ObjectEvent } from '../kube/events.ts';
import type { DriftCause } from './drift.ts';

/**
 * What `kubectl describe node` tells of damage that was repaired. No numbers and no names of processes: an Event of equal
 * words is written once an hour, however often somebody does it. The log has each.
 */
export function driftEvent(
  { nodeName, table }: { readonly nodeName: string; readonly table: string },
  cause: DriftCause,
): ObjectEvent {
  return {
    type: 'Warning',
    reason: 'RulesetDrift',
    action: 'Replace',
    note: `${notes[cause]} nftables table inet ${table} was replaced with what the policies say. Something on this node changes it; the agent's log says what and who.`,
    // As the kubelet does it: kubectl describe looks for the node's name in place of the uid.
    regarding: { apiVersion: 'v1', kind: 'Node', namespace: '', name: nodeName, uid: nodeName },
  };
}

const notes: Readonly<Record<DriftCause, string>> = {
  'table-deleted': 'Another program deleted the rules (nft flush ruleset, for one).',
  'foreign-change': 'Another program changed the rules.',
  'monitor-lost': 'The rules were changed while nobody watched them.',
  periodic: 'The rules were not what they should be, and no change was seen.',
};
