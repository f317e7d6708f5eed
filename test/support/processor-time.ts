/**
 * Milliseconds of processor time that the work takes, in all threads of this process: unlike time on the clock, a busy machine
 * makes it little longer. For limits on what hostile input may cost, far above what it does.
 */
export function processorTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
