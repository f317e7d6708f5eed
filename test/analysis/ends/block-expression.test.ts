import { describe, expect, test } from 'vitest';
import { readDestination, readEnd } from '../../../src/analysis/ends/expression.ts';

// `CIDR except CIDR,CIDR`: how a lock file writes what is outside of the cluster.

describe('a block without others', () => {
  test.for<[string, unknown]>([
    ['10.0.0.0/8 except 10.1.0.0/16', { kind: 'addresses', cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] }],
    [
      '0.0.0.0/0 except 10.0.0.0/8, 192.168.0.0/16,1.2.3.4',
      {
        kind: 'addresses',
        cidr: '0.0.0.0/0',
        except: ['10.0.0.0/8', '192.168.0.0/16', '1.2.3.4/32'],
      },
    ],
    ['::/0 except 2001:db8::/32', { kind: 'addresses', cidr: '::/0', except: ['2001:db8::/32'] }],
  ])('%s', ([text, means]) => {
    expect(readEnd(text)).toEqual({ ok: true, value: { text, means, optional: false } });
  });

  test.for([
    ['10.0.0.0/8 except web', '"web" is neither an address nor a CIDR'],
    ['10.0.0.0/8 except', '"" is neither an address nor a CIDR'],
    ['web except 10.0.0.0/8', '"web" is neither an address nor a CIDR'],
    ['10.0.0.0/8 except 11.0.0.0/8', '11.0.0.0/8 is not inside 10.0.0.0/8'],
    ['10.0.0.0/8 except ::/0', '::/0 is not inside 10.0.0.0/8'],
    ['10.0.0.0/8 except 10.0.0.0/8,', '"" is neither an address nor a CIDR'],
    ['10.0.0.1/8 except 10.0.0.0/9', '"10.0.0.1/8" is neither an address nor a CIDR'],
  ])('%s', ([text, message]) => {
    expect(readEnd(text!)).toMatchObject({ ok: false, message });
  });

  test.for<[string, string, number]>([
    ['10.0.0.0/8 except 10.1.0.0/16:443', '10.0.0.0/8 except 10.1.0.0/16', 1],
    ['[::/0 except 2001:db8::/32]:443,80', '[::/0 except 2001:db8::/32]', 2],
    ['[::/0 except 2001:db8::/32]?:443', '[::/0 except 2001:db8::/32]', 1],
    ['::/0 except 2001:db8::/32', '::/0 except 2001:db8::/32', 0],
  ])('%s with ports', ([text, end, ports]) => {
    expect(readDestination(text)).toMatchObject({ ok: true, value: { end: { text: end } } });
    const destination = readDestination(text);
    expect(destination.ok && destination.value.ports.length).toBe(ports);
  });
});
