/*
 * Text of others, made safe for a terminal: names, paths, labels and errors can hold anything.
 *
 * Not shown as they are: control characters (C0, and C1, which some terminals obey), what reorders or hides the text around
 * it (bidirectional controls, zero-width and other format characters), separators of lines, and halves of surrogate pairs.
 * Variation selectors choose a glyph and do no harm.
 */
const unsafe =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?!\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/gu;

/** For a message, on one line, which still tells what was there: `\n`, `\x1b`, `\u202e`, `\u{e0041}`. */
export function printable(text: string): string {
  return text.replaceAll(unsafe, escape);
}

/**
 * For results on a terminal: a question mark for each such character, as find(1) and ls(1) print it, and for bytes that
 * were no UTF-8 (U+FFFD); lines stay lines.
 */
export function shown(text: string): string {
  return text.replaceAll('\ufffd', '?').replaceAll(unsafe, (each) => (each === '\n' ? each : '?'));
}

function escape(character: string): string {
  if (character === '\n') return String.raw`\n`;
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  if (hex.length <= 2) return String.raw`\x${hex.padStart(2, '0')}`;
  return hex.length <= 4 ? String.raw`\u${hex.padStart(4, '0')}` : String.raw`\u{${hex}}`;
}
