import type { Inspection } from '../../src/agent/inspection.ts';

/** What is wrong with a kernel, a line for each object; nothing where it is as desired. */
export function differenceLines(inspection: Inspection): readonly string[] {
  switch (inspection.kind) {
    case 'equal':
      return [];
    case 'missing':
      return ['there is no table'];
    case 'different':
      return [
        ...inspection.differences.map(({ kind, object, details }) =>
          details.length === 0 ? `${object} is ${kind}` : `${object}: ${details.join(', ')}`,
        ),
        ...inspection.foreign.map(({ object, json }) => `${object} is foreign: ${json}`),
      ];
  }
}
