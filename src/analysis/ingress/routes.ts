import type { Ingress, IngressMatch } from '../../model/cluster.ts';

/** Where an Ingress sends the requests that it matches. */
export interface Route extends IngressMatch {
  readonly ingress: Ingress;
  readonly to:
    | { readonly kind: 'service'; readonly service: string; readonly port: number | string }
    | { readonly kind: 'resource'; readonly resource: string };
}

/** Every route of one Ingress, its default backend first. */
export function routesOf(ingress: Ingress): readonly Route[] {
  const { backends, resources = [] } = ingress;
  return [
    ...backends.map(({ service, port, ...match }) => ({
      ...match,
      ingress,
      to: { kind: 'service' as const, service, port },
    })),
    ...resources.map(({ resource, ...match }) => ({
      ...match,
      ingress,
      to: { kind: 'resource' as const, resource },
    })),
  ];
}

/** Whether some rule names the host, itself or by a wildcard. */
export function isIngressHost(ingresses: readonly Ingress[], host: string): boolean {
  return ingresses.some((ingress) => routesOf(ingress).some((route) => specificity(route, host) > 1));
}

/**
 * The routes that requests to a host take; with a path the one, or those that tie. Ingresses of one class share their hosts,
 * as one controller merges them. networking/v1 `IngressRule` and `HTTPIngressPath`: a host that is named beats a wildcard,
 * and that a rule without host; then the longest matching path, and of equal ones the exact; then the default backend.
 */
export function routesTo(ingresses: readonly Ingress[], host: string, path?: string): readonly Route[] {
  const byClass = Map.groupBy(ingresses, ({ ingressClassName }) => ingressClassName);
  const answers = [...byClass.values()].map((alike) => routesInClass(alike.flatMap(routesOf), host, path));
  const best = Math.max(0, ...answers.map((answer) => answer.specificity));
  return answers.filter((answer) => answer.specificity === best).flatMap(({ routes }) => routes);
}

function routesInClass(
  all: readonly Route[],
  host: string,
  path: string | undefined,
): { readonly specificity: number; readonly routes: readonly Route[] } {
  const rules = all.filter(({ pathType }) => pathType !== undefined);
  const best = Math.max(0, ...rules.map((route) => specificity(route, host)));
  const own = best === 0 ? [] : rules.filter((route) => specificity(route, host) === best);
  const defaults = defaultsFor(all, own);
  if (path === undefined) {
    const takesAll = own.some((route) => route.pathType !== 'Exact' && trimmed(route) === '');
    return { specificity: best, routes: takesAll ? own : [...own, ...defaults] };
  }
  const matching = own.filter((route) => matchesPath(route, path));
  const length = Math.max(0, ...matching.map((route) => route.path.length));
  const longest = matching.filter((route) => route.path.length === length);
  const exact = longest.filter(({ pathType }) => pathType === 'Exact');
  const chosen = exact.length > 0 ? exact : longest;
  return { specificity: best, routes: chosen.length > 0 ? chosen : defaults };
}

/** How closely a rule speaks of the host: 3 by name, 2 by a wildcard, 1 as of every host, 0 not at all. */
function specificity({ host: written, pathType }: Route, host: string): number {
  if (pathType === undefined) return 0;
  const own = written.toLowerCase();
  if (own === '') return 1;
  if (own === host) return 3;
  // The wildcard stands for just one label.
  return own.startsWith('*.') && host.slice(host.indexOf('.')) === own.slice(1) ? 2 : 0;
}

/** The default backends of those Ingresses whose rules are asked, else of those that have no rules. */
function defaultsFor(all: readonly Route[], own: readonly Route[]): readonly Route[] {
  const isDefault = ({ pathType }: Route): boolean => pathType === undefined;
  const asked = new Set(own.map(({ ingress }) => ingress));
  const theirs = all.filter((route) => isDefault(route) && asked.has(route.ingress));
  if (theirs.length > 0) return theirs;
  const withRules = new Set(all.filter((route) => !isDefault(route)).map(({ ingress }) => ingress));
  return all.filter((route) => isDefault(route) && !withRules.has(route.ingress));
}

/** A path without pathType is what the controller makes of it: nearly all take it for a prefix. */
function matchesPath(route: Route, path: string): boolean {
  if (route.pathType === 'Exact') return path === route.path;
  const prefix = trimmed(route);
  return path === prefix || path.startsWith(`${prefix}/`) || prefix === '';
}

/** The elements of a path: a slash at its end says nothing, nor does the star that some controllers write there. */
function trimmed({ path, pathType }: Route): string {
  return path.replace(pathType === 'ImplementationSpecific' ? /\/?\*?$/ : /\/$/, '');
}
