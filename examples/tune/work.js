/* A task module: runs in the worker threads. */

/** The five most frequent words of a text, the most frequent first. */
export function frequentWords(text) {
  const counts = new Map();
  for (const [word] of text.matchAll(/\p{L}+/gu)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, 5)
    .map(([word]) => word);
}
