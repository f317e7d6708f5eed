/** Kinds of workloads as kubectl abbreviates them. */
const workloads: Readonly<Record<string, string>> = {
  po: 'Pod',
  pod: 'Pod',
  pods: 'Pod',
  deploy: 'Deployment',
  deployment: 'Deployment',
  deployments: 'Deployment',
  sts: 'StatefulSet',
  statefulset: 'StatefulSet',
  statefulsets: 'StatefulSet',
  ds: 'DaemonSet',
  daemonset: 'DaemonSet',
  daemonsets: 'DaemonSet',
  rs: 'ReplicaSet',
  replicaset: 'ReplicaSet',
  replicasets: 'ReplicaSet',
  rc: 'ReplicationController',
  replicationcontroller: 'ReplicationController',
  replicationcontrollers: 'ReplicationController',
  job: 'Job',
  jobs: 'Job',
  cj: 'CronJob',
  cronjob: 'CronJob',
  cronjobs: 'CronJob',
};

/** Other kinds that people name, with the word that expressions have for them. */
const others: Readonly<Record<string, string>> = {
  svc: 'svc/',
  service: 'svc/',
  services: 'svc/',
  ing: 'ing/',
  ingress: 'ing/',
  ingresses: 'ing/',
  ns: 'ns:',
  namespace: 'ns:',
  namespaces: 'ns:',
};

/** The kind of workload that a word is kubectl's name for. */
export function workloadKindOf(word: string): string | undefined {
  return lookUp(workloads, word);
}

/** What an expression begins with that is about another kind: `svc/` for `service`. */
export function prefixOfKind(word: string): string | undefined {
  return lookUp(others, word);
}

function lookUp(table: Readonly<Record<string, string>>, word: string): string | undefined {
  const key = word.toLowerCase();
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
