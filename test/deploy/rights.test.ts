import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { AccessRule } from '../../src/lab/api-server/access.ts';
import { startApiServer } from '../../src/lab/api-server/server.ts';
import { createFakeNft } from '../../src/nft/fake.ts';
import { allow, namespace, pod, policy } from '../agent/objects.ts';
import { eventually, type LogLine, startAgent } from '../agent/run-agent.ts';

const user = 'system:serviceaccount:ringfence:ringfence';
const rules = clusterRole();

// With authorization on, the embedded API server answers 403 where the real one would.
describe('the rights of the ClusterRole', () => {
  test('are enough: everything is watched, applied and told', async () => {
    const { agent, api } = await enforce(rules);
    await eventually(() => api.requests()['create events.events.k8s.io'] !== undefined);
    expect((await agent.get('/readyz')).status).toBe(200);
    expect(agent.lines.filter((line) => says(line, 'forbidden'))).toEqual([]);
  });

  test('are all used', async () => {
    const { api } = await enforce(rules);
    await eventually(() => api.requests()['create events.events.k8s.io'] !== undefined);
    const asked = Object.keys(api.requests());
    // Lists are streamed by the watch where the server can; an older one is asked for lists.
    const old = await enforce(rules, { streamingLists: false });
    await eventually(() => old.api.requests()['list nodes'] !== undefined);
    const used = new Set([...asked, ...Object.keys(old.api.requests())]);
    expect(rights(rules).filter((right) => !used.has(right))).toEqual([]);
  });

  test.each(rights(rules).filter((right) => !right.startsWith('list')))('%s is needed', async (right) => {
    const { agent, api } = await start(rules.flatMap((rule) => without(rule, right)));
    if (right.startsWith('create')) {
      await eventually(() => (api.requests()[right] ?? 0) > 0);
      await eventually(() => agent.lines.some((line) => says(line, 'cannot create')));
    } else {
      await eventually(() => agent.lines.some((line) => says(line, 'cannot watch')));
      expect((await agent.get('/readyz')).status).toBe(503);
    }
  });
});

async function enforce(access: readonly AccessRule[], options: Options = {}) {
  const started = await start(access, options);
  await eventually(() => started.agent.said('enforcing').length === 1);
  return started;
}

interface Options {
  readonly streamingLists?: boolean;
}

async function start(access: readonly AccessRule[], options: Options = {}) {
  const token = 'agents-own';
  const api = await startApiServer({ accounts: [{ token, user, rules: access }], ...options });
  onTestFinished(() => api.close());
  api.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1' },
    spec: { podCIDRs: ['10.244.1.0/24'] },
  });
  api.apply(namespace('shop', {}));
  api.apply(pod('shop/db', '10.244.1.11', { app: 'db' }));
  api.apply(policy('shop/db', allow('db', 'web')));
  // With a mistake that only an API server of old would have stored: the agent tells its owner.
  api.apply(
    policy('shop/broken', { podSelector: { matchLabels: { app: 'db' } }, ingress: [{ from: [{}] }] }),
    { asIs: true },
  );
  const agent = await startAgent(api, createFakeNft(), token);
  return { api, agent };
}

function says({ fields }: LogLine, text: string): boolean {
  return Object.values(fields).some((value) => String(value).includes(text));
}

function clusterRole(): readonly AccessRule[] {
  const file = `${import.meta.dirname}/../../deploy/kustomize/base/rbac.yaml`;
  const objects = parseAllDocuments(readFileSync(file, 'utf8')).map(
    (document) => document.toJS() as { readonly kind: string; readonly rules: readonly AccessRule[] },
  );
  return objects.find(({ kind }) => kind === 'ClusterRole')?.rules ?? [];
}

/** `watch networkpolicies.networking.k8s.io`, as the server counts requests. */
function rights(access: readonly AccessRule[]): readonly string[] {
  return access.flatMap(({ verbs, resources, apiGroups: [group = ''] }) =>
    verbs.flatMap((verb) =>
      resources.map((resource) => `${verb} ${group === '' ? resource : `${resource}.${group}`}`),
    ),
  );
}

function without(rule: AccessRule, right: string): readonly AccessRule[] {
  return rule.resources.flatMap((resource) =>
    rule.verbs
      .map((verb): AccessRule => ({ ...rule, verbs: [verb], resources: [resource] }))
      .filter((one) => !rights([one]).includes(right)),
  );
}
