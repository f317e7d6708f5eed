import { setTimeout as delay } from 'node:timers/promises';
import type { ApiServer } from '../../src/lab/api-server/server.ts';
import { seededNumbers } from '../../src/lab/api-server/watch-stream.ts';
import { namespace, pod, policy } from '../agent/objects.ts';

/** Changes of a cluster that does not rest, the same for the same seed. */
export interface Churn {
  /** Makes one change. */
  step(): void;
  /** Makes changes until the signal aborts. */
  run(perSecond: number, signal: AbortSignal): Promise<void>;
  readonly changes: () => number;
}

export interface ChurnOptions {
  readonly seed: number;
  /** The node whose pods change. Others are on a node of another name. */
  readonly node: string;
  /** First three bytes of the addresses of the node's pods, as `10.244.1`. Hosts 50-149 are taken. */
  readonly prefix: string;
}

const names = 100;
const policies = 30;
const apps = 6;

/** Pods come, go and change labels and addresses; policies and labels of namespaces change. All in namespaces of its own. */
export function createChurn(api: ApiServer, { seed, node, prefix }: ChurnOptions): Churn {
  const random = seededNumbers(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  let changes = 0;
  for (const each of ['churn', 'tide']) api.apply(namespace(each));

  const peer = (): unknown => {
    const podSelector = { matchLabels: { app: `a${String(pick(apps))}` } };
    switch (pick(4)) {
      case 0:
        return { podSelector };
      case 1:
        return { namespaceSelector: { matchLabels: { team: `t${String(pick(3))}` } }, podSelector };
      case 2:
        return { namespaceSelector: {} };
      default:
        return { ipBlock: { cidr: `10.${String(pick(200))}.0.0/16`, except: [] } };
    }
  };
  const spec = (): unknown => ({
    podSelector: { matchLabels: { app: `a${String(pick(apps))}` } },
    policyTypes: pick(3) === 0 ? ['Ingress', 'Egress'] : ['Ingress'],
    ingress: Array.from({ length: pick(3) }, () => ({
      from: [peer(), peer()],
      ports: [{ port: 1 + pick(9000), protocol: pick(2) === 0 ? 'TCP' : 'UDP' }],
    })),
  });

  const live = new Set<string>();
  const apply = (kind: string, space: string, name: string, object: unknown): void => {
    live.add(`${kind} ${space}/${name}`);
    api.apply(object);
  };
  const remove = (kind: string, space: string, name: string): void => {
    if (live.delete(`${kind} ${space}/${name}`)) api.delete(kind, space, name);
  };

  const step = (): void => {
    changes += 1;
    const index = pick(names);
    const [space, other] = pick(3) === 0 ? ['tide', 'churn'] : ['churn', 'tide'];
    const [podName, policyName] = [`p${String(index)}`, `n${String(index % policies)}`];
    switch (pick(10)) {
      case 0:
        remove('Pod', space, podName);
        return;
      case 1:
        remove('NetworkPolicy', space, policyName);
        return;
      case 2:
      case 3:
        apply('NetworkPolicy', space, policyName, policy(`${space}/${policyName}`, spec()));
        return;
      case 4:
        api.apply(namespace(space, { team: `t${String(pick(3))}` }));
        return;
      default: {
        const isLocal = index % 3 !== 0;
        // An address belongs to one pod at a time.
        remove('Pod', other, podName);
        const address = `${isLocal ? prefix : '10.244.99'}.${String(50 + index)}`;
        const labels = { app: `a${String(pick(apps))}`, round: String(pick(3)) };
        apply(
          'Pod',
          space,
          podName,
          pod(`${space}/${podName}`, address, labels, isLocal ? node : `${node}-other`),
        );
      }
    }
  };

  return {
    step,
    async run(perSecond, signal) {
      const started = performance.now();
      for (let done = 0; !signal.aborted;) {
        const due = ((performance.now() - started) / 1000) * perSecond;
        for (; done < due; done += 1) step();
        await delay(Math.min(20, 1000 / perSecond));
      }
    },
    changes: () => changes,
  };
}
