import { describe, expect, test } from 'vitest';
import { isIngressHost, type Route, routesTo } from '../../../src/analysis/ingress/routes.ts';
import type { Ingress, PathType } from '../../../src/model/cluster.ts';

// Which backend a request gets: the tables of kubernetes.io "Ingress" ("Examples", "Multiple matches", "Hostname wildcards").

type Rule = readonly [host: string, path: string, pathType: PathType | undefined, service: string];

function ingress(name: string, rules: readonly Rule[], ingressClassName = ''): Ingress {
  return {
    namespace: 'shop',
    name,
    ingressClassName,
    backends: rules.map(([host, path, pathType, service]) => ({
      host,
      path,
      ...(pathType === undefined ? {} : { pathType }),
      service,
      port: 80,
    })),
  };
}

/** Names of the Services. */
function services(routes: readonly Route[]): readonly string[] {
  return routes.map(({ to }) => (to.kind === 'service' ? to.service : to.resource));
}

describe('paths', () => {
  // The first table of the documentation: kind, paths, request path, whether it matches.
  test.for<[PathType, string, string, boolean]>([
    ['Prefix', '/', '/anything/at/all', true],
    ['Prefix', '/', '/', true],
    ['Exact', '/foo', '/foo', true],
    ['Exact', '/foo', '/bar', false],
    ['Exact', '/foo', '/foo/', false],
    ['Exact', '/foo/', '/foo', false],
    ['Exact', '/foo', '/Foo', false],
    ['Prefix', '/foo', '/foo', true],
    ['Prefix', '/foo', '/foo/', true],
    ['Prefix', '/foo/', '/foo', true],
    ['Prefix', '/foo/', '/foo/', true],
    ['Prefix', '/aaa/bb', '/aaa/bbb', false],
    ['Prefix', '/aaa/bbb', '/aaa/bbb', true],
    ['Prefix', '/aaa/bbb/', '/aaa/bbb', true],
    ['Prefix', '/aaa/bbb', '/aaa/bbb/', true],
    ['Prefix', '/aaa/bbb', '/aaa/bbb/ccc', true],
    ['Prefix', '/aaa/bbb', '/aaa/bbbxyz', false],
    ['Prefix', '/foo', '/Foo', false],
    ['Prefix', '/foo*', '/foo/x', false],
    ['ImplementationSpecific', '/foo', '/foo/x', true],
    ['ImplementationSpecific', '/foo', '/foox', false],
    ['ImplementationSpecific', '/foo/*', '/foo/x', true],
    ['ImplementationSpecific', '/*', '/x', true],
    ['ImplementationSpecific', '', '/x', true],
  ])('%s %j and %j: %j', ([pathType, path, request, matches]) => {
    const routes = routesTo([ingress('a', [['h.io', path, pathType, 'web']])], 'h.io', request);
    expect(services(routes)).toEqual(matches ? ['web'] : []);
  });

  test.for<[string, readonly Rule[], string, readonly string[]]>([
    [
      'the longest',
      [
        ['h.io', '/', 'Prefix', 'root'],
        ['h.io', '/aaa', 'Prefix', 'aaa'],
        ['h.io', '/aaa/bbb', 'Prefix', 'bbb'],
      ],
      '/aaa/bbb/c',
      ['bbb'],
    ],
    [
      'not the first',
      [
        ['h.io', '/', 'Prefix', 'root'],
        ['h.io', '/aaa', 'Prefix', 'aaa'],
      ],
      '/aaa/ccc',
      ['aaa'],
    ],
    [
      'the shorter where the longer is another word',
      [
        ['h.io', '/', 'Prefix', 'root'],
        ['h.io', '/aaa', 'Prefix', 'aaa'],
      ],
      '/aaab',
      ['root'],
    ],
    [
      'of equal ones the exact',
      [
        ['h.io', '/foo', 'Prefix', 'prefix'],
        ['h.io', '/foo', 'Exact', 'exact'],
      ],
      '/foo',
      ['exact'],
    ],
    [
      'an exact one for just itself',
      [
        ['h.io', '/foo', 'Prefix', 'prefix'],
        ['h.io', '/foo', 'Exact', 'exact'],
      ],
      '/foo/x',
      ['prefix'],
    ],
    [
      'both where two tie',
      [
        ['h.io', '/foo', 'Prefix', 'one'],
        ['h.io', '/foo', 'Prefix', 'two'],
      ],
      '/foo',
      ['one', 'two'],
    ],
    [
      'the default backend where nothing matches',
      [
        ['', '', undefined, 'fallback'],
        ['h.io', '/foo', 'Prefix', 'foo'],
      ],
      '/bar',
      ['fallback'],
    ],
    ['nobody', [['h.io', '/foo', 'Prefix', 'foo']], '/bar', []],
  ])('%s', ([, rules, path, expected]) => {
    expect(services(routesTo([ingress('a', rules)], 'h.io', path))).toEqual(expected);
  });

  test('a path that leads to a resource is not passed over for a shorter one', () => {
    const one = {
      ...ingress('a', [['h.io', '/', 'Prefix', 'web']]),
      resources: [{ host: 'h.io', path: '/static', pathType: 'Prefix' as const, resource: 'Bucket/assets' }],
    };
    expect(services(routesTo([one], 'h.io', '/static/x'))).toEqual(['Bucket/assets']);
    expect(services(routesTo([one], 'h.io'))).toEqual(['web', 'Bucket/assets']);
  });
});

