import type { Node } from '../model/cluster.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Nft } from '../nft/nft.ts';
import {
  type Compiler,
  type CompilerCounts,
  type CompilerOptions,
  type Counted,
  createCompiler,
  type PodClosure,
} from '../ruleset/compiler.ts';
import type { Clock } from './clock.ts';
import { createClosureReports } from './closure-reports.ts';
import { createCompilerFeed, type CurrentObjects } from './compiler-feed.ts';
import { createDriftWatch, type DriftCause, type DriftState } from './drift.ts';
import { type ListMarks, restockEpochs } from './epoch-restock.ts';
import type { KernelState } from './kernel-state.ts';
import type { Log } from './log.ts';
import { createPolicyProgress, type PolicyProgressEntry } from './policy-progress.ts';
import { createPolicyReports, type ReportedPolicy } from './policy-reports.ts';
import { isUnreadable, type Unreadable } from './stored-objects.ts';
import { failureKind, isKernelInDoubt } from './sync-failure.ts';
import {
  createSyncLoop,
  type SyncFailure,
  type SyncLoop,
  type SyncState,
  type SyncSuccess,
} from './sync-loop.ts';
import { watchedResources, type WatchedResource, type WatchHandlers } from './watches.ts';

/** Carries what the watches bring into the kernel, from the first moment on. */
export interface Enforcement {
  readonly handlers: WatchHandlers;
  /** Works until the signal aborts. Never rejects. The rules stay in the kernel. */
  run(signal: AbortSignal): Promise<void>;
  state(): EnforcementState;
  counts(): CompilerCounts;
  /** What counters in the kernel stand for. */
  counted(): readonly Counted[];
  policies(): readonly PolicyProgressEntry[];
  invalidPolicies(): number;
}

export interface EnforcementState {
  readonly sync: SyncState;
  /** The kernel has had a ruleset made of all stores, by this process. */
  readonly isEnforcing: boolean;
  readonly nodeIsKnown: boolean;
  /** By pod CIDRs or by interfaces. Elsewhere a new pod is open until its rules are in force. */
  readonly closesUnknownPods: boolean;
  readonly drift: DriftState;
  /** Seconds since 1970; absent before the first success. */
  readonly lastSuccess?: number;
  /** What the last failure said, while it lasts. */
  readonly lastError?: string;
}

export interface EnforcementOptions {
  readonly compiler: Omit<CompilerOptions, 'epoch'>;
  readonly kernel: KernelState;
  readonly listMarks: ListMarks;
  readonly nft: Pick<Nft, 'apply' | 'list' | 'monitor'>;
  /** What the watches hold at present. */
  readonly current: Pick<CurrentObjects, 'namespaces' | 'pods' | 'policies'>;
  readonly observer: EnforcementObserver;
  /** Called before a transaction that replaces the table. Never rejects. */
  readonly replacing?: (signal: AbortSignal) => Promise<void>;
  readonly log: Log;
  readonly clock: Clock;
}

export interface EnforcementObserver {
  readonly succeeded: (success: SyncSuccess) => void;
  readonly failed: (kind: string) => void;
  /** The kernel was compared with what it should hold. */
  readonly verified: (result: 'equal' | 'drift' | 'failed', seconds: number) => void;
  /** What others did to the table is undone. */
  readonly repaired: (cause: DriftCause) => void;
  /** A pod got closed although its policies may allow something. */
  readonly closed: (closure: PodClosure) => void;
  readonly diagnosed: (policy: ReportedPolicy, diagnostics: readonly Diagnostic[]) => void;
  readonly notUnderstood: (kind: string) => void;
}

/**
 * Before everything is known, the kernel is left as an earlier run left it; where it has nothing of ours, the addresses
 * that this node gives to pods are closed as soon as they are known. Once all stores are complete, one transaction
 * brings the table to what the policies say.
 */
