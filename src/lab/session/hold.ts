import { rm, rename } from 'node:fs/promises';
import { Server, type Socket } from 'node:net';
import { createKubeClient } from '../../kube/client.ts';
import { startLab } from '../lab.ts';
import { insideLab } from '../network/enter.ts';
import { failureOf, serveControl } from './control-server.ts';
import { forwardToApi } from './forward-api.ts';
import {
  type FromHolder,
  type SessionPlan,
  sessionRootFd,
  socketTableFd,
  type ToHolder,
} from './holder-messages.ts';
import { startKubelet } from './kubelet.ts';
import { hostNamed } from './probe-questions.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { answerProbe } from './answer-probe.ts';
import { userOfPeer } from './peer-user.ts';
import { sessionStatus } from './session-status.ts';

/**
 * Holds a lab until it is told to go: the root process of its namespaces, started by `startSession`. Resolves when there is
 * nothing left to do but to exit; with this process everything in the lab ends.
 */
export async function holdLab(signal: AbortSignal): Promise<void> {
  if (!insideLab() || process.send === undefined)
    throw new Error('this command is for "ringfence lab up" to start');
  dieWithCaller();
  const started = nextStart();
  say({ kind: 'entered' });
  const { plan, listener } = await started;
  const ended = Promise.withResolvers<undefined>();
  signal.addEventListener('abort', () => {
    ended.resolve(undefined);
  });
  try {
    await openLab(plan, listener, () => {
      ended.resolve(undefined);
    });
  } catch (error) {
    const { code, message } = failureOf(error);
    console.error(error);
    await told({ kind: 'failed', code, message });
    throw error;
  }
  await ended.promise;
  await leave(plan.name);
}

/** Builds the lab, opens its doors, and says that it is ready. */
async function openLab(plan: SessionPlan, listener: Server, end: () => void): Promise<void> {
  const lab = await startLab(plan.cluster, {
    ...plan.options,
    onLog: (node, line) => {
      console.log(`${node}: ${line}`);
    },
  });
  const exclusively = oneAtATime();
  const client = await createKubeClient({ kubeconfig: lab.kubeconfig });
  const kubelet = await startKubelet(lab, client, exclusively);
  const settled = async (): Promise<void> => {
    await kubelet.settled();
    await lab.settled();
  };
  await settled();
  forwardToApi(listener, lab.api.url, (client) => isCallersOwn(client, plan.user));
  await serveControl(`${sessionFolder(plan.name)}/control.sock`, {
    status: () => sessionStatus(lab, plan),
    probe: (ask) => answerProbe(lab, ask, plan.compiler, settled, exclusively),
    place: async ({ host: written }) => {
      await settled();
      const { name, kind } = hostNamed(lab.network, written);
      const argv = lab.network.execIn(name, []);
      return { argv, ...(kind === 'node' ? { kubeconfig: lab.kubeconfig } : {}) };
    },
    down: () => {
      // The answer leaves first.
      setImmediate(end);
      return Promise.resolve({});
    },
  });
  say({ kind: 'ready', status: await sessionStatus(lab, plan) });
}

/** The API server lets everybody do everything; so only its owner, and root, may reach it from the host. */
async function isCallersOwn(client: Socket, owner: number): Promise<boolean> {
  const user = await userOfPeer(socketTableFd, client);
  if (user === owner || user === 0) return true;
  console.error(`a connection of user ${user === undefined ? 'unknown' : String(user)} was refused`);
  return false;
}

/** Until the caller lets go, its end is ours: nobody would know of the lab. */
function dieWithCaller(): void {
  const state = { released: false };
  process.on('message', (message: ToHolder) => {
    if (message.kind === 'release') state.released = true;
  });
  const endUnlessReleased = (): void => {
    if (!state.released) process.exit(129);
  };
  process.on('disconnect', endUnlessReleased);
  // It may have gone before there was anybody to hear of it.
  if (!process.connected) endUnlessReleased();
}

function nextStart(): Promise<{ readonly plan: SessionPlan; readonly listener: Server }> {
  return new Promise((resolve) => {
    process.on('message', (message: ToHolder, handle) => {
      if (message.kind === 'start' && handle instanceof Server) {
        resolve({ plan: message.plan, listener: handle });
      }
    });
  });
}

function say(message: FromHolder): void {
  process.send?.(message);
}

function told(message: FromHolder): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, () => {
      resolve();
    });
  });
}

/** In one step out of the way of the next lab of the name, then away. */
async function leave(name: string): Promise<void> {
  const grave = `${sessionFolder(`.old-${name}`)}.${String(Date.now())}`;
  await rename(sessionFolder(name), grave);
  await rm(grave, { recursive: true, force: true });
}

function sessionFolder(name: string): string {
  return `/proc/self/fd/${String(sessionRootFd)}/${name}`;
}
