/** How often something may be told: a first burst, then one each `refill` milliseconds. */
interface Rate {
  readonly burst: number;
  readonly refill: number;
}

/** Everybody together, and each namespace by itself: one tenant with many broken objects must not keep others from hearing. */
const together: Rate = { burst: 25, refill: 5_000 };
const namespaceAlone: Rate = { burst: 10, refill: 20_000 };
/** Tenants may make namespaces, too. Beyond it the one that was heard of longest ago starts anew. */
const rememberedNamespaces = 1_000;

/** Whether an Event about an object of a namespace may be sent; `now` in milliseconds. A yes is counted. */
export type MaySend = (namespace: string, now: number) => boolean;

export function createEventRate(): MaySend {
  const all = createTokens(together);
  const namespaces = new Map<string, Tokens>();
  return (namespace, now) => {
    const own = namespaces.get(namespace) ?? createTokens(namespaceAlone);
    namespaces.delete(namespace);
    namespaces.set(namespace, own);
    const [oldest] = namespaces.keys();
    if (namespaces.size > rememberedNamespaces && oldest !== undefined) namespaces.delete(oldest);
    // Both are asked first: what one refuses is not taken from the other.
    if (own.left(now) === 0 || all.left(now) === 0) return false;
    own.take();
    all.take();
    return true;
  };
}

interface Tokens {
  left(now: number): number;
  take(): void;
}

function createTokens({ burst, refill }: Rate): Tokens {
  let tokens = burst;
  let refilledAt: number | undefined;
  return {
    left(now) {
      refilledAt ??= now;
      const earned = Math.floor((now - refilledAt) / refill);
      tokens = Math.min(burst, tokens + earned);
      refilledAt += earned * refill;
      return tokens;
    },
    take() {
      tokens -= 1;
    },
  };
}
