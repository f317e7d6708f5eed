import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { run } from '../../golden/command-line.ts';

const files = Object.fromEntries(
  ['shop.yaml', 'ingress.yaml'].map((name) => [
    name,
    readFileSync(path.join(import.meta.dirname, name), 'utf8'),
  ]),
);

describe('ringfence can', () => {
  test.for<[string, string, string, number]>([
    ['shop.yaml', 'shop/api', 'shop/db:5432', 0],
    ['shop.yaml', 'shop/api', 'shop/db', 1],
    ['shop.yaml', 'shop/web', 'shop/db:5432', 1],
    ['shop.yaml', 'any', 'shop/db:22', 1],
    ['shop.yaml', 'any', 'shop/web:http', 0],
    ['shop.yaml', 'ns:shop', 'shop/db:5432', 1],
    ['shop.yaml', 'shop/db', '8.8.8.8:53/udp', 0],
    ['shop.yaml', 'internet', 'shop/db', 1],
    ['shop.yaml', 'internet', '8.8.8.8', 2],
    ['shop.yaml', 'shop/wbe', 'shop/db', 2],
    ['shop.yaml', 'shop/web', 'shop/db:0', 2],
    ['shop.yaml', 'internet', 'shop.example.com', 2],
    ['ingress.yaml', 'internet', 'shop.example.com/', 0],
    ['ingress.yaml', 'internet', 'SHOP.example.com/other', 0],
    ['ingress.yaml', 'internet', 'http://shop.example.com/', 0],
    ['ingress.yaml', 'internet', 'http://shop.example.com/api/x?y=z', 1],
    ['ingress.yaml', 'internet', 'shop.example.com/api/x', 1],
    ['ingress.yaml', 'internet', 'shop.example.com', 1],
    ['ingress.yaml', 'internet', 'ing/shop/shop', 1],
    ['ingress.yaml', 'shop/web', 'svc/shop/api:80', 1],
    ['ingress.yaml', 'ingress-nginx/ingress-nginx-controller', 'svc/shop/web:80', 0],
    ['ingress.yaml', 'ingress-nginx/ingress-nginx-controller', 'svc/shop/web:8080', 2],
  ])('-f %s %s %s: %i', async ([file, from, to, code]) => {
    const ran = await run(['can', from, to, '-f', file], { files });
    expect({ code: ran.code, out: ran.out }).toEqual({
      code,
      out: expect.stringMatching([/^yes\n$/, /^no - ./, /^$/][code] ?? /!/) as string,
    });
    expect(ran.err === '').toBe(code !== 2);
    expect(await run(['can', '-q', from, to, '-f', file], { files })).toMatchObject({ code, out: '' });
  });
});

describe('the paths of a host', () => {
  const text = files['ingress.yaml'] ?? '';
  const gone = text.replace('service: { name: api,', 'service: { name: apy,');
  const allowed = text.replace('ports: [{ port: 80 }]\n', 'ports: [{ port: 9090 }]\n');
  const closed = text.replace('ports: [{ port: 8080 }]', 'ports: [{ port: 80 }]');
  const can = (given: string, ...args: string[]) =>
    run(['can', 'internet', 'shop.example.com', '-f', 'a.yaml', ...args], { files: { 'a.yaml': given } });

  test('each has its answer beside the first reason', async () => {
    const { code, out, err } = await can(text);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out)
      .toBe(`no - shop.example.com/api (ing/shop/shop): ingress-nginx/ingress-nginx-controller -> shop/api: ingress of shop/api is isolated by shop/api (a.yaml:63), and no rule allows it
  shop.example.com/ (ing/shop/shop) -> svc/shop/web:80: yes
  shop.example.com/api (ing/shop/shop) -> svc/shop/api:80: no
`);
    expect((await can(allowed)).out).toBe('yes\n');
  });

  test('a backend that the input does not have is no answer', async () => {
    const { code, out, err } = await can(gone);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(`error: shop.example.com/api (ing/shop/shop): no Service "shop/apy"
  shop.example.com/ (ing/shop/shop) -> svc/shop/web:80: yes
  shop.example.com/api (ing/shop/shop) -> svc/shop/apy:80: no answer
`);
    expect(await can(gone, '-q')).toMatchObject({ code: 2, out: '' });
  });

  test('unless another one is denied', async () => {
    const { code, out } = await can(gone.replace('ports: [{ port: 8080 }]', 'ports: [{ port: 81 }]'));
    expect(code).toBe(1);
    expect(out).toContain('no - shop.example.com/ (ing/shop/shop): ');
    expect(out).toContain('-> svc/shop/apy:80: no answer - no Service "shop/apy"\n');
  });

  test('explain says of every backend what becomes of it', async () => {
    const explain = async (given: string) =>
      await run(['explain', 'internet', 'shop.example.com', '-f', 'a.yaml'], { files: { 'a.yaml': given } });
    const one = await explain(gone);
    expect([one.code, one.out.split('\n')[0]]).toEqual([2, 'internet -> shop.example.com: no answer']);
    expect(one.out).toContain('for shop.example.com/ (ing/shop/shop): allowed');
    expect(one.out).toContain('no Service "shop/apy"\n  hint: did you mean svc/shop/api?');
    const none = await explain(closed);
    expect([none.code, none.out.split('\n')[0]]).toEqual([0, 'internet -> shop.example.com: denied']);
  });
});

