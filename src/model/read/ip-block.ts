import type { IpBlockPeer } from '../network-policy.ts';
import { type Cidr, cidrCovers, type CidrOddity, hostCidr, prefixLength, readCidr } from '../../net/cidr.ts';
import { parseAddress } from '../../net/address.ts';
import { type Cursor, fieldOf, hasOnlyFields, itemsOf, stringOf } from './cursor.ts';
import { reportInvalid, reportRequired, reportWarning } from './field-error.ts';
import { mostExcepts } from './limits.ts';
import { quote } from './quote.ts';

/** Reads `ipBlock` of a peer. `undefined` where the cidr or any except is broken. */
export function readIpBlock(cursor: Cursor): IpBlockPeer | undefined {
  if (!hasOnlyFields(cursor, ['cidr', 'except'])) return undefined;
  const cidr = readBlock(fieldOf(cursor, 'cidr'));
  const excepts = itemsOf(fieldOf(cursor, 'except'), mostExcepts)?.map((item) => readExcept(item, cidr));
  if (cidr === undefined || excepts === undefined) return undefined;
  const understood = excepts.filter((except) => except !== undefined);
  return understood.length === excepts.length ? { kind: 'ipBlock', cidr, except: understood } : undefined;
}

function readExcept(cursor: Cursor, cidr: Cidr | undefined): Cidr | undefined {
  const except = readBlock(cursor);
  if (except === undefined || cidr === undefined) return undefined;
  if (cidrCovers(cidr, except) && prefixLength(except) > prefixLength(cidr)) return except;
  reportInvalid(cursor, 'invalid-except', 'must be a strict subset of `cidr`', `the cidr is ${cidr}`);
  return undefined;
}

/** Reads a CIDR in a field that older API servers checked loosely: what is odd is a warning, or strictly an error. */
export function readBlock(cursor: Cursor): Cidr | undefined {
  const text = stringOf(cursor, '');
  if (text === undefined) return undefined;
  if (text === '') {
    reportRequired(cursor, '');
    return undefined;
  }
  const reading = readCidr(text);
  if (!reading.ok) {
    reportInvalid(
      cursor,
      'invalid-cidr',
      'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      addressHint(text),
    );
    return undefined;
  }
  if (reading.oddities.length === 0) return reading.cidr;
  const detail = oddityText(text, reading.cidr, reading.oddities);
  if (cursor.report.context.strictCidrs === true) {
    reportInvalid(cursor, 'cidr-spelling', detail, `write ${reading.cidr}`);
    return undefined;
  }
  reportWarning(cursor, 'cidr-spelling', detail, `write ${reading.cidr}`);
  return reading.cidr;
}

/** The words of the API server's warnings (apimachinery `GetWarningsForCIDR`). */
function oddityText(text: string, cidr: Cidr, oddities: readonly CidrOddity[]): string {
  return oddities.every((oddity) => oddity === 'host-bits')
    ? `CIDR value ${quote(text)} is ambiguous in this context (should be ${quote(cidr)}?)`
    : `non-standard CIDR value ${quote(text)} will be considered invalid in a future Kubernetes release: use ${quote(cidr)}`;
}

function addressHint(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : `for this one address write ${hostCidr(address)}`;
}
