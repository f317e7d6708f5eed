import type { HostFinding } from '../nft/requirements.ts';

/** Why the agent cannot work as it was started. Stable; `ringfence agent` ends with exit code 2 on each of them. */
export type AgentErrorCode = 'config-invalid' | 'kubeconfig-invalid' | 'listen-failed' | HostFinding['code'];

/** A start that cannot succeed without a person. The message says what to do. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'AgentError';
    this.code = code;
  }
}
