/** Most characters of a label or a name in a frame. */
const longest = 80;

/** Makes one line of a user's text, cut to 80 characters. Half a surrogate pair, also one that the cut leaves, is replaced. */
export function text(value: unknown): string {
  // Most names are plain and short.
  if (typeof value === 'string' && value.length <= longest && /^[ -~]*$/.test(value)) return value;
  const line = String(value)
    .slice(0, 2 * longest)
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, ' ');
  const cut = line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
  return cut.replaceAll(/\p{Surrogate}/gu, '\ufffd');
}

/** An error's code or name. Never its message, which may quote data. Both may be getters of user code. */
export function errorWord(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  try {
    const { code, name } = error as { code?: unknown; name?: unknown };
    for (const word of [code, name]) {
      if ((typeof word === 'string' || typeof word === 'number') && /^[\w.:-]{1,60}$/.test(`${word}`))
        return `${word}`;
    }
  } catch {
    // A getter throws: no word.
  }
  return '';
}
