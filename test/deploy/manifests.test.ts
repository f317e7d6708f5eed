import { readFileSync } from 'node:fs';
import { DaemonSet } from 'kubernetes-models/apps/v1/DaemonSet';
import { ClusterRole } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRole';
import { ClusterRoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1/ClusterRoleBinding';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { agentCommand } from '../../src/cli/commands/agent.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { built, type Manifest, only, overlays } from './built.ts';

const root = `${import.meta.dirname}/../..`;

/** Checks an object against the schema of its kind that Kubernetes publishes. */
type Schema = new (data: never) => { validate(): void };
const schemas = {
  DaemonSet,
  ClusterRole,
  ClusterRoleBinding,
  Namespace,
  ServiceAccount,
} as unknown as Readonly<Record<string, Schema>>;
/** Kinds of the Prometheus operator; their schema is not Kubernetes'. */
const foreign = new Set(['PodMonitor', 'PrometheusRule']);

describe.each(overlays)('%s', (folder) => {
  const manifests = built(folder);
  const having = test.skipIf(manifests === undefined);
  const objects = manifests ?? [];

  having('has what the schemas of Kubernetes allow, and nothing else', () => {
    for (const manifest of objects) {
      if (foreign.has(manifest.kind)) continue;
      const schema = schemas[manifest.kind];
      if (schema === undefined) throw new Error(`no schema for ${manifest.kind}`);
      expect(() => {
        new schema(manifest as never).validate();
      }, manifest.kind).not.toThrow();
    }
    expect(objects.map(({ kind }) => kind)).toContain('DaemonSet');
  });

  having('runs an agent with NET_ADMIN and no other right over its node', () => {
    const { spec } = podOf(only(objects, 'DaemonSet'));
    expect(spec.hostNetwork).toBe(true);
    expect(spec).not.toHaveProperty('hostPID');
    expect(spec).not.toHaveProperty('hostIPC');
    expect(spec.securityContext).toEqual({ seccompProfile: { type: 'RuntimeDefault' } });
    expect(spec.containers.map(({ securityContext }) => securityContext)).toEqual([
      {
        privileged: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        runAsUser: 0,
        runAsGroup: 0,
        capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
      },
    ]);
    // Memory of the pod's own, and no folder of the node.
    expect(spec.volumes).toEqual([{ name: 'run', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } }]);
    expect(spec).not.toHaveProperty('initContainers');
  });

  having('runs on every node, and is evicted last', () => {
    const { spec } = podOf(only(objects, 'DaemonSet'));
    expect(spec.tolerations).toEqual([{ operator: 'Exists' }]);
    expect(spec.priorityClassName).toBe('system-node-critical');
  });

  having('starts the agent with options that it has', () => {
    const [agent] = podOf(only(objects, 'DaemonSet')).spec.containers;
    const [command, ...flags] = agent?.args ?? [];
    expect(command).toBe('agent');
    const known = agentCommand({} as Terminal).options.map(({ long }) => long);
    for (const flag of flags) expect(known, flag).toContain(flag.split('=')[0]);
  });

  having('names this version', () => {
    const [agent] = podOf(only(objects, 'DaemonSet')).spec.containers;
    expect(agent?.image).toBe(`ringfence:${packageJson.version}`);
  });
});

test.skipIf(built('base') === undefined)('alerts are the same for Prometheus and its operator', () => {
  const rule = only(built('overlays/prometheus-operator') ?? [], 'PrometheusRule');
  expect(rule['spec']).toEqual(parse(readFileSync(`${root}/deploy/monitoring/alerts.yaml`, 'utf8')));
});

test('the image is built for the Node.js that the tests run on', () => {
  const dockerfile = readFileSync(`${root}/deploy/image/Dockerfile`, 'utf8');
  expect(/NODE_IMAGE=node:(\S+)-trixie-slim/.exec(dockerfile)?.[1]).toBe(process.version.slice(1));
  expect(/image\.version="(.*)"/.exec(dockerfile)?.[1]).toBe(packageJson.version);
});

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly securityContext: unknown;
}

interface PodTemplate {
  readonly spec: Readonly<Record<string, unknown>> & { readonly containers: readonly Container[] };
}

function podOf(daemonSet: Manifest): PodTemplate {
  return (daemonSet as unknown as { readonly spec: { readonly template: PodTemplate } }).spec.template;
}