export function createEnforcement(options: EnforcementOptions): Enforcement {
  const { kernel, observer, log, clock } = options;
  const { epochs } = kernel;
  const unsynced = new Set<WatchedResource>(watchedResources);
  let { hasTable } = kernel;
  let node: Node | undefined;
  let started = false;
  let isEnforcing = false;
  let closing: Compiler | undefined;
  let lastSuccess: number | undefined;
  let lastError: string | undefined;
  const closesByInterface = (options.compiler.podInterfaces ?? []).length > 0;

  const feed = createCompilerFeed({
    create: newCompiler,
    current: { ...options.current, node: () => node },
    rejected(kind, name, error) {
      log.error({ kind, name, err: error }, 'object not understood');
      observer.notUnderstood(kind);
    },
  });
  const progress = createPolicyProgress();
  const reports = createPolicyReports((policy, diagnostics) => {
    const { namespace, name, uid, generation } = policy;
    // A tenant decides how many there are.
    const shown = diagnostics.slice(0, 20);
    log.warn({ namespace, name, uid, generation, diagnostics: shown }, 'policy diagnostics');
    observer.diagnosed(policy, diagnostics);
  });
  const closures = createClosureReports((closure) => {
    const { pod, direction, audit, reason, message } = closure;
    const facts = { pod, direction, reason: message };
    if (reason === 'too-large')
      log.warn(
        facts,
        audit === true
          ? 'audit of pod denies all: its policies are too large'
          : 'pod closed: its policies are too large',
      );
    else log.error(facts, audit === true ? 'audit of pod spoilt by defect' : 'pod closed by defect');
    observer.closed(closure);
  });
  const drift = createDriftWatch({
    nft: options.nft,
    table: options.compiler.table,
    replace: replaceTable,
    ...(options.replacing === undefined ? {} : { replacing: options.replacing }),
    look() {
      loop.look();
    },
    verified: observer.verified,
    log,
    clock,
  });
  const loop: SyncLoop = createSyncLoop({
    apply: (transaction, call) => drift.apply(transaction, call),
    isAsCommitted: (compiler, call) => drift.isAsCommitted(compiler, call),
    readKernel: (call) => drift.readKernel(call),
    kernelInDoubt: isKernelInDoubt,
    clock,
    starting(compiler) {
      if (compiler === feed.compiler()) progress.started();
    },
    succeeded,
    failed,
  });

  if (closesByInterface) closeStart(undefined);

  return {
    handlers: {
      pod(key, pod) {
        if (pod !== undefined && isUnreadable(pod)) notRead('Pod', key, pod, feed.keepPod(key));
        else feed.pod(key, pod);
      },
      namespace(name, namespace) {
        if (namespace !== undefined && isUnreadable(namespace)) {
          notRead('Namespace', name, namespace, feed.keepNamespace(name));
        } else feed.namespace(name, namespace);
      },
      policy(key, stored) {
        feed.policy(key, stored?.policy);
        if (stored === undefined) {
          progress.delete(key);
          reports.delete(key);
          return;
        }
        const { namespace, name, uid, generation } = stored.policy;
        progress.set(stored.policy);
        reports.read({ key, namespace, name, uid, generation }, stored.diagnostics);
      },
      node(next) {
        // A node that is gone from the API while its agent runs keeps its addresses.
        if (next === undefined) return;
        if (isUnreadable(next)) {
          notRead('Node', options.compiler.nodeName, next, node !== undefined);
          return;
        }
        if (next.podCIDRs.join() !== node?.podCIDRs.join()) sayUnclosed(next);
        node = next;
        feed.node(next);
        closeStart(next);
        start();
      },
      changed() {
        if (started) mark();
      },
      synced(resource) {
        log.info({ resource }, 'store synced');
        unsynced.delete(resource);
        if (resource === 'nodes' && node === undefined) {
          log.error({ node: options.compiler.nodeName }, 'node not found');
        }
        start();
      },
    },
    async run(signal) {
      const restock = { mask: options.compiler.ctMarkMask, listMarks: options.listMarks, log, clock };
      await Promise.all([loop.run(signal), drift.run(signal), restockEpochs(epochs, mark, restock, signal)]);
    },
    state: () => ({
      sync: loop.state(),
      isEnforcing,
      nodeIsKnown: node !== undefined,
      closesUnknownPods: closesByInterface || (node?.podCIDRs.length ?? 0) > 0,
      drift: drift.state(),
      ...(lastSuccess === undefined ? {} : { lastSuccess }),
      ...(lastError === undefined ? {} : { lastError }),
    }),
    counts: () => feed.compiler().counts(),
    counted: () => feed.compiler().counted(),
    policies: () => progress.entries(),
    invalidPolicies: () => reports.invalid(),
  };

  /**
   * Fail closed at boot: a compiler that knows the node alone closes every address that a pod may have. By the interfaces of
   * pods it does so before the API server has said a word.
   */
  function closeStart(known: Node | undefined): void {
    if (hasTable || started) return;
    const isNew = closing === undefined;
    closing ??= newCompiler();
    if (known !== undefined) closing.setNode(known);
    if (isNew) loop.use(closing);
    else loop.mark();
  }

  function newCompiler(): Compiler {
    return createCompiler({ ...options.compiler, epoch: epochs.take(), epochs });
  }

  function mark(): void {
    loop.mark();
  }

  /** Nothing tells an unknown pod from anybody else: it is open until its rules are in force. */
  function sayUnclosed({ name, podCIDRs }: Node): void {
    if (podCIDRs.length > 0 || closesByInterface) return;
    log.warn(
      { node: name, reason: 'the node has no podCIDRs', fix: 'give --pod-interfaces' },
      'new pods are open until programmed',
    );
  }

  /** The table is gone. Before everything is known there may be nothing to put in its place but the closed start. */
  function replaceTable(): void {
    if (started || closing !== undefined) {
      loop.replace();
      return;
    }
    hasTable = false;
    if (node !== undefined || closesByInterface) closeStart(node);
  }

  /** Only with everything: a policy that has not come yet would leave its pods open. */
  function start(): void {
    if (started || unsynced.size > 0 || node === undefined) return;
    started = true;
    if (closing === undefined) {
      loop.use(feed.compiler());
      return;
    }
    // The start ruleset marks what it lets through as judged: between addresses that it does not close, for one. Nothing of
    // that may pass for judged by policies: each compiler starts with an epoch of its own.
    loop.use(feed.rebuild());
  }

  function succeeded(success: SyncSuccess): void {
    lastSuccess = clock.epochSeconds();
    lastError = undefined;
    const { mode, operations, narrows, compileDuration, applyDuration } = success;
    const fields = {
      mode,
      operations,
      narrows,
      compileSeconds: compileDuration / 1000,
      applySeconds: applyDuration / 1000,
    };
    if (mode === 'replacement') {
      const repaired = drift.replaced();
      if (repaired !== undefined) {
        const { cause, since } = repaired;
        log.warn({ cause, seconds: (clock.now() - since) / 1000 }, 'drift repaired');
        observer.repaired(cause);
      }
    }
    if (success.compiler === feed.compiler()) progress.applied();
    observer.succeeded(success);
    closures.read(success.compiler.closures());
    if (success.compiler === closing) {
      log.info({ ...fields, podCIDRs: node?.podCIDRs }, 'start ruleset is closed');
    } else if (!isEnforcing && success.compiler === feed.compiler()) {
      isEnforcing = true;
      closing = undefined;
      log.info({ ...fields, ...feed.compiler().counts() }, 'enforcing');
    } else {
      log.debug(fields, 'sync applied');
    }
  }

  function failed({ mode, phase, error, failures, retryAfter, compiler }: SyncFailure): void {
    const kind = failureKind(phase, error);
    lastError = error instanceof Error ? error.message : String(error);
    log.warn({ kind, mode, phase, failures, retrySeconds: retryAfter / 1000, err: error }, 'sync failed');
    observer.failed(kind);
    // A compiler that threw may hold half a change. Rarer with each failure: it costs as much as a start.
    if (phase === 'compile' && compiler === feed.compiler() && isPowerOfTwo(failures)) rebuild();
  }

  function rebuild(): void {
    loop.use(feed.rebuild());
    log.warn({}, 'compiler rebuilt');
  }

  /** `kept`: an earlier state of it stays in force. */
  function notRead(kind: string, name: string, { diagnostics }: Unreadable, kept: boolean): void {
    log.error({ kind, name, kept, diagnostics: diagnostics.slice(0, 20) }, 'object not understood');
    observer.notUnderstood(kind);
  }
}

function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}
