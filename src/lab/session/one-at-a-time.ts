/** Runs what it is given after everything that it was given before has ended, well or not. */
export type OneAtATime = <T>(work: () => Promise<T>) => Promise<T>;

export function oneAtATime(): OneAtATime {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    // Whoever asked hears of the failure; the next one starts either way.
    last = result.catch(() => undefined);
    return result;
  };
}
