import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { kubeconfigFor } from '../api-server/kubeconfig.ts';
import { refused, spawnInLab } from '../network/enter.ts';
import { openSocketTable } from './peer-user.ts';
import type { SessionStatus } from './control-calls.ts';
import type { FromHolder, SessionPlan, ToHolder } from './holder-messages.ts';
import { isGone } from './process-record.ts';
import { claimSession, removeSession, type SessionPaths, setOwner } from './session-folder.ts';

export interface SessionRequest extends Omit<SessionPlan, 'apiServer' | 'user'> {
  /** The command that runs `holdLab`. */
  readonly holder: readonly string[];
}

export interface StartedSession {
  readonly paths: SessionPaths;
  readonly status: SessionStatus;
}

/**
 * Starts a lab that stays up when this process ends, and resolves once its agents enforce. Until then the lab ends with
 * this process, or with the signal.
 *
 * @param root see `sessionRoot`
 * @throws Error with code `LAB_RUNS`, `LAB_FOLDER_UNSAFE`, `LAB_REFUSED`, `LAB_FAILED`, or the code with which the lab
 * itself failed
 */
export async function startSession(
  root: string,
  request: SessionRequest,
  signal: AbortSignal,
): Promise<StartedSession> {
  const paths = await claimSession(root, request.name);
  try {
    return { paths, status: await startHolder(root, paths, request, signal) };
  } catch (error) {
    // Renamed away first, so that a lab that would still be there could not be taken for this one.
    await removeSession(root, request.name);
    throw error;
  }
}

async function startHolder(
  root: string,
  paths: SessionPaths,
  { holder, ...request }: SessionRequest,
  signal: AbortSignal,
): Promise<SessionStatus> {
  const listener = await listenOnLoopback();
  const apiServer = `http://127.0.0.1:${String((listener.address() as AddressInfo).port)}`;
  await writeFile(paths.kubeconfig, kubeconfigFor(apiServer), { mode: 0o600 });
  const log = await open(paths.log, 'a', 0o600);
  const folder = await open(root, 'r');
  const table = await openSocketTable();
  const child = spawnInLab(
    holder,
    { detached: true, stdio: ['ignore', log.fd, log.fd, 'ipc', folder.fd, table.fd] },
    'own',
  );
  const conversation = converse(child, paths, signal);
  try {
    await handOver(paths, child);
    await conversation.next('entered');
    await tell(
      child,
      { kind: 'start', plan: { ...request, apiServer, user: process.geteuid?.() ?? 0 } },
      listener,
    );
    const { status } = await conversation.next('ready');
    await tell(child, { kind: 'release' });
    child.disconnect();
    child.unref();
    return status;
  } catch (error) {
    await end(child);
    throw error;
  } finally {
    conversation.stop();
    listener.close();
    await log.close();
    await folder.close();
    await table.close();
  }
}

/** From now on the lab hangs on the child. One that is gone already says why by its exit status. */
async function handOver(paths: SessionPaths, { pid }: ChildProcess): Promise<void> {
  if (pid === undefined) return;
  try {
    await setOwner(paths, pid);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

async function listenOnLoopback(): Promise<Server> {
  const listener = createServer();
  // Whoever comes before the lab is ready waits in the queue for the holder; none is for this process.
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return listener;
}

interface Conversation {
  /** The next message, which must be of that kind. Rejects when the lab fails or ends, and with the signal's reason. */
  next<Kind extends FromHolder['kind']>(kind: Kind): Promise<Extract<FromHolder, { readonly kind: Kind }>>;
  stop(): void;
}

function converse(child: ChildProcess, paths: SessionPaths, signal: AbortSignal): Conversation {
  const heard: FromHolder[] = [];
  let entered = false;
  const over = new AbortController();
  child.on('message', (message: FromHolder) => {
    entered = true;
    heard.push(message);
    child.emit(spoken);
  });
  child.once('error', (cause) => {
    const error = new Error('cannot start unshare (util-linux)', { cause });
    over.abort(Object.assign(error, { code: 'LAB_REFUSED' }));
  });
  child.once('exit', (status, killedBy) => {
    over.abort(
      entered ? failed(`it ended: ${killedBy ?? `exit status ${String(status)}`}`) : refused(status ?? 128),
    );
  });
  const ended = AbortSignal.any([over.signal, signal]);
  return {
    async next<Kind extends FromHolder['kind']>(kind: Kind) {
      while (heard.length === 0) {
        if (signal.aborted) throw signal.reason;
        if (over.signal.aborted) throw await withLog(over.signal.reason as Error, paths.log);
        await once(child, spoken, { signal: ended }).catch(() => undefined);
      }
      const message = heard.shift();
      if (message?.kind === 'failed') throw failed(message.message, message.code);
      if (message?.kind !== kind) throw failed(`it said "${message?.kind ?? ''}" in place of "${kind}"`);
      return message as Extract<FromHolder, { readonly kind: Kind }>;
    },
    stop() {
      child.removeAllListeners();
    },
  };
}

/** Emitted when a message stands in the queue. */
const spoken = Symbol('spoken');

function tell(child: ChildProcess, message: ToHolder, handle?: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    child.send(message, handle, undefined, (error) => {
      if (error === null) resolve();
      else reject(failed('it hears nothing', undefined, error));
    });
  });
}

/** The holder ends when nobody talks to it any more; one that does not is killed, and with it its namespaces. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  if (child.connected) child.disconnect();
  const late = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exit;
  clearTimeout(late);
}

/** The error with the end of the lab's log, where unshare and the lab have said more. */
async function withLog(error: Error, log: string): Promise<Error> {
  const text = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-20).join('\n');
  if (text !== '') error.message += `\n${text}`;
  return error;
}

function failed(message: string, code = 'LAB_FAILED', cause?: unknown): Error {
  return Object.assign(new Error(`the lab did not come up: ${message}`, { cause }), { code });
}
