// More than any real object has (the API server takes objects of at most about 1.5 MiB), and little enough that one
// tenant's object costs every node only a bounded effort. What exceeds a limit is reported and closed.

/** Rules in one direction of a policy; `policy-size.ts` bounds what they hold together. */
export const mostRules = 2_000;
/** Peers of a rule. */
export const mostPeers = 10_000;
/** Ports of a rule. */
export const mostPorts = 10_000;
/** Excepts of an ipBlock. */
export const mostExcepts = 10_000;
/** Requirements of one kind in a label selector. */
export const mostRequirements = 1_000;
/** Values of a requirement. */
export const mostValues = 10_000;
/**
 * Labels, or annotations, of an object. Beyond what an API server can store: as protobuf a label with a key of three letters
 * and no value takes nine bytes. An object that exceeds it cannot be read, and there is nothing to close in its stead.
 */
export const mostLabels = 200_000;
/** Containers of a pod, and ports of a container. */
export const mostContainers = 10_000;
/** Any other list: owners, addresses, ports of a Service, paths of an Ingress. */
export const mostItems = 10_000;
/** Diagnostics of one object: nobody reads more, and each costs a search for its place. */
export const mostDiagnostics = 100;
