import { describe, expect, test } from 'vitest';
import type { Named } from '../../../src/analysis/ends/resolve.ts';
import { createReach } from '../../../src/analysis/reach/reach.ts';
import { cidr, clusterOf, nodeOf, podOf } from '../../cases/builders.ts';
import { endOf, placesOf, shop, targetsOf } from './shop.ts';

// Whom expressions mean in a cluster, and what is said where they mean nobody.

const web = 'shop/web-1 shop/web-2';
const others = 'shop/api shop/both shop/both-job';

describe('ends', () => {
  test.for<[string, readonly string[]]>([
    ['shop/web', [web]],
    ['shop/deploy/web', [web]],
    ['shop/web-1', ['shop/web-1 (one)']],
    ['shop/pod/web-1', ['shop/web-1 (one)']],
    ['shop/db', ['shop/db-0']],
    ['shop/api', ['shop/api']],
    ['shop/job/both', ['shop/both-job']],
    ['shop/deploy/both', ['shop/both']],
    ['mon/prom', ['mon/prom (one)']],
    ['mon/agent', ['mon/agent-1 mon/agent-2']],
    ['shop/*', [others, 'shop/db-0', web]],
    ['ns:shop', [others, 'shop/db-0', web, 'to come in shop']],
    ['ns:empty', ['to come in empty']],
    ['app=web', [web]],
    ['shop/app in (web,db)', ['shop/db-0', web]],
    ['svc/shop/web', [web]],
    ['svc/shop/odd', ['shop/db-0']],
    ['svc/shop/headless', ['shop/db-0']],
    ['10.1.0.1', ['shop/web-1 (one)']],
    ['fd01::3', ['shop/db-0 (one)']],
    ['192.168.0.1', ['node w1 192.168.0.1']],
    ['fd00::1', ['node w1 fd00::1']],
    ['8.8.8.8', ['8.8.8.8/32 (8.8.8.8)']],
    [
      'node',
      [
        'node w1 192.168.0.1 (not its pods)',
        'node w1 fd00::1 (not its pods)',
        'node w2 192.168.0.2 (not its pods)',
      ],
    ],
    ['::/0', ['shop/db-0', '::/0 (::)']],
  ])('%s', ([text, places]) => {
    expect(placesOf(text)).toEqual(places);
  });

  test('a block: the pods that own an address in it, and the addresses that no pod owns', () => {
    expect(placesOf('10.1.0.0/30')).toEqual(['shop/db-0', web, '10.1.0.0/30 (10.1.0.0)']);
    expect(placesOf('10.1.0.1/32')).toEqual(['shop/web-1 (one)']);
    // All of these are pods' own, so there are no strangers.
    expect(placesOf('10.1.0.2/31')).toEqual(['shop/db-0', 'shop/web-2']);
    // A stranger is shown by an address that is not a node's, as long as there is one.
    expect(placesOf('192.168.0.0/30')).toEqual(['192.168.0.0/30 (192.168.0.0)']);
    const reach = createReach(
      clusterOf({ nodes: [nodeOf('w', { addresses: ['192.168.0.0', '192.168.0.1'] as never })] }),
    );
    expect(placesOf('192.168.0.0/30', { reach })).toEqual(['192.168.0.0/30 (192.168.0.2)']);
    expect(placesOf('192.168.0.0/31', { reach })).toEqual(['192.168.0.0/31 (192.168.0.0)']);
  });

  test('a block is cut where policies tell its addresses apart', () => {
    expect(placesOf('10.8.0.0/15')).toEqual(['10.8.0.0/16 (10.8.0.0)', '10.9.0.0/16 (10.9.0.0)']);
    expect(placesOf('internet')).toEqual([
      '1.0.0.0-9.255.255.255 11.0.0.0-100.63.255.255 100.128.0.0-126.255.255.255 128.0.0.0-169.253.255.255 ' +
        '169.255.0.0-172.15.255.255 172.32.0.0-192.167.255.255 192.169.0.0-198.17.255.255 ' +
        '198.20.0.0-223.255.255.255 2000::/3 (1.0.0.0 2000::)',
    ]);
  });

  test('any: pods, addresses, and pods to come in namespaces that exist or not', () => {
    expect(placesOf('any')).toEqual([
      'mon/agent-1 mon/agent-2 (not its node)',
      'mon/prom (not its node)',
      `${others} (not its node)`,
      'shop/db-0 (not its node)',
      `${web} (not its node)`,
      '0.0.0.0-9.255.255.255 11.0.0.0-255.255.255.255 ::/0 (0.0.0.0 ::)',
      '10.0.0.0-10.8.255.255 10.10.0.0-10.255.255.255 (10.0.0.0)',
      '10.9.0.0/16 (10.9.0.0)',
      'to come in empty',
      'to come in mon',
      'to come in shop',
      'to come in a new namespace',
    ]);
  });

  test('words: names first, then the default namespace', () => {
    expect(placesOf('web', { namespace: 'shop' })).toEqual([web]);
    expect(placesOf('svc/web', { namespace: 'shop' })).toEqual([web]);
    const names: Record<string, Named> = {
      web: { kind: 'blocks', blocks: [cidr('203.0.113.0/24')] },
      all: { kind: 'ends', ends: ['shop/db', 'web'].map(endOf) },
    };
    expect(placesOf('web', { namespace: 'shop', names })).toEqual(['203.0.113.0/24 (203.0.113.0)']);
    expect(placesOf('all', { namespace: 'shop', names })).toEqual([
      'shop/db-0',
      '203.0.113.0/24 (203.0.113.0)',
    ]);
  });

  test('a name for a pod that the cluster holds for its sake', () => {
    const scraper = podOf('mon/scraper', { labels: { app: 'web' }, nodeName: '' });
    const reach = createReach({ ...shop, pods: [...shop.pods, scraper] });
    expect(placesOf('scraper', { reach, names: { scraper: { kind: 'pod', pod: scraper } } })).toEqual([
      'mon/scraper',
    ]);
  });

  test('names that say each other come to an end', () => {
    const names: Record<string, Named> = {
      a: { kind: 'ends', ends: [endOf('b')] },
      b: { kind: 'ends', ends: [endOf('a')] },
      db: { kind: 'ends', ends: [endOf('db')] },
    };
    expect(placesOf('a', { names })).toBe('no workload or pod "default/a"; the input has pods in mon, shop');
    // Its own name is then a workload.
    expect(placesOf('db', { names, namespace: 'shop' })).toEqual(['shop/db-0']);
  });

  test.for<[string, string]>([
    ['shop/wbe', 'no workload or pod "shop/wbe"; did you mean shop/web?'],
    ['shop/web-3', 'no workload or pod "shop/web-3"; did you mean shop/web-1?'],
    ['shpo/web', 'no workload or pod "shpo/web"; did you mean shop/web?'],
    ['mon/web', 'no workload or pod "mon/web"; did you mean shop/web?'],
    ['shop/store', 'no workload or pod "shop/store"; did you mean the Service, svc/shop/store?'],
    ['shop/done', 'no workload or pod "shop/done"; its pods are finished: they neither send nor receive'],
    ['shop/done-x', 'no workload or pod "shop/done-x"; its pods are finished: they neither send nor receive'],
    ['shop/pod/api', 'no workload or pod "shop/pod/api"; did you mean shop/api?'],
    ['shop/deploy/db', 'no workload or pod "shop/deployment/db"; did you mean shop/db?'],
    ['shop/both', '"shop/both" is several workloads; write shop/deployment/both or shop/job/both'],
    [
      'shop/nothing-of-that-kind',
      'no workload or pod "shop/nothing-of-that-kind"; namespace shop has shop/api, shop/both, shop/both-job, shop/db, ' +
        'shop/db-0, shop/web, shop/web-1, shop/web-2',
    ],
    ['nosuch/thing', 'no workload or pod "nosuch/thing"; the input has pods in mon, shop'],
    ['shpo/thing', 'no workload or pod "shpo/thing"; did you mean namespace shop?'],
    ['prom', 'no workload or pod "default/prom"; did you mean mon/prom?'],
    ['intrenet', '"intrenet" names nobody; did you mean internet?'],
    ...['example.com', 'api.example.com/v1', 'db.shop.svc.cluster.local'].map((name): [string, string] => [
      name,
      `"${name}" names nobody; NetworkPolicy knows no DNS names: write the addresses behind it, such as 192.0.2.7 or 192.0.2.0/24`,
    ]),
    [
      'store.shop.svc.cluster.local',
      '"store.shop.svc.cluster.local" is the name of a Service; write svc/shop/store',
    ],
    ['nodes', '"nodes" names nobody; did you mean node?'],
    ['empty/*', 'namespace "empty" has no pods; ns:empty speaks of pods to come, too'],
    ['shpo/*', 'no namespace "shpo"; did you mean shop?'],
    ['ns:shpo', 'no namespace "shpo"; did you mean shop?'],
    ['ns:elsewhere', 'no namespace "elsewhere"; the input has empty, mon, shop'],
    ['app=wbe', 'no pod has these labels; did you mean app=web?'],
    ['shop/app=prom', 'no pod in namespace shop has these labels'],
    ['shpo/app=web', 'no namespace "shpo"; did you mean shop?'],
    ['shop/!app', 'no pod in namespace shop has these labels'],
    ['svc/shop/wbe', 'no Service "shop/wbe"; did you mean svc/shop/web?'],
    ['svc/web', 'no Service "default/web"; did you mean svc/shop/web?'],
    ['svc/shop/none', 'no pod is behind svc/shop/none; it selects app=nobody'],
    [
      'svc/shop/manual',
      'no pod is behind svc/shop/manual; it has no selector: somebody else decides where it leads',
    ],
    [
      'svc/shop/ext',
      'no pod is behind svc/shop/ext; it is an ExternalName: it leads to a name outside the cluster',
    ],
    [
      'shop.example.com',
      '"shop.example.com" is an Ingress; it can stand at the receiving end of the commands explain and can alone',
    ],
    [
      'shop.example.com/cart',
      '"shop.example.com/cart" is an Ingress; it can stand at the receiving end of the commands explain and can alone',
    ],
    [
      'ing/shop/front',
      '"ing/shop/front" is an Ingress; it can stand at the receiving end of the commands explain and can alone',
    ],
  ])('%s', ([text, problem]) => {
    expect(placesOf(text)).toBe(problem);
  });

  test.for<[string, string]>([
    ['deploy/web', 'did you mean shop/deployment/web? There is no namespace deploy'],
    ['deploy/wbe', 'did you mean shop/deployment/web? There is no namespace deploy'],
    ['sts/db', 'did you mean shop/statefulset/db? There is no namespace sts'],
    ['pod/web-1', 'did you mean shop/pod/web-1? There is no namespace pod'],
    ['pod/api', 'did you mean shop/api?'],
    ['service/web', 'did you mean svc/web? There is no namespace service'],
    ['ingress/front', 'did you mean ing/front? There is no namespace ingress'],
    ['ns/shop', 'did you mean ns:shop?'],
    ['deploy/nothing-of-that-kind', 'the input has pods in mon, shop'],
  ])('%s is how kubectl would say it', ([text, hint]) => {
    expect(placesOf(text, { namespace: 'shop' })).toBe(`no workload or pod "${text}"; ${hint}`);
  });

  test('where there is a namespace of that name, it is meant', () => {
    const reach = createReach({ ...shop, pods: [...shop.pods, podOf('deploy/web')] });
    expect(placesOf('deploy/web', { reach, namespace: 'shop' })).toEqual(['deploy/web (one)']);
    expect(placesOf('deploy/wbe', { reach, namespace: 'shop' })).toBe(
      'no workload or pod "deploy/wbe"; did you mean deploy/web?',
    );
  });

  test('a question mark allows nobody', () => {
    for (const text of [
      'nobody?',
      'shop/nobody?',
      'app=nobody?',
      'svc/shop/none?',
      'svc/shop/nosuch?',
      'empty/*?',
    ]) {
      expect(placesOf(text), text).toEqual([]);
      expect(targetsOf(text), text).toEqual([]);
    }
    expect(targetsOf('shop/web?:nosuch')).toEqual([]);
    expect(targetsOf('svc/shop/web?:9999')).toEqual([]);
  });

  test('an input without anybody', () => {
    const reach = createReach(clusterOf({}));
    expect(placesOf('shop/web', { reach })).toBe(
      'no workload or pod "shop/web"; the input has no pods and no workloads',
    );
    expect(placesOf('ns:shop', { reach })).toBe('no namespace "shop"; the input has no namespaces');
    expect(placesOf('node', { reach })).toBe(
      'no Node of the input has an address; add the Node objects, or name their block of addresses',
    );
    expect(placesOf('any', { reach })).toEqual(['0.0.0.0/0 ::/0 (0.0.0.0 ::)', 'to come in a new namespace']);
  });
});

