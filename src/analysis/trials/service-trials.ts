import { podKey } from '../../model/pod.ts';
import { backendsOf } from '../../policy/service-backends.ts';
import type { PortExpression } from '../ends/port-expression.ts';
import { isServicePort } from '../ends/service-targets.ts';
import type { TestWorld } from '../policy-test/world.ts';
import type { Cast } from './actors.ts';
import type { Found } from './found.ts';
import type { Choice } from './sample.ts';
import type { Stage } from './stage.ts';
import type { Trial } from './trial.ts';

/** Backends of which each is likely to be met. */
const mostBackends = 3;

/**
 * Connections through the cluster address of a Service. A Service leads to any of its pods, so there are as many of each as
 * it has pods. `undefined` where it has no ports: its clients go straight to the pods.
 */
export function serviceTrials(
  { namespace, name }: { readonly namespace?: string; readonly name: string },
  ports: readonly PortExpression[],
  { reach, within }: TestWorld,
  senders: Cast,
  { families }: Stage,
  expected: Trial['expected'],
): Found | undefined {
  const service = reach.cluster.services.find(
    (one) => one.namespace === (namespace ?? within.defaultNamespace) && one.name === name,
  );
  if (service === undefined || service.ports.length === 0) return undefined;
  const untried = new Set(senders.untried);
  const choices: Choice[] = [...senders.choices];
  const own = service.ports.filter(
    (port) => ports.length === 0 || ports.some((asked) => isServicePort(asked, port)),
  );
  const trials = own.flatMap((port) => {
    const backends = backendsOf(service, port, reach.cluster.pods).map(({ pod }) => pod);
    const chosen = backends.slice(0, mostBackends);
    if (chosen.length === 0) untried.add(`no pod is behind port ${String(port.port)} of the Service`);
    const at = `${port.protocol} ${String(port.port)}`;
    choices.push({ what: 'backends', at, tried: chosen.length, of: backends.length });
    return senders.actors.flatMap((from) =>
      chosen.flatMap((pod): readonly Trial[] => {
        if (backends.some((one) => podKey(one) === from.host)) {
          untried.add('a pod behind the Service may be led to itself');
          return [];
        }
        if (from.isNode && backends.some(({ nodeName }) => nodeName === from.node)) {
          if (from.exceptOwnNode) return [];
          untried.add('a node may be led to a pod of its own');
          return [];
        }
        // The world outside has no way to a cluster address.
        if (from.node === undefined) {
          untried.add('nobody outside of the cluster reaches a cluster address');
          return [];
        }
        const to = { host: podKey(pod), somebody: { kind: 'pod', pod } as const };
        return families
          .filter((family) => from.families.includes(family))
          .map((family) => ({
            ...{ from, to, family, protocol: port.protocol, port: port.port, expected },
            ...{ service: { namespace: service.namespace, name: service.name }, isCounterexample: false },
          }));
      }),
    );
  });
  return { trials, untried: [...untried], choices };
}
