import type { Change, Difference } from '../../../analysis/difference/difference.ts';
import { becauseOf } from '../../../analysis/difference/report.ts';
import { connectionJson, endpointJson } from '../connectivity-json.ts';
import { jsonLine } from '../json-text.ts';
import { apiVersion } from '../traffic-json.ts';

/** A document of kind ConnectivityDiff, piece by piece. An entry holds just the ports that were opened or closed. */
export function* differenceJson(difference: Difference): Generator<string> {
  const { pieces, opened, closed, added, removed } = difference;
  yield `{\n  "apiVersion": ${jsonLine(apiVersion)},\n  "kind": "ConnectivityDiff",\n  "endpoints": `;
  yield* list(pieces.map(({ id, endpoint }) => () => ({ ...endpointJson(endpoint), id })));
  for (const [what, changes] of [
    ['opened', opened],
    ['closed', closed],
  ] as const) {
    yield `,\n  "${what}": `;
    yield* list(changes.map((change) => () => changeJson(difference, change, what)));
  }
  yield `,\n  "endpointsAdded": ${jsonLine(added.map(({ id }) => id))},\n  "endpointsRemoved": ${jsonLine(removed.map(({ id }) => id))}\n}\n`;
}

function changeJson(difference: Difference, change: Change, what: 'opened' | 'closed'): object {
  const { from, to, traffic, before, after } = change;
  const entry = connectionJson(from.id, to.id, what === 'opened' ? after : before, traffic);
  return { ...entry, because: becauseOf(difference, change, what) };
}

/** Made one by one: all of them at once would be much to hold. */
function* list(items: readonly (() => object)[]): Generator<string> {
  if (items.length === 0) {
    yield '[]';
    return;
  }
  for (const [at, item] of items.entries()) {
    yield `${at === 0 ? '[\n' : ',\n'}    ${jsonLine(item())}`;
  }
  yield '\n  ]';
}
