import type { ProcessResult } from './exec.ts';

/** Why a call of nft failed. The list is closed: whoever handles an error switches over it. */
export type NftErrorCode =
  /** There is no nft at the path, or it cannot be started. */
  | 'NFT_MISSING_BINARY'
  /** Older than `minimumVersion`. */
  | 'NFT_TOO_OLD'
  /** Built without JSON. */
  | 'NFT_NO_JSON'
  /** The process lacks CAP_NET_ADMIN in its network namespace. */
  | 'NFT_NO_PERMISSION'
  /** nft itself refused the text or the JSON; the kernel was not asked. */
  | 'NFT_SYNTAX'
  /** ENOENT: a table, chain, set or element that is named does not exist. */
  | 'NFT_NOT_FOUND'
  /** EEXIST: the name or the element is there with other content, or an interval overlaps one that is there. */
  | 'NFT_EXISTS'
  /** EBUSY: something still refers to what should be deleted. */
  | 'NFT_BUSY'
  /** The kernel said no for any other reason: a loop of jumps, a missing kernel feature, a changed declaration. */
  | 'NFT_REFUSED'
  | 'NFT_OUT_OF_MEMORY'
  /** Killed after the time allowed. */
  | 'NFT_TIMEOUT'
  /** Ended by a signal that this process did not send: a crash of nft, the OOM killer, a person. */
  | 'NFT_KILLED'
  /** The caller's AbortSignal. */
  | 'NFT_ABORTED'
  /** More output than `maxBuffer`. */
  | 'NFT_OUTPUT_TOO_LARGE'
  /** Success, but the output is not what this version of Ringfence can read. */
  | 'NFT_UNREADABLE_OUTPUT';

/** Where in a transaction the kernel or nft found the fault. */
export interface FaultLocation {
  /** From 1, in the text form of the transaction. */
  readonly line: number;
  readonly column: number;
  /** The line of the text form. */
  readonly command: string;
  /** The object that the command is about, as `set web-peers` or `rule of chain web-ingress (allow dns)`. */
  readonly object: string;
}

export interface NftErrorFacts {
  /** `unchanged`: the kernel holds what it held before. `unknown`: read back before the next step. */
  readonly outcome: 'unchanged' | 'unknown';
  /** What nft wrote, cut to some kilobytes. */
  readonly stderr?: string | undefined;
  readonly location?: FaultLocation | undefined;
  readonly signal?: string | undefined;
  readonly cause?: unknown;
}

/** A call of nft that did not do what it should. */
export class NftError extends Error {
  override readonly name = 'NftError';
  readonly code: NftErrorCode;
  readonly outcome: 'unchanged' | 'unknown';
  readonly stderr: string;
  readonly location: FaultLocation | undefined;
  /** The signal that ended nft, for NFT_KILLED, NFT_TIMEOUT and NFT_ABORTED. */
  readonly signal: string | undefined;

  constructor(code: NftErrorCode, message: string, facts: NftErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.outcome = facts.outcome;
    this.stderr = (facts.stderr ?? '').slice(0, 4096);
    this.location = facts.location;
    this.signal = facts.signal;
  }
}

/** Whether the value is an NftError, with this code where one is given. */
export function isNftError(value: unknown, code?: NftErrorCode): value is NftError {
  return value instanceof NftError && (code === undefined || value.code === code);
}

/**
 * The error that a result of nft stands for; `undefined` for success.
 * `writes` says whether the call could have changed the kernel: then an end in the middle leaves the outcome unknown.
 */
export function errorOf(result: ProcessResult, writes: boolean): NftError | undefined {
  const { stderr, signal } = result;
  const interrupted = { outcome: writes ? 'unknown' : 'unchanged', stderr, signal } as const;
  switch (result.end) {
    case 'not-started':
      return new NftError(
        'NFT_MISSING_BINARY',
        `nft cannot be started: ${result.reason ?? 'unknown reason'}`,
        {
          outcome: 'unchanged',
          cause: result.cause,
        },
      );
    case 'not-tried':
      return new NftError('NFT_ABORTED', 'aborted before nft was started', {
        outcome: 'unchanged',
        cause: result.cause,
      });
    case 'aborted':
      return new NftError('NFT_ABORTED', 'nft was aborted; the outcome is unknown', {
        ...interrupted,
        cause: result.cause,
      });
    case 'timeout':
      return new NftError('NFT_TIMEOUT', `nft did not end in ${String(result.milliseconds)} ms`, interrupted);
    case 'output-too-large':
      return new NftError('NFT_OUTPUT_TOO_LARGE', 'nft wrote more output than allowed', interrupted);
    case 'signal':
      return new NftError('NFT_KILLED', `nft was ended by ${signal ?? 'a signal'}`, interrupted);
    case 'exit':
      if (result.exitCode === 0) return undefined;
      return new NftError(codeOf(stderr), firstError(stderr, result.exitCode), {
        outcome: 'unchanged',
        stderr,
      });
  }
}

/** The text of a transaction. What a renderer refuses was never given to nft. Throws NFT_SYNTAX. */
export function inputText(render: () => string): string {
  try {
    return render();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NftError('NFT_SYNTAX', `the transaction cannot be written down: ${why}`, {
      outcome: 'unchanged',
      cause,
    });
  }
}

// nft never calls setlocale, and LC_ALL is C besides: the texts of strerror are stable.
const kernelTexts: readonly (readonly [RegExp, NftErrorCode])[] = [
  [/JSON support not compiled-in/i, 'NFT_NO_JSON'],
  [/Operation not permitted|you must be root|Permission denied/, 'NFT_NO_PERMISSION'],
  [/Cannot allocate memory|Out of memory|Memory allocation failure/i, 'NFT_OUT_OF_MEMORY'],
  [/Device or resource busy/, 'NFT_BUSY'],
  [/File exists|interval overlaps with an existing one|conflicting intervals specified/, 'NFT_EXISTS'],
  [/No such file or directory|element does not exist|does not exist/, 'NFT_NOT_FOUND'],
  [/Could not process rule|netlink: Error|different declaration/, 'NFT_REFUSED'],
];

/** Only the first error counts: nft reports consequences of it as further errors. */
function codeOf(stderr: string): NftErrorCode {
  const first = errorLines(stderr)[0];
  // Some failures come without an error line, or with one that says less than the line before it.
  const text = first === undefined || /Operation not permitted/.test(stderr) ? stderr : first;
  const code = kernelTexts.find(([pattern]) => pattern.test(text))?.[1];
  if (first !== undefined) return code ?? 'NFT_SYNTAX';
  // Not nft speaking: a library that is missing, or the program that should have started nft.
  return code === 'NFT_NO_PERMISSION' || code === 'NFT_OUT_OF_MEMORY' || code === 'NFT_NO_JSON'
    ? code
    : 'NFT_MISSING_BINARY';
}

function firstError(stderr: string, exitCode: number | undefined): string {
  const line = errorLines(stderr)[0] ?? stderr.split('\n').find((each) => each.trim() !== '');
  return line === undefined
    ? `nft ended with ${String(exitCode)} and said nothing`
    : line.replace(/^\S+?:\d+:\d+-\d+: /, '').replace(/^Error: /, 'nft: ');
}

function errorLines(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => /\bError: /.test(line));
}