describe('destinations', () => {
  test.for<[string, readonly string[]]>([
    ['shop/web', [`${web}: all`]],
    ['shop/web:80', [`${web}: 80/tcp`]],
    ['shop/web:80,53/udp', [`${web}: 80/tcp,53/udp`]],
    ['shop/web:*/other', [`${web}: */other`]],
    ['shop/web:http', [`${web}: 8080/tcp`]],
    ['shop/web:80,http', [`${web}: 80/tcp,8080/tcp`]],
    ['shop/web:http/tcp', [`${web}: 8080/tcp`]],
    // A name is each pod's own number, and nobody's who does not declare it.
    ['shop/*:http', ['shop/api: 9090/tcp', `${web}: 8080/tcp`]],
    ['shop/web:extra', ['shop/web-2: 81/tcp']],
    ['shop/web:http,extra', ['shop/web-1: 8080/tcp', 'shop/web-2: 81/tcp,8080/tcp']],
    ['8.8.8.8:53/udp', ['8.8.8.8/32 (8.8.8.8): 53/udp']],
    [
      'ns:shop:5432',
      [`${others}: 5432/tcp`, 'shop/db-0: 5432/tcp', `${web}: 5432/tcp`, 'to come in shop: 5432/tcp'],
    ],
    // A Service leads to target ports; without a port each of its own.
    ['svc/shop/web:80', [`${web}: 8080/tcp`]],
    ['svc/shop/web:http', [`${web}: 8080/tcp`]],
    ['svc/shop/web:443', [`${web}: 8443/tcp`]],
    ['svc/shop/web:81', ['shop/web-2: 81/tcp']],
    ['svc/shop/web', ['shop/web-1: 8080/tcp,8443/tcp', 'shop/web-2: 81/tcp,8080/tcp,8443/tcp']],
    ['svc/shop/web:80-443', ['shop/web-1: 8080/tcp,8443/tcp', 'shop/web-2: 81/tcp,8080/tcp,8443/tcp']],
    ['svc/shop/store:5432/udp', ['shop/db-0: 5432/udp']],
    ['svc/shop/store', ['shop/db-0: 5432/tcp,5432/udp']],
    // Without ports it is headless: its clients find the pods themselves.
    ['svc/shop/headless', ['shop/db-0: all']],
    ['svc/shop/headless:5432', ['shop/db-0: 5432/tcp']],
  ])('%s', ([text, targets]) => {
    expect(targetsOf(text)).toEqual(targets);
  });

  test.for<[string, string]>([
    ['shop/web:htpp', 'nobody in "shop/web" has a port named "htpp"; did you mean http?'],
    ['shop/web:80,htpp', 'nobody in "shop/web" has a port named "htpp"; did you mean http?'],
    ['shop/web:http/udp', 'nobody in "shop/web" has a port named "http"; did you mean http?'],
    ['shop/db:http', 'nobody in "shop/db" has a port named "http"; did you mean pg?'],
    [
      'mon/prom:http',
      'nobody in "mon/prom" has a port named "http"; no pod there names a port: write its number',
    ],
    [
      '8.8.8.8:http',
      'nobody in "8.8.8.8" has a port named "http"; no pod there names a port: write its number',
    ],
    ['svc/shop/web:8080', 'svc/shop/web has no such port; it has 80/tcp (http), 443/tcp, 81/tcp (extra)'],
    ['svc/shop/web:80,8080', 'svc/shop/web has no such port; it has 80/tcp (http), 443/tcp, 81/tcp (extra)'],
    ['svc/shop/web:80/udp', 'svc/shop/web has no such port; it has 80/tcp (http), 443/tcp, 81/tcp (extra)'],
    ['svc/shop/web:*/other', 'svc/shop/web has no such port; it has 80/tcp (http), 443/tcp, 81/tcp (extra)'],
    ['svc/shop/odd:80', 'no pod is behind svc/shop/odd; none of its pods has a port named "nope"'],
    ['svc/shop/none', 'no pod is behind svc/shop/none; it selects app=nobody'],
    ['svc/nosuch/web', 'no Service "nosuch/web"; did you mean svc/shop/web?'],
  ])('%s', ([text, problem]) => {
    expect(targetsOf(text)).toBe(problem);
  });

  test('nothing of the input steers a terminal', () => {
    const hostile = '\u001b[31m';
    expect(placesOf(`shop/${hostile}`)).not.toContain(hostile);
    expect(targetsOf(`shop/web:${hostile}`)).not.toContain(hostile);
  });
});
