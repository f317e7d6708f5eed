import type { IncomingHttpHeaders } from 'node:http';

/** What went wrong between us and the API server. Stable. */
export type KubeErrorCode =
  /** No usable kubeconfig, context or credentials. */
  | 'kubeconfig-invalid'
  /** No connection, or the connection broke. */
  | 'unreachable'
  /** Connected, but nothing came for too long. */
  | 'stalled'
  /** The stream ended before everything that was asked for had come. */
  | 'ended-early'
  /** The API server answered with an error status; `status` says which. */
  | 'rejected'
  /** 410: the resource version or the continue token is no longer kept. */
  | 'expired'
  /** The resource version lies in this server's future: it lags, or etcd was restored from a backup. */
  | 'version-too-large'
  /** Something that is not what the API promises. */
  | 'malformed'
  /** More than this client is willing to hold at once. */
  | 'too-large'
  /** The caller's projection threw. */
  | 'unreadable-object'
  /** A safety check did not find the store right: it differs, or the list of its moment was not given or is no longer kept. */
  | 'out-of-step';

export interface KubeErrorFacts {
  readonly cause?: unknown;
  /** HTTP status, or the code of the Status object in an ERROR event. */
  readonly status?: number;
  /** The `reason` of the Status object, such as `Forbidden`. */
  readonly reason?: string;
  /** Milliseconds that the server asked us to wait. */
  readonly retryAfter?: number;
}

/** A failed exchange with the API server. */
export class KubeError extends Error {
  readonly code: KubeErrorCode;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: KubeErrorCode, message: string, facts: KubeErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'KubeError';
    this.code = code;
    this.status = facts.status;
    this.reason = facts.reason;
    this.retryAfter = facts.retryAfter;
  }
}

/**
 * The error that a Status object stands for (`k8s.io/apimachinery` meta/v1 `Status`): the body of an error response, or the
 * object of an ERROR event. `status` is the HTTP status where there is one. Anything else than a Status is tolerated, since
 * proxies answer in HTML.
 */
export function statusError(
  body: unknown,
  status?: number,
  headers: IncomingHttpHeaders = {},
  now = 0,
): KubeError {
  const said = isRecord(body) ? body : {};
  const details = isRecord(said['details']) ? said['details'] : {};
  const code = status ?? (typeof said['code'] === 'number' ? said['code'] : 0);
  const reason = typeof said['reason'] === 'string' ? said['reason'] : '';
  const message = typeof said['message'] === 'string' ? said['message'].slice(0, 500) : '';
  const retryAfter = retryAfterHeader(headers['retry-after'], now) ?? seconds(details['retryAfterSeconds']);
  return new KubeError(
    kindOf(code, reason, message, details),
    `API server: ${[code === 0 ? '' : String(code), reason, message].filter(Boolean).join(' ')}`,
    {
      status: code,
      ...(reason === '' ? {} : { reason }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    },
  );
}

function kindOf(
  code: number,
  reason: string,
  message: string,
  details: Readonly<Record<string, unknown>>,
): KubeErrorCode {
  if (code === 410 || reason === 'Expired' || reason === 'Gone') return 'expired';
  const causes = Array.isArray(details['causes']) ? (details['causes'] as readonly unknown[]) : [];
  // Servers before 1.18 name no cause; client-go compares the message too.
  const tooLarge =
    causes.some((cause) => isRecord(cause) && cause['reason'] === 'ResourceVersionTooLarge') ||
    message.includes('Too large resource version');
  return tooLarge ? 'version-too-large' : 'rejected';
}

/** RFC 9110: seconds, or a date. Milliseconds, or `undefined` when missing or unreadable. */
function retryAfterHeader(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function seconds(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value * 1000 : undefined;
}

/** Whether the value is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
