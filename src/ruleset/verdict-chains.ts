import { epochMark, keptBits, revokedMark } from './epoch.ts';
import type { Chain, ChainName, Match, Rule, Statement } from './objects.ts';
import { goto, marked, rule, verdict } from './rule.ts';

// Where each way through the table ends: what conntrack remembers of a connection, and what its ends get to hear.

/** The shared chains that generated chains lead to. */
export const sharedChains = {
  /** A connection that the sender's policies allow: what the receiver's say. */
  receiving: 'receiving' as ChainName,
  /** A connection that policies allow. */
  judged: 'judged' as ChainName,
  /** A connection that no policy allows. */
  denied: 'denied' as ChainName,
  /** A connection that audit policies would deny. */
  audited: 'audited' as ChainName,
};

/** What verdicts depend on. */
export interface VerdictOptions {
  readonly ctMarkMask: number;
  readonly epoch: number;
  readonly deny: 'drop' | 'reject';
  /** Where denied packets are told; absent: nowhere. */
  readonly denialLog?: DenialLog;
}

/** Copies of denied packets for whoever listens to an nflog group. */
export interface DenialLog {
  /** Of the kernel's nfnetlink_log, 1 or more. */
  readonly group: number;
  /** At most this many packets each second, after a burst of twice as many: a flood costs no more. */
  readonly perSecond: number;
}

/** The prefixes of what is logged; they tell our packets from those of others in one group. */
export const logPrefixes = { denied: 'ringfence denied', audited: 'ringfence audit' } as const;

/** Bytes of a packet that are logged: enough for any IP header and the ports behind it. */
const loggedBytes = 128;

/**
 * Replies pass, but those of a connection that was cut. TCP is told. Without TCP there is no telling a reply from what the
 * other end sends by itself, on the same ports, so it is judged as if that end had begun. The mark stays: a reply that was
 * under way when the connection was cut must not open it again for the client.
 */
export function replyChain({ ctMarkMask }: Pick<VerdictOptions, 'ctMarkMask'>): Chain {
  const revoked = marked(ctMarkMask, revokedMark(ctMarkMask));
  return {
    name: 'reply' as ChainName,
    rules: [
      rule([revoked, { kind: 'protocol', protocol: 'TCP' }], [goto('revoked')], 'a connection that was cut'),
      rule([revoked], [verdict('return')], 'was cut: judged as if this end had begun'),
      rule([], [verdict('accept')], 'replies of an allowed connection'),
    ],
  };
}

export function judgedChain({ ctMarkMask, epoch }: Omit<VerdictOptions, 'deny'>): Chain {
  const mark = (value: number): Statement => ({ kind: 'set-ct-mark', keep: keptBits(ctMarkMask), value });
  return {
    name: sharedChains.judged,
    rules: [
      // The kernel gives the mark of a connection to those that its helper expects: they would pass for judged.
      rule([{ kind: 'ct-helper' }], [mark(0), verdict('accept')], 'a helper reads along: judged each time'),
      rule(
        [{ kind: 'ct-direction', direction: 'reply' }],
        [verdict('accept')],
        'was cut: what the other end may begin leaves the client cut',
      ),
      rule(
        [],
        [mark(epochMark(ctMarkMask, epoch)), verdict('accept')],
        epoch === 0 ? 'allowed: judged each time' : 'allowed: not judged again in this epoch',
      ),
    ],
  };
}

/**
 * The mark stops the replies of a connection that was allowed before. Packets of the client are always judged again, so a
 * connection that is allowed once more goes on.
 */
export function deniedChain({ ctMarkMask, deny, denialLog }: Omit<VerdictOptions, 'epoch'>): Chain {
  const established: Match = { kind: 'ct-state', states: ['established'] };
  return {
    name: sharedChains.denied,
    rules: [
      rule(
        [],
        [{ kind: 'set-ct-mark', keep: keptBits(ctMarkMask), value: revokedMark(ctMarkMask) }],
        'replies are cut too',
      ),
      // The kernel files a reset that `reject` sends under `related`.
      rule(
        [{ kind: 'ct-state', states: ['established', 'related'] }, { kind: 'tcp-reset' }],
        [verdict('accept')],
        'a reset ends what is cut anyway',
      ),
      ...(denialLog === undefined
        ? []
        : [logRule(denialLog, logPrefixes.denied, 'for the log of denied connections')]),
      rule(
        [established, { kind: 'protocol', protocol: 'TCP' }],
        [{ kind: 'counter' }, { kind: 'reject', with: 'tcp-reset' }],
        'was allowed before: cut',
      ),
      ...(deny === 'reject'
        ? [
            rule(
              [{ kind: 'protocol', protocol: 'TCP' }],
              [{ kind: 'counter' }, { kind: 'reject', with: 'tcp-reset' }],
            ),
            rule([], [{ kind: 'counter' }, { kind: 'reject', with: 'admin-prohibited' }]),
          ]
        : [rule([], [{ kind: 'counter' }, verdict('drop')])]),
    ],
  };
}

/** Counts and tells, and returns to the pod's chain as if the connection were allowed: audit policies deny nothing. */
export function auditedChain({ denialLog }: Pick<VerdictOptions, 'denialLog'>): Chain {
  return {
    name: sharedChains.audited,
    rules: [
      ...(denialLog === undefined
        ? []
        : [logRule(denialLog, logPrefixes.audited, 'for the log of audited connections')]),
      rule([], [{ kind: 'counter' }, verdict('return')], 'would be denied, were audit policies enforced'),
    ],
  };
}

/** Where this stands every policy of the pod had its say: what another one allows is never logged. */
function logRule({ group, perSecond }: DenialLog, prefix: string, comment: string): Rule {
  return rule(
    [],
    [
      { kind: 'limit', perSecond, burst: 2 * perSecond },
      { kind: 'log', group, prefix, bytes: loggedBytes },
    ],
    comment,
  );
}

export function revokedChain(): Chain {
  return {
    name: 'revoked' as ChainName,
    rules: [
      rule([{ kind: 'tcp-reset' }], [verdict('accept')], 'a reset ends what is cut anyway'),
      rule(
        [{ kind: 'protocol', protocol: 'TCP' }],
        [{ kind: 'counter' }, { kind: 'reject', with: 'tcp-reset' }],
      ),
    ],
  };
}
