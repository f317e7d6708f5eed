import type { Pod } from '../../model/pod.ts';
import { type ApiObject, type JsonObject, objectAt, objectsAt, stringAt } from '../api-server/json.ts';

/** The pod as its kubelet shows it once all of its containers run. */
export function runningPod(object: ApiObject, { nodeName, addresses }: Pod): ApiObject {
  const startedAt = stringAt(object, 'metadata', 'creationTimestamp');
  const ready = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'];
  return {
    ...object,
    spec: { ...objectAt(object, 'spec'), nodeName },
    status: {
      phase: 'Running',
      ...(addresses[0] === undefined ? {} : { podIP: addresses[0] }),
      podIPs: addresses.map((ip) => ({ ip })),
      startTime: startedAt,
      conditions: ready.map((type) => ({ type, status: 'True', lastTransitionTime: startedAt })),
      containerStatuses: objectsAt(object, 'spec', 'containers').map((container) => ({
        name: stringAt(container, 'name'),
        image: stringAt(container, 'image'),
        imageID: '',
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt } },
      })),
    },
  };
}

/** The pod as the scheduler shows it while there is no place for it. */
export function pendingPod(object: ApiObject, message: string): ApiObject {
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
  return { ...object, status: { ...objectAt(object, 'status'), phase: 'Pending', conditions: [condition] } };
}

export function readyNode(object: ApiObject): ApiObject {
  const heartbeat = stringAt(object, 'metadata', 'creationTimestamp');
  const condition: JsonObject = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: 'a network namespace of the lab',
    lastHeartbeatTime: heartbeat,
    lastTransitionTime: heartbeat,
  };
  return { ...object, status: { ...objectAt(object, 'status'), conditions: [condition] } };
}
