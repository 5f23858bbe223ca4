/** The name that was probably meant: the only one that begins with the word, or else the most similar, if near enough. */
export async function suggestion(word: string, names: readonly string[]): Promise<string | undefined> {
  const begun = names.filter((name) => word.length > 1 && name.startsWith(word));
  if (begun.length === 1) return begun[0];
  const { distance } = await import('fastest-levenshtein');
  const [best] = names
    .map((name) => ({ name, distance: distance(word, name) }))
    .toSorted((a, b) => a.distance - b.distance);
  // Allows 2 changes, since two swapped letters count as 2, or a third of the letters of a longer word.
  const most = Math.min(Math.max(2, Math.floor(word.length / 3)), word.length - 1);
  return best !== undefined && best.distance <= most ? best.name : undefined;
}
