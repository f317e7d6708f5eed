import type { Answer, LegAnswer } from '../../analysis/question/answer.ts';
import type { ServiceHop } from '../../analysis/question/service-hops.ts';
import type { Somebody } from '../../analysis/ends/place.ts';
import type {
  Explanation,
  PolicyReference,
  RuleReference,
  SideExplanation,
} from '../../analysis/explain/explanation.ts';
import { missText, somebodyText } from '../../analysis/explain/text.ts';
import type { Route } from '../../analysis/ingress/routes.ts';
import { podKey } from '../../model/pod.ts';
import { jsonText } from './json-text.ts';
import { apiVersion, trafficJson } from './traffic-json.ts';

/** What was asked, as written, and the notes on the answer. */
export interface Asked {
  readonly from: string;
  readonly to: string;
  readonly notes: readonly string[];
}

/** An answer as a JSON document of kind Explanation. */
export function explanationJson({ from, to, notes }: Asked, { verdict, legs }: Answer): string {
  const document = { apiVersion, kind: 'Explanation', from, to, verdict, legs: legs.map(legJson), notes };
  return jsonText(document);
}

function legJson({ leg, verdict, explanations, more, unknown }: LegAnswer): object {
  return {
    kind: leg.kind,
    verdict,
    ...(leg.routes.length === 0 ? {} : { routes: leg.routes.map(routeJson) }),
    ...(leg.hops.length === 0 ? {} : { services: leg.hops.map(hopJson) }),
    ...(leg.deadEnd === undefined ? {} : { reason: leg.deadEnd.message }),
    ...(unknown === undefined ? {} : { reason: unknown }),
    connections: explanations.map(explainedJson),
    more,
  };
}

function routeJson({ ingress, host, path, pathType, to }: Route): object {
  return {
    ingress: `${ingress.namespace}/${ingress.name}`,
    host,
    path,
    ...(pathType === undefined ? {} : { pathType }),
    backend: to.kind === 'service' ? { service: to.service, port: to.port } : { resource: to.resource },
  };
}

function hopJson({ service, port, targets }: ServiceHop): object {
  return {
    service: `${service.namespace}/${service.name}`,
    ...(port === undefined ? {} : { port: port.port, protocol: port.protocol }),
    targets: targets.map(({ number, pods }) => ({ port: number, pods: pods.map(podKey) })),
  };
}

/** One connection, and what both sides say of it. */
export function explainedJson({ from, to, asked, passes, family, egress, ingress }: Explanation) {
  return {
    from: endJson(from),
    to: endJson(to),
    ...(family === undefined ? {} : { family }),
    asked: trafficJson(asked),
    allowed: trafficJson(passes),
    egress: sideJson(egress),
    ingress: sideJson(ingress),
  };
}

function endJson(end: Somebody): object {
  switch (end.kind) {
    case 'pod':
      return { kind: 'Pod', namespace: end.pod.namespace, name: end.pod.name, text: somebodyText(end) };
    case 'node':
      return { kind: 'Node', name: end.node, address: end.address };
    case 'address':
      return { kind: 'Address', address: end.address };
    case 'possible': {
      const { namespace, exists, namespaceLabels, labels } = end.pod;
      const where = exists ? { namespace } : { namespaceLabels };
      return { kind: 'PodToCome', ...where, labels, text: somebodyText(end) };
    }
  }
}

function sideJson({ basis, passes, isolatedBy, allowedBy, nearMisses, audit }: SideExplanation): object {
  return {
    basis,
    allowed: trafficJson(passes),
    isolatedBy: isolatedBy.map(policyJson),
    allowedBy: allowedBy.map((rule) => ({ ...ruleJson(rule), allows: trafficJson(rule.traffic) })),
    nearMisses: nearMisses.map((miss) => ({ ...ruleJson(miss), why: missText(miss) })),
    ...(audit === undefined
      ? {}
      : { audit: { wouldDeny: trafficJson(audit.denies), by: audit.by.map(policyJson) } }),
  };
}

function policyJson({ policy, source }: PolicyReference): object {
  return { policy, ...(source === undefined ? {} : { file: source.file, line: source.line }) };
}

function ruleJson(rule: RuleReference): object {
  return { ...policyJson(rule), rule: `${rule.direction}[${String(rule.rule)}]` };
}
