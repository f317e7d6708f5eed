/** The list without each of its items in turn. */
export function withoutEach<T>(
  list: readonly T[],
): readonly { readonly one: T; readonly left: readonly T[]; readonly at: number }[] {
  return list.map((one, at) => ({ one, left: list.toSpliced(at, 1), at }));
}
