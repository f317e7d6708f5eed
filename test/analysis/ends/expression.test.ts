import { describe, expect, test } from 'vitest';
import { type EndMeaning, readDestination, readEnd } from '../../../src/analysis/ends/expression.ts';
import type { PortExpression } from '../../../src/analysis/ends/port-expression.ts';
import { processorTime } from '../../support/processor-time.ts';

// What people write for the ends of connections, and what it is taken for.

const forms =
  'write NAMESPACE/NAME, NAMESPACE/KIND/NAME, NAMESPACE/*, ns:NAMESPACE, app=web, svc/NAMESPACE/NAME, an address, a CIDR, ' +
  'internet, node, any, or a name';
const app = { key: 'app', operator: 'In', values: ['web'] } as const;

describe('ends', () => {
  test.for<[string, object]>([
    ['any', { kind: 'any' }],
    ['internet', { kind: 'internet' }],
    ['node', { kind: 'node' }],
    ['  any  ', { kind: 'any' }],
    ['web', { kind: 'word', word: 'web' }],
    ['web-0', { kind: 'word', word: 'web-0' }],
    ['myapp.kubia.com', { kind: 'word', word: 'myapp.kubia.com' }],
    ['1234', { kind: 'word', word: '1234' }],
    ['shop/web', { kind: 'workload', namespace: 'shop', name: 'web' }],
    ['10/20', { kind: 'workload', namespace: '10', name: '20' }],
    ['shop/web.v2', { kind: 'workload', namespace: 'shop', name: 'web.v2' }],
    ['shop/svc', { kind: 'workload', namespace: 'shop', name: 'svc' }],
    ['deploy/web', { kind: 'workload', namespace: 'deploy', name: 'web' }],
    ['shop/*', { kind: 'namespace', namespace: 'shop', toCome: false }],
    ['ns:shop', { kind: 'namespace', namespace: 'shop', toCome: true }],
    ['ns:*', { kind: 'pods' }],
    ['svc/web', { kind: 'service', name: 'web' }],
    ['svc/shop/web', { kind: 'service', namespace: 'shop', name: 'web' }],
    ['svc/svc/svc', { kind: 'service', namespace: 'svc', name: 'svc' }],
    ['ing/front', { kind: 'ingress', name: 'front' }],
    ['ing/shop/front', { kind: 'ingress', namespace: 'shop', name: 'front' }],
    ['myapp.kubia.com/', { kind: 'host', host: 'myapp.kubia.com', path: '/' }],
    ['MyApp.Kubia.com/Api/v1', { kind: 'host', host: 'myapp.kubia.com', path: '/Api/v1' }],
    ['app=web', { kind: 'selector', selector: [app] }],
    ['app==web', { kind: 'selector', selector: [app] }],
    ['shop/app=web', { kind: 'selector', namespace: 'shop', selector: [app] }],
    ['*/app=web', { kind: 'selector', selector: [app] }],
    ['app=', { kind: 'selector', selector: [{ key: 'app', operator: 'In', values: [''] }] }],
    ['!gone', { kind: 'selector', selector: [{ key: 'gone', operator: 'DoesNotExist' }] }],
    [
      'shop/!gone,app=web',
      { kind: 'selector', namespace: 'shop', selector: [{ key: 'gone', operator: 'DoesNotExist' }, app] },
    ],
    [
      'app in (web,api),tier!=x',
      {
        kind: 'selector',
        selector: [
          { key: 'app', operator: 'In', values: ['api', 'web'] },
          { key: 'tier', operator: 'NotIn', values: ['x'] },
        ],
      },
    ],
    [
      'app.kubernetes.io/name=web',
      { kind: 'selector', selector: [{ key: 'app.kubernetes.io/name', operator: 'In', values: ['web'] }] },
    ],
    [
      'shop/app.kubernetes.io/name=web',
      {
        kind: 'selector',
        namespace: 'shop',
        selector: [{ key: 'app.kubernetes.io/name', operator: 'In', values: ['web'] }],
      },
    ],
    [
      'k8s-app=kube-dns',
      { kind: 'selector', selector: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }] },
    ],
    ['10.1.2.3', { kind: 'addresses', cidr: '10.1.2.3/32' }],
    ['10.0.0.0/8', { kind: 'addresses', cidr: '10.0.0.0/8' }],
    ['0.0.0.0/0', { kind: 'addresses', cidr: '0.0.0.0/0' }],
    ['::1', { kind: 'addresses', cidr: '::1/128' }],
    ['::/0', { kind: 'addresses', cidr: '::/0' }],
    ['2001:DB8:0::1', { kind: 'addresses', cidr: '2001:db8::1/128' }],
    ['[2001:db8::1]', { kind: 'addresses', cidr: '2001:db8::1/128' }],
    ['[2001:db8::/32]', { kind: 'addresses', cidr: '2001:db8::/32' }],
    ['[10.1.2.3]', { kind: 'addresses', cidr: '10.1.2.3/32' }],
    ['::ffff:10.1.2.3', { kind: 'addresses', cidr: '10.1.2.3/32' }],
  ])('%s', ([text, means]) => {
    expect(readEnd(text)).toEqual({
      ok: true,
      value: { text: text.trim(), means, optional: false },
    });
  });

  test.for(['po', 'pod', 'pods', 'Pod'])('shop/%s/web is a pod', (kind) => {
    expect(meaning(`shop/${kind}/web`)).toEqual({
      kind: 'workload',
      namespace: 'shop',
      objectKind: 'Pod',
      name: 'web',
    });
  });

  test.for([
    ['deploy', 'Deployment'],
    ['Deployments', 'Deployment'],
    ['sts', 'StatefulSet'],
    ['ds', 'DaemonSet'],
    ['rs', 'ReplicaSet'],
    ['rc', 'ReplicationController'],
    ['job', 'Job'],
    ['cj', 'CronJob'],
    ['cronjob', 'CronJob'],
  ] as const)('%s is kubectl for %s', ([kind, objectKind]) => {
    expect(meaning(`shop/${kind}/web`)).toMatchObject({ objectKind });
  });

  test('a question mark makes an end optional', () => {
    for (const text of ['shop/canary?', 'app=canary?', 'ns:late?', '10.0.0.1?', '[::1]?', 'web ?']) {
      expect(readEnd(text), text).toMatchObject({
        ok: true,
        value: { text: text.replace(/ *\?/, ''), optional: true },
      });
    }
  });

  test.for<[string, string, string?]>([
    ['', 'an end is missing', forms],
    ['   ', 'an end is missing', forms],
    ['?', 'an end is missing', forms],
    ['*', '"*" names nobody', forms],
    ['*/*', '"*" is no name of a namespace'],
    ['Web', '"Web" names nobody', forms],
    ['shop/', '"shop/" names nobody', forms],
    ['/web', '"/web" names nobody', forms],
    ['shop/web/', '"shop/web/" names nobody', forms],
    ['shop/deploy/web/x', '"shop/deploy/web/x" names nobody', forms],
    ['shop/secret/web', '"secret" is no kind of workload', 'for example shop/deployment/web'],
    ['shop/constructor/web', '"constructor" is no kind of workload', 'for example shop/deployment/web'],
    ['shop/svc/web', '"svc" is no kind of workload', 'write svc/shop/web'],
    ['shop/service/web', '"service" is no kind of workload', 'write svc/shop/web'],
    ['shop/ingress/web', '"ingress" is no kind of workload', 'write ing/shop/web'],
    ['svc/', '"svc/" names nobody', forms],
    ['svc/shop/', '"svc/shop/" names nobody', forms],
    ['svc/shop/*', '"svc/shop/*" names nobody', forms],
    ['svc/shop/web/x', '"svc/shop/web/x" names nobody', forms],
    ['ns:', '"" is no name of a namespace'],
    ['ns:Shop', '"Shop" is no name of a namespace'],
    ['shop/web:80', '"shop/web:80" names nobody', 'ports stand at the receiving end alone'],
    ['10.1.2', '"10.1.2" is neither an address nor a CIDR'],
    ['10.1.2.256', '"10.1.2.256" is neither an address nor a CIDR'],
    ['10.0.0.0/33', '"10.0.0.0/33" is neither an address nor a CIDR'],
    ['10.1.2.3/8', '"10.1.2.3/8" is an odd spelling of a CIDR', 'write 10.0.0.0/8'],
    ['010.0.0.0/8', '"010.0.0.0/8" is an odd spelling of a CIDR', 'write 10.0.0.0/8'],
    ['2001:db8::1/32', '"2001:db8::1/32" is an odd spelling of a CIDR', 'write 2001:db8::/32'],
    ['2001:db8::g', '"2001:db8::g" is neither an address nor a CIDR'],
    ['fe80::1%eth0', '"fe80::1%eth0" is neither an address nor a CIDR'],
    ['[shop/web]', '"shop/web" is neither an address nor a CIDR'],
    ['[]', '"" is neither an address nor a CIDR'],
    ['*.kubia.com/x', '"*.kubia.com" is no host', 'write a host that it covers, such as www.kubia.com'],
    ['my_app.com/x', '"my_app.com" is no host'],
    ['a..b/x', '"a..b" is no host'],
    [
      'https://myapp.kubia.com/x',
      '"https://myapp.kubia.com/x" names nobody',
      'a URL stands at the receiving end alone, and begins with http:// or https://',
    ],
    ['=web', '"=web" is no requirement such as app=web'],
    ['app=web=x', '"app=web=x" is no requirement such as app=web'],
    ['shop/app=web x', '"app=web x" is no requirement such as app=web'],
    ['shop web', '"shop web" names nobody', forms],
    ['shop/we\u001b[31mb', '"shop/we\\u001b[31mb" names nobody', forms],
    ['a.\u202eb/x', '"a.\\u202eb" is no host'],
  ])('%j is none', ([text, message, hint]) => {
    expect(readEnd(text)).toEqual({ ok: false, message, ...(hint === undefined ? {} : { hint }) });
  });

  test('a label that is none is shown as text', () => {
    const end = readEnd('app=\u001b]0;x');
    expect(end.ok ? '' : end.message).toMatch(/^"\\u001b\]0;x" is no label value: /);
  });

  test('nothing takes long, however long it is', () => {
    const long = [
      'a'.repeat(200_000),
      `${'a.'.repeat(100_000)}/x`,
      `app in (${','.repeat(200_000)}`,
      '['.repeat(200_000),
      ':'.repeat(200_000),
      ' in'.repeat(100_000),
      `${'-'.repeat(7_000)}/x=y`,
      `app in (${','.repeat(7_900)}`,
      `x${':'.repeat(7_900)}`,
    ];
    const took = processorTime(() => {
      for (const text of long) {
        expect(readEnd(text).ok).toBe(false);
        expect(readDestination(text).ok).toBe(false);
      }
    });
    expect(took).toBeLessThan(2_000);
  });
});

