import type { Service, ServicePort } from '../../model/cluster.ts';
import type { Pod } from '../../model/pod.ts';
import { backendsOf } from '../../policy/service-backends.ts';
import type { PortExpression } from '../ends/port-expression.ts';
import { isServicePort } from '../ends/service-targets.ts';
import type { Reach } from '../reach/reach.ts';

/** Where one port of a Service leads. */
export interface ServiceHop {
  readonly service: Service;
  /** Absent: a headless Service without ports, whose clients go straight to its pods. */
  readonly port?: ServicePort;
  /** By number, ascending; none where it leads nowhere. */
  readonly targets: readonly { readonly number: number; readonly pods: readonly Pod[] }[];
}

/** The hops of the ports that were asked for; without any those of all. */
export function serviceHops(
  service: Service,
  asked: readonly PortExpression[],
  { cluster }: Reach,
): readonly ServiceHop[] {
  if (service.ports.length === 0) return [{ service, targets: [] }];
  return service.ports
    .filter((port) => asked.length === 0 || asked.some((one) => isServicePort(one, port)))
    .map((port) => {
      const byNumber = Map.groupBy(backendsOf(service, port, cluster.pods), ({ number }) => number);
      const targets = [...byNumber]
        .sort(([a], [b]) => a - b)
        .map(([number, backends]) => ({ number, pods: backends.map(({ pod }) => pod) }));
      return { service, port, targets };
    });
}
