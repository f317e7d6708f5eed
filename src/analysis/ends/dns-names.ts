import type { Cluster } from '../../model/cluster.ts';
import { quote } from '../../model/read/quote.ts';
import { isIngressHost } from '../ingress/routes.ts';
import { type ExpressionProblem, notExpressed } from './expressed.ts';
import { serviceOfName } from './service-targets.ts';

type Problem = { readonly ok: false } & ExpressionProblem;

export const noDnsNames =
  'NetworkPolicy knows no DNS names: write the addresses behind it, such as 192.0.2.7 or 192.0.2.0/24';

/** Why a host is no end: an Ingress or a Service has that name, or nobody whom policies could know. */
export function dnsNameProblem(text: string, host: string, cluster: Cluster): Problem {
  if (isIngressHost(cluster.ingresses, host)) return ingressProblem(text);
  return serviceNameProblem(text, host, cluster) ?? notExpressed(`${quote(text)} names nobody`, noDnsNames);
}

export function ingressProblem(text: string): Problem {
  return notExpressed(
    `${quote(text)} is an Ingress`,
    'it can stand at the receiving end of the commands explain and can alone',
  );
}

/**
 * The name of a Service in DNS, which is none of the ends: its pods are meant, by the ports of the Service.
 * @param ports as they are to be written behind it
 */
export function serviceNameProblem(
  text: string,
  host: string,
  { services }: Cluster,
  ports = '',
): Problem | undefined {
  const service = serviceOfName(host);
  const isThere =
    service !== undefined && services.some(({ namespace, name }) => service === `svc/${namespace}/${name}`);
  if (!isThere) return undefined;
  return notExpressed(`${quote(text)} is the name of a Service`, `write ${service}${ports}`);
}
