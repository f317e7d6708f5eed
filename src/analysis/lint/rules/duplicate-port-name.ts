import type { Service } from '../../../model/cluster.ts';
import type { Pod } from '../../../model/pod.ts';
import { quote } from '../../../model/read/quote.ts';
import { at, podReference, referenceText } from '../objects.ts';
import type { Found, LintContext, LintRule } from '../rule.ts';

/** One name for several ports: of a pod, where policies allow all of them and Services lead to one, or of a Service. */
export const duplicatePortName: LintRule = {
  id: 'duplicate-port-name',
  title: 'one name for several ports',
  severity: 'warning',
  check: (context) => [
    ...[...Map.groupBy(context.cluster.pods, (pod) => referenceText(podReference(pod))).values()].flatMap(
      (pods) => ofPods(context, pods),
    ),
    ...context.cluster.services.flatMap((service) => ofService(context, service)),
  ],
};

/** Pods of one workload have the same mistake: it is said once. */
function ofPods({ place }: LintContext, pods: readonly Pod[]): readonly Found[] {
  const twice = pods.find((pod) => repeatedNames(pod).length > 0);
  if (twice === undefined) return [];
  return repeatedNames(twice).map(([name, numbers]) => ({
    ...at(place(twice)),
    object: podReference(twice),
    message: `port name ${quote(name)} stands for ${numbers}`,
    hint: 'a policy that allows the name allows every one of them, a Service leads to the first: give each its own name',
  }));
}

/** Names with several numbers of one protocol, and `TCP ports 8080 and 9090`. A name may well be one port of TCP and UDP. */
function repeatedNames({ ports }: Pod): readonly (readonly [string, string])[] {
  return [...Map.groupBy(ports, ({ name, protocol }) => `${name}/${protocol}`).values()].flatMap((same) => {
    const [first] = same;
    const numbers = same.map(({ number }) => String(number));
    return first === undefined || same.length < 2
      ? []
      : [[first.name, `${first.protocol} ports ${listText(numbers)}`] as const];
  });
}

/** The API server refuses such a Service. */
function ofService({ place }: LintContext, service: Service): readonly Found[] {
  const { namespace, name, ports } = service;
  return [...Map.groupBy(ports, (port) => port.name)].flatMap(([portName, same]): readonly Found[] => {
    const [, again] = same;
    if (again === undefined) return [];
    const second = ports.indexOf(again);
    const numbers = listText(same.map(({ port, protocol }) => `${String(port)}/${protocol}`));
    return [
      {
        severity: 'error',
        ...at(place(service, ['spec', 'ports', second, 'name'])),
        object: { kind: 'Service', namespace, name },
        message:
          portName === ''
            ? `ports ${numbers} have no name: of several ports each needs one`
            : `port name ${quote(portName)} stands for ports ${numbers}`,
      },
    ];
  });
}

function listText(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}
