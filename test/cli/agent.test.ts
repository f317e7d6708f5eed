import { describe, expect, test } from 'vitest';
import { agentConfigDefaults } from '../../src/agent/config.ts';
import { run } from '../golden/command-line.ts';

// `ringfence agent` up to the point where it would begin to work: the loop itself is tested in test/agent.

test.for<[readonly string[], string]>([
  [[], 'no node name: give --node-name, or set NODE_NAME from the downward API (spec.nodeName)'],
  [['--node-name', ''], 'no node name: give --node-name'],
  [['--node-name', 'W 1'], '--node-name "W 1" is not a node name'],
  [['--node-name', 'w', '--deny', 'ignore'], '--deny "ignore" must be one of drop, reject'],
  [['--node-name', 'w', '--node-egress', 'deny'], '--node-egress "deny" must be one of allow, enforce'],
  [['--node-name', 'w', '--ct-mark-mask', '0x5'], '--ct-mark-mask "0x5" must be one run of at least 8 bits'],
  [['--node-name', 'w', '--table', 'a; flush'], '--table "a; flush" must be a letter'],
  [['--node-name', 'w', '--table', 'fib'], '--table "fib" is a word of nft'],
  [['--node-name', 'w', '--nft', ''], 'must not be empty'],
  [['--node-name', 'w', '--health-address', 'x'], '--health-address "x" must be HOST:PORT'],
  [
    ['--node-name', 'w', '--metrics-address', '127.0.0.1:99999'],
    '--metrics-address "127.0.0.1:99999" must be',
  ],
  [['--node-name', 'w', '--in-cluster'], 'KUBERNETES_SERVICE_HOST is not set, so this is not a pod'],
  [
    ['--node-name', 'w', '--in-cluster', '--context', 'x'],
    '--in-cluster excludes --kubeconfig and --context',
  ],
])('%j is refused before anything is touched', async ([args, message]) => {
  const { code, out, err } = await run(['agent', ...args]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^error: [^\n]*\n$/);
  expect(err).toContain(message);
});

test('everything that is wrong is said at once', async () => {
  const { err } = await run(['agent', '--deny', 'x', '--node-egress', 'y'], { env: { NODE_NAME: '-' } });
  expect(err).toContain('--deny "x"');
  expect(err).toContain('--node-egress "y"');
  expect(err).toContain('--node-name "-"');
});

test('the environment names the node, the option comes first', async () => {
  const env = { NODE_NAME: 'Not A Node' };
  expect((await run(['agent'], { env })).err).toContain('--node-name "Not A Node"');
  expect((await run(['agent', '--node-name', 'Neither'], { env })).err).toContain('--node-name "Neither"');
});

test('a kubeconfig that is not there', async () => {
  const { code, out, err } = await run(['agent', '--node-name', 'w', '--kubeconfig', '/nowhere/config']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('error: cannot use /nowhere/config: ');
});

describe('options', () => {
  test('an unknown level of the log', async () => {
    const { code, err } = await run(['agent', '--log-level', 'loud']);
    expect(code).toBe(2);
    expect(err).toContain('Allowed choices are trace, debug, info, warn, error, silent');
  });

  test('help says the defaults that hold', async () => {
    const { out } = await run(['agent', '--help']);
    const defaults = [...out.replaceAll(/\n {3,}/g, ' ').matchAll(/\(default: ([^)$]+)\)/g)].map(
      ([, text]) => text,
    );
    expect(defaults).toEqual([
      agentConfigDefaults.table,
      agentConfigDefaults.ctMarkMask,
      agentConfigDefaults.deny,
      agentConfigDefaults.nodeEgress,
      agentConfigDefaults.logGroup,
      agentConfigDefaults.nftPath,
      agentConfigDefaults.healthAddress,
      agentConfigDefaults.metricsAddress,
      agentConfigDefaults.logLevel,
      agentConfigDefaults.ulogdPath,
    ]);
  });
});
