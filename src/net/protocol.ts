/** The transport protocols a NetworkPolicy can name (networking/v1 `NetworkPolicyPort.protocol`). */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** Every protocol a policy can name, in the order used wherever protocols are listed. */
export const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/** An IP family, in the words of the Kubernetes API (`ipFamilies`). */
export type Family = 'IPv4' | 'IPv6';

/** Both families, in the order used wherever families are listed. */
export const families: readonly Family[] = ['IPv4', 'IPv6'];
