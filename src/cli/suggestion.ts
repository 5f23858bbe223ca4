/** The name that was probably meant, if one is near enough; what begins with the word is near, too. */
export async function suggestion(word: string, names: readonly string[]): Promise<string | undefined> {
  const begun = names.filter((name) => word.length > 1 && name.startsWith(word));
  if (begun.length === 1) return begun[0];
  const { distance } = await import('fastest-levenshtein');
  const [best] = names
    .map((name) => ({ name, distance: distance(word, name) }))
    .toSorted((a, b) => a.distance - b.distance);
  // Two letters exchanged are two changes.
  const most = Math.min(Math.max(2, Math.floor(word.length / 3)), word.length - 1);
  return best !== undefined && best.distance <= most ? best.name : undefined;
}
