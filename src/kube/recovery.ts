import type { KubeError } from './errors.ts';

/**
 * What a failed attempt means for the next one.
 * - `resume`: go on from the newest version that was seen.
 * - `resume-once`: the same, but list anew if it fails like this again before anything came.
 * - `relist-anew`: that version is of no use any more; list whatever the cluster holds now.
 */
export type Recovery = 'resume' | 'resume-once' | 'relist-anew';

/** `version` is what was asked for: empty when the server was free to choose. */
export function recoveryFrom(failure: KubeError, version: string): Recovery {
  switch (failure.code) {
    case 'expired':
    case 'version-too-large':
      return 'relist-anew';
    case 'rejected':
      // A version that the server calls invalid stays invalid; refused credentials and overload pass.
      return version !== '' && (failure.status === 400 || failure.status === 422) ? 'relist-anew' : 'resume';
    case 'malformed':
    case 'too-large':
    case 'unreadable-object':
      return 'resume-once';
    case 'unreachable':
    case 'stalled':
    case 'ended-early':
    case 'kubeconfig-invalid':
    case 'out-of-step':
      return 'resume';
  }
}
