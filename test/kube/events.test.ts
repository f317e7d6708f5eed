import { afterEach, describe, expect, it } from 'vitest';
import { createKubeClient } from '../../src/kube/client.ts';
import { createEventRecorder, type EventRecorder, type ObjectEvent } from '../../src/kube/events.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { recordLog, until, writeKubeconfig } from './harness.ts';
import { type ScriptedServer, startScriptedServer, status } from './scripted-server.ts';

interface Bench {
  readonly server: ScriptedServer;
  readonly clock: FakeClock;
  readonly recorder: EventRecorder;
  readonly stop: () => Promise<void>;
}

const open: Bench[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()));
});

async function bench(instance = 'node-1'): Promise<Bench> {
  const server = await startScriptedServer();
  const client = await createKubeClient({ kubeconfig: writeKubeconfig(server.url) });
  const clock = createFakeClock();
  const options = {
    client,
    controller: 'ringfence.dev/agent',
    instance,
    log: recordLog(),
    clock,
    random: () => 0.5,
  };
  const recorder = createEventRecorder(options);
  const stopper = new AbortController();
  const running = recorder.run(stopper.signal);
  const one = {
    server,
    clock,
    recorder,
    stop: async () => {
      stopper.abort();
      await running;
      client.close();
      await server.close();
    },
  };
  open.push(one);
  return one;
}

function invalid(name: string, note = 'spec.ingress[0]: not understood', namespace = 'team'): ObjectEvent {
  return {
    type: 'Warning',
    reason: 'InvalidPolicy',
    action: 'FailClosed',
    note,
    regarding: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      namespace,
      name,
      uid: 'u-1',
    },
  };
}

const stats = (one: Bench, expected: object) =>
  until(() => {
    expect(one.recorder.stats()).toMatchObject(expected);
  });

interface SentEvent {
  readonly metadata: { readonly name: string };
  readonly note: string;
}

const sent = (one: Bench): readonly SentEvent[] =>
  one.server.seen.map(({ body }) => JSON.parse(body) as SentEvent);

describe('event recorder', () => {
  it('creates an Event as events.k8s.io/v1 validation wants it', async () => {
    const one = await bench();
    one.server.script.push(status(201));
    one.recorder.record(invalid('web'));
    await stats(one, { recorded: 1 });
    expect(one.server.seen[0]).toMatchObject({
      method: 'POST',
      path: '/apis/events.k8s.io/v1/namespaces/team/events',
    });
    expect(sent(one)[0]).toEqual({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) as string, namespace: 'team' },
      eventTime: '2027-01-15T08:00:01.000000Z',
      reportingController: 'ringfence.dev/agent',
      reportingInstance: 'node-1',
      action: 'FailClosed',
      reason: 'InvalidPolicy',
      type: 'Warning',
      note: 'spec.ingress[0]: not understood',
      regarding: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        namespace: 'team',
        name: 'web',
        uid: 'u-1',
      },
    });
  });

  it('puts events about cluster-scoped objects into the default namespace', async () => {
    const one = await bench();
    one.server.script.push(status(201));
    const event = invalid('node-1');
    one.recorder.record({ ...event, regarding: { ...event.regarding, kind: 'Node', namespace: '' } });
    await stats(one, { recorded: 1 });
    expect(one.server.seen[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/default/events');
    expect(sent(one)[0]).not.toHaveProperty('regarding.namespace');
  });

  it('says the same thing again only after an hour', async () => {
    const one = await bench();
    one.server.script.push(status(201), status(201));
    one.recorder.record(invalid('web'));
    one.clock.advance(3_599_000);
    one.recorder.record(invalid('web'));
    await stats(one, { recorded: 1, repeated: 1 });
    one.clock.advance(1000);
    one.recorder.record(invalid('web'));
    await stats(one, { recorded: 2 });
  });

  it('names an event alike on each node, and takes "already exists" for said', async () => {
    const [first, second] = [await bench('node-1'), await bench('node-2')];
    first.server.script.push(status(201));
    second.server.script.push(status(409, 'AlreadyExists'));
    first.recorder.record(invalid('web'));
    second.recorder.record(invalid('web'));
    await stats(first, { recorded: 1 });
    await stats(second, { repeated: 1, failed: 0 });
    expect(sent(first)[0]?.metadata).toEqual(sent(second)[0]?.metadata);
  });

  it('lets a burst through, then one each five seconds', async () => {
    const one = await bench();
    one.server.script.push(...Array.from({ length: 40 }, () => status(201)));
    const namespaced = (i: number) => invalid(`web-${i}`, undefined, `team-${i % 7}`);
    for (let i = 0; i < 30; i += 1) one.recorder.record(namespaced(i));
    await stats(one, { recorded: 25, dropped: 5 });
    one.clock.advance(11_000);
    for (let i = 30; i < 35; i += 1) one.recorder.record(namespaced(i));
    await stats(one, { recorded: 27, dropped: 8 });
  });

  it('leaves room for other namespaces beside one with many broken objects', async () => {
    const one = await bench();
    one.server.script.push(...Array.from({ length: 40 }, () => status(201)));
    for (let i = 0; i < 1000; i += 1) one.recorder.record(invalid(`web-${i}`, undefined, 'evil'));
    one.recorder.record(invalid('db', undefined, 'shop'));
    await stats(one, { recorded: 11, dropped: 990 });
    expect(sent(one).at(-1)?.metadata).toMatchObject({ namespace: 'shop' });
    one.clock.advance(21_000);
    for (let i = 1000; i < 2000; i += 1) one.recorder.record(invalid(`web-${i}`, undefined, 'evil'));
    one.recorder.record(invalid('web', undefined, 'shop'));
    await stats(one, { recorded: 13 });
  });

  it('tries again what may pass, and gives up what will not', async () => {
    const one = await bench();
    one.server.script.push(
      status(429, 'TooManyRequests', { 'Retry-After': '3' }),
      status(201),
      status(403, 'Forbidden'),
    );
    one.recorder.record(invalid('web'));
    await until(() => {
      expect(one.clock.untilNext()).toBe(3400);
    });
    one.clock.advance(3400);
    await stats(one, { recorded: 1, failed: 0 });
    one.recorder.record(invalid('other'));
    await stats(one, { recorded: 1, failed: 1 });
    expect(one.server.seen).toHaveLength(3);
  });

  it('cuts a note to 1024 bytes between characters', async () => {
    const one = await bench();
    one.server.script.push(status(201));
    one.recorder.record(invalid('web', `a${'é'.repeat(600)}`));
    await stats(one, { recorded: 1 });
    expect(sent(one)[0]?.note).toBe(`a${'é'.repeat(511)}`);
  });
});
