import { problemsOf } from '../problems.ts';
import type { LintRule } from '../rule.ts';

/** Host bits, leading zeros, IPv4 in IPv6: what only old API servers took, and what says something else than it seems. */
export const cidrSpelling: LintRule = {
  id: 'cidr-spelling',
  title: 'a CIDR that is not written as it is read',
  severity: 'warning',
  check: (context) => problemsOf('cidr-spelling', context),
};
