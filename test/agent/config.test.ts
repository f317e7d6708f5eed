import { describe, expect, test } from 'vitest';
import { agentConfigDefaults, type AgentConfigValues, readAgentConfig } from '../../src/agent/config.ts';
import { AgentError } from '../../src/agent/errors.ts';

const env = { NODE_NAME: 'node-1' };

describe('readAgentConfig', () => {
  test('defaults', () => {
    expect(readAgentConfig({}, env)).toEqual({
      kube: {},
      health: { host: '127.0.0.1', port: 9461 },
      metrics: { host: '127.0.0.1', port: 9462 },
      logLevel: 'info',
      compiler: {
        nodeName: 'node-1',
        table: 'ringfence',
        ctMarkMask: 0xffff0000,
        deny: 'drop',
        nodeEgress: 'allow',
      },
      nftPath: 'nft',
      ulogdPath: 'ulogd',
    });
  });

  test('the defaults as text read as the defaults', () => {
    expect(readAgentConfig(agentConfigDefaults, env)).toEqual(readAgentConfig({}, env));
  });

  // values, environment, expected source
  const sources: readonly (readonly [AgentConfigValues, Record<string, string>, unknown])[] = [
    [{}, { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, {}],
    [{}, { KUBECONFIG: '/a:/b' }, {}],
    [{ inCluster: true }, { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, {}],
    [{ kubeconfig: '/mine', context: 'c' }, { KUBECONFIG: '/k' }, { kubeconfig: '/mine', context: 'c' }],
  ];
  test.each(sources)('API server: %j with %j', (values, more, expected) => {
    expect(readAgentConfig(values, { ...env, ...more }).kube).toEqual(expected);
  });

  test('in-cluster is refused where it would not be', () => {
    expect(() => readAgentConfig({ inCluster: true }, env)).toThrow(/not a pod/);
    expect(() =>
      readAgentConfig({ inCluster: true }, { ...env, KUBECONFIG: '/k', KUBERNETES_SERVICE_HOST: 'x' }),
    ).toThrow(/unset KUBECONFIG/);
  });

  // values, expected part
  const good: readonly (readonly [AgentConfigValues, Record<string, unknown>])[] = [
    [{ healthAddress: ':8080' }, { health: { host: '::', port: 8080 } }],
    [{ healthAddress: '[::1]:0' }, { health: { host: '::1', port: 0 } }],
    [{ metricsAddress: 'localhost:65535' }, { metrics: { host: 'localhost', port: 65_535 } }],
    [{ ctMarkMask: '65280' }, { compiler: { ctMarkMask: 0xff00 } }],
    [{ ctMarkMask: '0xFF' }, { compiler: { ctMarkMask: 0xff } }],
    [{ ctMarkMask: '0xffffffff' }, { compiler: { ctMarkMask: 0xffffffff } }],
    [{ deny: 'reject', nodeEgress: 'enforce' }, { compiler: { deny: 'reject', nodeEgress: 'enforce' } }],
    [{ nodeName: 'ip-10-0-0-1.eu-1.compute' }, { compiler: { nodeName: 'ip-10-0-0-1.eu-1.compute' } }],
  ];
  test.each(good)('%j', (values, expected) => {
    expect(readAgentConfig(values, env)).toMatchObject(expected);
  });

  test('off serves nothing', () => {
    expect(readAgentConfig({ healthAddress: 'off', metricsAddress: 'off' }, env)).not.toHaveProperty(
      'health',
    );
    expect(readAgentConfig({ metricsAddress: 'off' }, env)).not.toHaveProperty('metrics');
  });

  // values, part of the message
  const bad: readonly (readonly [AgentConfigValues, string])[] = [
    [{ nodeName: '' }, 'NODE_NAME'],
    [{ nodeName: 'a,spec.nodeName=b' }, 'not a node name'],
    [{ nodeName: 'x'.repeat(254) }, 'not a node name'],
    [{ table: 'a b' }, '--table'],
    [{ table: '' }, '--table'],
    [{ ctMarkMask: '0x7f' }, '--ct-mark-mask'],
    [{ ctMarkMask: '0xf0f0' }, '--ct-mark-mask'],
    [{ ctMarkMask: '0x1ffffffff' }, '--ct-mark-mask'],
    [{ ctMarkMask: '-1' }, '--ct-mark-mask'],
    [{ ctMarkMask: '' }, '--ct-mark-mask'],
    [{ deny: 'Drop' }, 'drop, reject'],
    [{ nodeEgress: 'deny' }, 'allow, enforce'],
    [{ logLevel: 'loud' }, '--log-level'],
    [{ healthAddress: '8080' }, '--health-address'],
    [{ healthAddress: '::1:8080' }, '--health-address'],
    [{ metricsAddress: '0.0.0.0:65536' }, '--metrics-address'],
    [{ nftPath: '' }, '--nft must'],
    [{ inCluster: true, context: 'c' }, '--in-cluster'],
  ];
  test.each(bad)('%j is refused', (values, message) => {
    expect(() => readAgentConfig(values, env)).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        message: expect.stringContaining(message) as string,
      }),
    );
  });

  test('names everything that is wrong at once', () => {
    expect(() => readAgentConfig({ deny: 'x', table: '9' }, {})).toThrow(
      /NODE_NAME.*--deny.*--table|--table.*--deny|NODE_NAME.*--table.*--deny/,
    );
    expect(new AgentError('config-invalid', 'x')).toBeInstanceOf(Error);
  });
});