describe('destinations', () => {
  const tcp = (first: number, last = first): PortExpression => ({
    kind: 'range',
    protocol: 'TCP',
    first,
    last,
  });

  test.for<[string, string, readonly PortExpression[]]>([
    ['shop/web', 'shop/web', []],
    ['shop/web:80', 'shop/web', [tcp(80)]],
    [' shop/web:80 ', 'shop/web', [tcp(80)]],
    ['shop/web:80/udp', 'shop/web', [{ kind: 'range', protocol: 'UDP', first: 80, last: 80 }]],
    ['shop/web:80/SCTP', 'shop/web', [{ kind: 'range', protocol: 'SCTP', first: 80, last: 80 }]],
    ['shop/web:80, 8000-8080', 'shop/web', [tcp(80), tcp(8000, 8080)]],
    ['shop/web:1-65535', 'shop/web', [tcp(1, 65535)]],
    ['shop/web:*', 'shop/web', [tcp(1, 65535)]],
    ['shop/web:*/udp', 'shop/web', [{ kind: 'range', protocol: 'UDP', first: 1, last: 65535 }]],
    ['shop/web:*/other', 'shop/web', [{ kind: 'other' }]],
    ['10.0.0.1:*/other', '10.0.0.1', [{ kind: 'other' }]],
    ['shop/web:http', 'shop/web', [{ kind: 'named', name: 'http' }]],
    ['shop/web:dns/udp', 'shop/web', [{ kind: 'named', name: 'dns', protocol: 'UDP' }]],
    ['shop/web:80-http', 'shop/web', [{ kind: 'named', name: '80-http' }]],
    ['web:80', 'web', [tcp(80)]],
    ['https://shop.example.com', 'shop.example.com/', [tcp(443)]],
    ['http://shop.example.com/', 'shop.example.com/', [tcp(80)]],
    ['HTTPS://shop.example.com/a/b?c=d:1#e', 'shop.example.com/a/b', [tcp(443)]],
    ['https://shop.example.com:8443/a', 'shop.example.com/a', [tcp(8443)]],
    ['https://10.0.0.1/a', '10.0.0.1', [tcp(443)]],
    ['https://[2001:db8::1]:8443/a', '[2001:db8::1]', [tcp(8443)]],
    ['any:80', 'any', [tcp(80)]],
    ['ns:shop', 'ns:shop', []],
    ['ns:shop:80', 'ns:shop', [tcp(80)]],
    ['ns:*:80', 'ns:*', [tcp(80)]],
    ['shop/*:80', 'shop/*', [tcp(80)]],
    ['app=web:80', 'app=web', [tcp(80)]],
    ['app.kubernetes.io/name=web:80', 'app.kubernetes.io/name=web', [tcp(80)]],
    ['app in (a,b):80', 'app in (a,b)', [tcp(80)]],
    ['svc/shop/web:http', 'svc/shop/web', [{ kind: 'named', name: 'http' }]],
    ['10.1.2.3:80', '10.1.2.3', [tcp(80)]],
    ['10.1.2.3:80/tcp', '10.1.2.3', [tcp(80)]],
    ['10.0.0.0/8:80', '10.0.0.0/8', [tcp(80)]],
    ['2001:db8::1:80', '2001:db8::1:80', []],
    ['[2001:db8::1]:80', '[2001:db8::1]', [tcp(80)]],
    ['[2001:db8::/32]:80,81', '[2001:db8::/32]', [tcp(80), tcp(81)]],
    ['[2001:db8::1]', '[2001:db8::1]', []],
    ['myapp.kubia.com', 'myapp.kubia.com', []],
    ['myapp.kubia.com:443', 'myapp.kubia.com', [tcp(443)]],
    ['myapp.kubia.com:443/tcp', 'myapp.kubia.com', [tcp(443)]],
    ['myapp.kubia.com:443/api', 'myapp.kubia.com/api', [tcp(443)]],
    ['myapp.kubia.com:443/v1:predict', 'myapp.kubia.com/v1:predict', [tcp(443)]],
    ['myapp.kubia.com/api:443', 'myapp.kubia.com/api', [tcp(443)]],
  ])('%s', ([text, end, ports]) => {
    expect(readDestination(text)).toMatchObject({
      ok: true,
      value: { end: { text: end, optional: false }, ports },
    });
  });

  test('the question mark stands before the ports', () => {
    for (const text of ['shop/canary?:80', 'ns:late?:80', '[::1]?:80', 'app=x?:80']) {
      expect(readDestination(text), text).toMatchObject({
        ok: true,
        value: { end: { optional: true }, ports: [tcp(80)] },
      });
    }
  });

  const portForms = 'write 8080, 8080/udp, http, 1000-2000, or a list of these with commas';
  test.for<[string, string, string?]>([
    [':80', 'an end is missing', forms],
    ['shop/web:', '"" is no port', portForms],
    ['shop/web:80,', '"" is no port', portForms],
    ['shop/web:0', 'port 0 is not between 1 and 65535'],
    ['shop/web:65536', 'port 65536 is not between 1 and 65535'],
    ['shop/web:99999999999999999999', 'port 99999999999999999999 is not between 1 and 65535'],
    ['shop/web:90-80', 'the range 90-80 ends before it begins'],
    ['shop/web:80-', '"80-" is no port', portForms],
    ['shop/web:-80', '"-80" is no port', portForms],
    ['shop/web:80/icmp', '"icmp" is no protocol', 'one of tcp, udp, sctp; */other is every other protocol'],
    ['shop/web:80/', '"" is no protocol', 'one of tcp, udp, sctp; */other is every other protocol'],
    ['shop/web:80/tcp/udp', '"80/tcp/udp" is no port', portForms],
    ['shop/web:HTTP', '"HTTP" is no port', portForms],
    ['shop/web:a-very-long-port-name', '"a-very-long-port-name" is no port', portForms],
    ['shop/web:80:90', '"80:90" is no port', portForms],
    ['shop/web:\u001b[31m', '"\\u001b[31m" is no port', portForms],
    ['myapp.kubia.com/a:b:80', '"b:80" is no port', portForms],
    [
      '2001:db8::/32:80',
      '"2001:db8::/32:80" is neither an address nor a CIDR',
      'an IPv6 address with ports stands in brackets: [2001:db8::/32]:80',
    ],
    [
      '2001:db8:0:0:0:0:0:1:443/tcp',
      '"2001:db8:0:0:0:0:0:1:443/tcp" is neither an address nor a CIDR',
      'an IPv6 address with ports stands in brackets: [2001:db8:0:0:0:0:0:1]:443/tcp',
    ],
  ])('%j is none', ([text, message, hint]) => {
    expect(readDestination(text)).toEqual({ ok: false, message, ...(hint === undefined ? {} : { hint }) });
  });

  test('an address and block of one spelling are the same with and without brackets', () => {
    for (const text of ['2001:db8::1', '::/0', 'fd00::/8'])
      expect(meaning(`[${text}]`)).toEqual(meaning(text));
  });
});

function meaning(text: string): EndMeaning {
  const end = readEnd(text);
  if (!end.ok) throw new Error(end.message);
  return end.value.means;
}
