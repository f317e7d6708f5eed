import type { Cluster, Ingress } from '../../model/cluster.ts';
import { type Labels, type LabelSelector, matchesSelector } from '../../model/label-selector.ts';
import { type Pod, podKey } from '../../model/pod.ts';
import { podsOfService } from '../../policy/service-backends.ts';

/** An Ingress controller that many clusters have, and how its pods are known: those that take the requests. */
export interface KnownController {
  readonly name: string;
  /** Names that its IngressClass usually has. */
  readonly classes: readonly string[];
  /** Labels of its pods, by one of its usual installations each. */
  readonly labels: readonly Labels[];
  /** Names of its Service, where the pods are labelled otherwise. */
  readonly services: readonly string[];
}

const name = 'app.kubernetes.io/name';
const component = 'app.kubernetes.io/component';

/** Known by the labels that their manifests and charts give, as of 2026. */
export const knownControllers: readonly KnownController[] = [
  {
    name: 'ingress-nginx',
    classes: ['nginx', 'public'],
    labels: [
      { [name]: 'ingress-nginx' },
      { app: 'ingress-nginx' },
      { app: 'nginx-ingress', component: 'controller' },
      { 'k8s-app': 'nginx-ingress-controller' },
      { name: 'nginx-ingress-microk8s' },
    ],
    services: ['ingress-nginx-controller', 'ingress-nginx'],
  },
  {
    name: 'nginx-ingress',
    classes: ['nginx'],
    labels: [{ [name]: 'nginx-ingress' }, { app: 'nginx-ingress' }],
    services: ['nginx-ingress-controller'],
  },
  {
    name: 'traefik',
    classes: ['traefik'],
    labels: [{ [name]: 'traefik' }, { app: 'traefik' }, { 'k8s-app': 'traefik-ingress-lb' }],
    services: ['traefik'],
  },
  {
    name: 'haproxy-ingress',
    classes: ['haproxy'],
    labels: [{ [name]: 'haproxy-ingress' }, { [name]: 'kubernetes-ingress' }, { run: 'haproxy-ingress' }],
    services: ['haproxy-ingress', 'haproxy-kubernetes-ingress'],
  },
  {
    name: 'kong',
    classes: ['kong'],
    // The pods of app=ingress-kong configure; those of proxy-kong take the requests.
    labels: [{ [name]: 'kong' }, { app: 'proxy-kong' }],
    services: ['kong-proxy', 'kong-gateway-proxy'],
  },
  {
    name: 'contour',
    classes: ['contour'],
    // Contour configures; its Envoys take the requests.
    labels: [{ [name]: 'contour', [component]: 'envoy' }],
    services: ['contour-envoy'],
  },
  {
    name: 'istio',
    classes: ['istio'],
    labels: [{ istio: 'ingressgateway' }],
    services: ['istio-ingressgateway'],
  },
  {
    name: 'emissary',
    classes: ['ambassador'],
    labels: [{ [name]: 'emissary-ingress' }],
    services: ['emissary-ingress'],
  },
  { name: 'apisix', classes: ['apisix'], labels: [{ [name]: 'apisix' }], services: ['apisix-gateway'] },
];

/** Parts of an installation that take no requests from clients. */
const beside: LabelSelector = [
  {
    key: component,
    operator: 'In',
    values: ['admission-webhook', 'default-backend', 'defaultbackend', 'migrations'],
  },
];

export interface FoundController {
  readonly controller: KnownController;
  readonly pods: readonly Pod[];
}

/** The known controllers that run in the cluster, each with its pods. A pod belongs to the first that it fits. */
export function findControllers({ pods, services }: Cluster): readonly FoundController[] {
  const taken = new Set<string>();
  return knownControllers.flatMap((controller): readonly FoundController[] => {
    const behind = services
      .filter((service) => controller.services.includes(service.name))
      .flatMap((service) => podsOfService(service, pods));
    const labelled = pods.filter((pod) => controller.labels.some((labels) => hasLabels(pod, labels)));
    const own = [...new Set([...labelled, ...behind])].filter(
      (pod) => !pod.finished && !taken.has(podKey(pod)) && !matchesSelector(beside, pod.labels),
    );
    for (const pod of own) taken.add(podKey(pod));
    return own.length === 0 ? [] : [{ controller, pods: own }];
  });
}

export type ControllerChoice =
  | { readonly kind: 'found'; readonly found: FoundController }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly found: readonly FoundController[] };

/** Which of them serves an Ingress: the one that usually has its class, else the only one there is. */
export function controllerOf(
  { ingressClassName }: Ingress,
  running: readonly FoundController[],
): ControllerChoice {
  const ofClass = running.filter(({ controller }) => controller.classes.includes(ingressClassName));
  const [found, ...others] = ofClass.length > 0 ? ofClass : running;
  if (found === undefined) return { kind: 'none' };
  return others.length === 0 ? { kind: 'found', found } : { kind: 'several', found: [found, ...others] };
}

function hasLabels(pod: Pod, labels: Labels): boolean {
  return Object.entries(labels).every(
    ([key, value]) => Object.hasOwn(pod.labels, key) && pod.labels[key] === value,
  );
}
