import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import type { ControlCall, ControlCalls, ControlFailure } from './control-calls.ts';

/**
 * Asks a lab that stays up.
 *
 * @throws Error with the lab's own code and hint where the call fails, with the code of the socket (`ECONNREFUSED`,
 * `ENOENT`) where nobody listens, and the signal's reason.
 */
export async function callControl<Call extends ControlCall>(
  socket: string,
  call: Call,
  ask: ControlCalls[Call]['ask'],
  signal: AbortSignal,
): Promise<ControlCalls[Call]['answer']> {
  const { status, body } = await post(socket, `/${call}`, JSON.stringify(ask), signal);
  if (status === 200) return body as ControlCalls[Call]['answer'];
  const { message, code, hint } = body as ControlFailure;
  throw Object.assign(new Error(message), { code, hint });
}

function post(
  socketPath: string,
  path: string,
  text: string,
  signal: AbortSignal,
): Promise<{ readonly status: number | undefined; readonly body: unknown }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, method: 'POST', signal, agent: false }, (response) => {
      json(response).then((body) => {
        resolve({ status: response.statusCode, body });
      }, reject);
    });
    outgoing.once('error', reject);
    outgoing.end(text);
  });
}
