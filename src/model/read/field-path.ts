/**
 * A path from an object's root to a value, linked upwards so that descending costs one allocation and nothing is
 * written out before there is something to report. `undefined` is the root.
 *
 * An `entry` is a key that the user chose (a label): it leads to the place in the file, but the API server's paths end
 * at the map (`metadata.labels`), so it is not spelled out.
 */
export type FieldPath =
  | {
      readonly parent: FieldPath;
      readonly segment: string | number;
      readonly kind: 'field' | 'index' | 'entry';
    }
  | undefined;

/** The path as the API server writes it: `spec.ingress[0].from[1].ipBlock.cidr`. Empty for the root. */
export function pathText(path: FieldPath): string {
  if (path === undefined) return '';
  const before = pathText(path.parent);
  switch (path.kind) {
    case 'field':
      return before === '' ? String(path.segment) : `${before}.${String(path.segment)}`;
    case 'index':
      return `${before}[${String(path.segment)}]`;
    case 'entry':
      return before;
  }
}

/** The keys and indexes from the root to the value, entries included. */
export function pathSegments(path: FieldPath): readonly (string | number)[] {
  return path === undefined ? [] : [...pathSegments(path.parent), path.segment];
}
