/** Milliseconds. A bucket's upper bound: the histogram knows no better. 0 where nothing happened. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** Each call: from event to kernel, of what came since the call before, out of the agent's own histogram. */
export function latencyOf(metrics: () => Promise<string>): () => Promise<Latency> {
  let before = new Map<number, number>();
  return async () => {
    const text = await metrics();
    const now = new Map(
      [...text.matchAll(/^ringfence_event_to_kernel_seconds_bucket\{.*?le="([^"]+)".*?\} (\d+)/gm)].map(
        ([, bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), Number(count)],
      ),
    );
    if (now.size === 0) throw new Error('the agent tells no ringfence_event_to_kernel_seconds');
    const fresh = [...now].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const);
    before = now;
    const all = Math.max(...fresh.map(([, count]) => count));
    const quantile = (share: number): number =>
      all === 0 ? 0 : 1000 * (fresh.find(([, count]) => count >= all * share)?.[0] ?? 0);
    return { p50: quantile(0.5), p99: quantile(0.99) };
  };
}
