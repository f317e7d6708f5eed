import leven from 'leven';

// Longer than any field or kind of the API: text beyond it is no typing mistake, and comparing it would cost.
const longestName = 64;

/**
 * The candidate that was probably meant: the same but for case, else the nearest by edit distance, as long as it is no
 * further than `allowed`. Of several, the first in the given order.
 */
export function closest(
  written: string,
  candidates: readonly string[],
  allowed: (candidate: string) => number = someLetters,
): string | undefined {
  if (written.length > longestName) return undefined;
  const lower = written.toLowerCase();
  const sameLetters = candidates.find((candidate) => candidate.toLowerCase() === lower);
  if (sameLetters !== undefined) return sameLetters;
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = distanceOf(lower, candidate.toLowerCase());
    if (distance <= allowed(candidate) && (best === undefined || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate;
}

/** Edit distance, where two letters in the wrong order are one mistake. */
function distanceOf(a: string, b: string): number {
  const distance = leven(a, b);
  return distance === 2 && sortedLetters(a) === sortedLetters(b) ? 1 : distance;
}

function sortedLetters(text: string): string {
  return Array.from(text).sort().join('');
}

/** One letter of a short word, two of a longer one, up to a third of a long one. */
function someLetters(candidate: string): number {
  return candidate.length < 5 ? 1 : Math.max(2, Math.floor(candidate.length / 3));
}
