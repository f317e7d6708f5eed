import type { LintRule } from './rule.ts';
import { cidrSpelling } from './rules/cidr-spelling.ts';
import { dnsForgotten } from './rules/dns-forgotten.ts';
import { dnsOpenToWorld } from './rules/dns-open-to-world.ts';
import { duplicatePortName } from './rules/duplicate-port-name.ts';
import { exceptOutsideBlock } from './rules/except-outside-block.ts';
import { hostNetworkSelected } from './rules/host-network-selected.ts';
import { ignoredRules } from './rules/ignored-rules.ts';
import { invalidIgnore } from './rules/invalid-ignore.ts';
import { invalidObject } from './rules/invalid-object.ts';
import { maskedSource } from './rules/masked-source.ts';
import { noDefaultDeny } from './rules/no-default-deny.ts';
import { oneFamilyAnywhere } from './rules/one-family-anywhere.ts';
import { peerMatchesNothing } from './rules/peer-matches-nothing.ts';
import { peerOrAnd } from './rules/peer-or-and.ts';
import { redundantRule } from './rules/redundant-rule.ts';
import { ruleNeverFires } from './rules/rule-never-fires.ts';
import { selectsNothing } from './rules/selects-nothing.ts';
import { servicePortNotTargetPort } from './rules/service-port-not-target-port.ts';
import { shadowedRule } from './rules/shadowed-rule.ts';
import { unknownField } from './rules/unknown-field.ts';
import { unknownNamedPort } from './rules/unknown-named-port.ts';

/** Every rule: what is wrong as written first, then what it comes to. */
export const lintRules: readonly LintRule[] = [
  invalidObject,
  unknownField,
  exceptOutsideBlock,
  cidrSpelling,
  peerOrAnd,
  ignoredRules,
  duplicatePortName,
  unknownNamedPort,
  oneFamilyAnywhere,
  servicePortNotTargetPort,
  hostNetworkSelected,
  maskedSource,
  selectsNothing,
  peerMatchesNothing,
  ruleNeverFires,
  redundantRule,
  shadowedRule,
  dnsForgotten,
  dnsOpenToWorld,
  noDefaultDeny,
  invalidIgnore,
];

/** The ids of all findings there can be. */
export const lintRuleIds: readonly string[] = lintRules.map(({ id }) => id);