test.for<[string, string]>([
  ['web.shop.svc.cluster.local:80', 'write svc/shop/web:80'],
  ['web.shop.svc', 'write svc/shop/web'],
  ['web.shop.svc.example.org:http,53/udp,1-2,*/other', 'write svc/shop/web:http,53/udp,1-2,*/other'],
  ['http://web.shop.svc.cluster.local/x', 'write svc/shop/web:80'],
])('%s is the name of a Service', async ([to, hint]) => {
  const { code, err } = await run(['can', 'internet', to, '-f', 'ingress.yaml'], { files });
  expect(code).toBe(2);
  expect(err).toContain(`is the name of a Service\nhint: ${hint}\n`);
});

describe('ringfence explain', () => {
  test.for<[string, readonly string[]]>([
    ['denied', ['shop/web', 'shop/db:5432,22', '-f', 'shop.yaml']],
    ['in-part', ['any', 'shop/db', '-f', 'shop.yaml']],
    ['allowed', ['api', 'db:5432', '-n', 'shop', '-f', 'shop.yaml']],
    ['ingress', ['internet', 'shop.example.com', '-f', 'ingress.yaml']],
    [
      'ingress-other-controller',
      ['internet', 'shop.example.com/api', '-f', 'ingress.yaml', '--ingress-controller', 'shop/web'],
    ],
    ['service', ['shop/web', 'svc/shop/api', '-f', 'ingress.yaml']],
  ])('%s', async ([name, args]) => {
    const { code, out, err } = await run(['explain', ...args], { files });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expect(out).toMatchFileSnapshot(path.join(import.meta.dirname, 'expected', `${name}.txt`));
    const json = await run(['explain', ...args, '-o', 'json'], { files });
    await expect(json.out).toMatchFileSnapshot(path.join(import.meta.dirname, 'expected', `${name}.json`));
  });

  test('says the reason where there is no answer', async () => {
    const { code, out } = await run(['explain', 'internet', '8.8.8.8', '-f', 'shop.yaml'], { files });
    expect({ code, out }).toEqual({
      code: 2,
      out: `internet -> 8.8.8.8: no answer
  policies have no say here: one end has to be a pod, the other neither the same pod nor its own node, and both have to have a family of addresses in common
`,
    });
  });

  test('nothing of the input steers a terminal', async () => {
    const name = 'a\u001b[2Jb.yaml';
    const ran = await run(['explain', 'shop/web', 'shop/db', '-f', name], {
      files: { [name]: files['shop.yaml'] ?? '' },
      colour: true,
    });
    expect(ran.code).toBe(0);
    expect(ran.out.replace(/\u001b\[\d+m/g, '')).not.toContain('\u001b');
  });
});