describe('hosts', () => {
  test.for<[string, string, boolean]>([
    ['*.foo.com', 'bar.foo.com', true],
    ['*.foo.com', 'baz.bar.foo.com', false],
    ['*.foo.com', 'foo.com', false],
    ['bar.foo.com', 'bar.foo.com', true],
    ['Bar.Foo.com', 'bar.foo.com', true],
    ['bar.foo.com', 'foo.com', false],
  ])('%s and %s: %j', ([written, host, matches]) => {
    const one = [ingress('a', [[written, '/', 'Prefix', 'web']])];
    expect(isIngressHost(one, host)).toBe(matches);
    expect(services(routesTo(one, host, '/'))).toEqual(matches ? ['web'] : []);
  });

  test('a rule without host takes what no other names, and makes no word a host', () => {
    const one = ingress('a', [['', '/', 'Prefix', 'all']]);
    expect(isIngressHost([one], 'h.io')).toBe(false);
    expect(services(routesTo([one], 'h.io', '/x'))).toEqual(['all']);
  });

  test('a name beats a wildcard beats no host, even where its paths do not match', () => {
    const all = ingress('a', [
      ['', '/', 'Prefix', 'all'],
      ['*.foo.com', '/', 'Prefix', 'wild'],
      ['bar.foo.com', '/x', 'Prefix', 'named'],
    ]);
    expect(services(routesTo([all], 'bar.foo.com', '/x'))).toEqual(['named']);
    expect(services(routesTo([all], 'bar.foo.com', '/y'))).toEqual([]);
    expect(services(routesTo([all], 'other.foo.com', '/x'))).toEqual(['wild']);
    expect(services(routesTo([all], 'elsewhere.io', '/x'))).toEqual(['all']);
  });

  test('without a path: every route of the host, and the default backend unless all is taken', () => {
    const rules: readonly Rule[] = [
      ['', '', undefined, 'fallback'],
      ['h.io', '/a', 'Prefix', 'a'],
      ['h.io', '/b', 'Exact', 'b'],
      ['other.io', '/', 'Prefix', 'other'],
    ];
    expect(services(routesTo([ingress('a', rules)], 'h.io'))).toEqual(['a', 'b', 'fallback']);
    expect(services(routesTo([ingress('a', rules)], 'other.io'))).toEqual(['other']);
    const exact: Rule = ['h.io', '/', 'Exact', 'root'];
    expect(services(routesTo([ingress('a', [...rules, exact])], 'h.io'))).toEqual([
      'a',
      'b',
      'root',
      'fallback',
    ]);
  });
});

describe('several Ingresses', () => {
  const one = ingress('one', [['h.io', '/a', 'Prefix', 'a']]);
  const two = ingress('two', [
    ['', '', undefined, 'fallback'],
    ['h.io', '/a/b', 'Prefix', 'b'],
  ]);

  test('those of one class share a host', () => {
    expect(services(routesTo([one, two], 'h.io', '/a/b/c'))).toEqual(['b']);
    expect(services(routesTo([one, two], 'h.io', '/a/c'))).toEqual(['a']);
    expect(services(routesTo([one, two], 'h.io', '/c'))).toEqual(['fallback']);
  });

  test('those of another class have a controller of their own', () => {
    const other = { ...two, ingressClassName: 'internal' };
    expect(services(routesTo([one, other], 'h.io', '/a/b'))).toEqual(['a', 'b']);
    const catchAll = ingress('three', [['', '/', 'Prefix', 'all']], 'internal');
    expect(services(routesTo([one, catchAll], 'h.io', '/a'))).toEqual(['a']);
  });

  test('an Ingress of a default backend alone takes what is left', () => {
    const rest = ingress('rest', [['', '', undefined, 'rest']]);
    expect(services(routesTo([one, rest], 'h.io', '/zzz'))).toEqual(['rest']);
    expect(services(routesTo([one, rest], 'elsewhere.io', '/'))).toEqual(['rest']);
    // That of an Ingress with rules is for its own hosts.
    expect(services(routesTo([two, rest], 'elsewhere.io', '/'))).toEqual(['rest']);
  });
});
