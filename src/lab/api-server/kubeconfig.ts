import { stringify } from 'yaml';

export interface KubeconfigOptions {
  /** PEM text of the certificate that signs the server's. */
  readonly certificateAuthority?: string;
  /** The context's namespace. */
  readonly namespace?: string;
}

/**
 * A kubeconfig for the embedded API server as YAML. Note that kubectl and client-go send a token only over TLS.
 */
export function kubeconfigFor(url: string, token?: string, options: KubeconfigOptions = {}): string {
  const name = 'ringfence-lab';
  const authority = options.certificateAuthority;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: {
          server: url,
          ...(authority === undefined
            ? {}
            : { 'certificate-authority-data': Buffer.from(authority).toString('base64') }),
        },
      },
    ],
    users: [{ name, user: token === undefined ? {} : { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: options.namespace ?? 'default' } }],
    'current-context': name,
  });
}
