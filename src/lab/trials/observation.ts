import type { Trial } from '../../analysis/trials/trial.ts';
import type { ProbeVerdict } from '../probe/probe.ts';

/** What packets did on one connection, beside what was expected of them. */
export interface Observation {
  readonly trial: Trial;
  /**
   * - `answered`: whoever it was meant for answered.
   * - `denied`: nothing came of it under the policies, and without them the very same connection was answered.
   * - `unproven`: it says nothing, for the reason given.
   * - `absent`: the lab has no such connection, for the reason given.
   */
  readonly saw: 'answered' | 'denied' | 'unproven' | 'absent';
  readonly packets: ProbeVerdict;
  readonly reason?: string;
  /** What the compiled rulesets say; absent where packets say nothing. */
  readonly compiled?: 'allowed' | 'denied';
  /** What the policies say, read without the compiler. */
  readonly policies?: 'allowed' | 'denied';
}

/** Whether packets, compiler and policies are of one mind. Packets that say nothing contradict nobody. */
export function isAgreement({ saw, compiled, policies }: Observation): boolean {
  if (saw === 'unproven' || saw === 'absent') return true;
  return compiled === policies && compiled === (saw === 'answered' ? 'allowed' : 'denied');
}
