/*
 * Makes foreign text safe for a terminal: names, paths, labels and errors can contain anything.
 *
 * Replaced are control characters (C0, and C1, which some terminals obey), characters that reorder or hide the text around them
 * (bidirectional controls, zero-width and other format characters), line separators, and lone surrogates. Variation selectors only
 * choose a glyph, and stay.
 */
const unsafe =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?!\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/gu;

/** For a message on one line: each such character becomes its escape, as `\n`, `\x1b`, `\u202e` or `\u{e0041}`. */
export function printable(text: string): string {
  return text.replaceAll(unsafe, escape);
}

/** True of most messages, and quick to test. */
const isPlain = /^[\n\t\x20-\x7e]*$/;

/** `printable()` that keeps line breaks and tabs: for messages of several lines, with a stack for example. */
export function legible(text: string): string {
  if (isPlain.test(text)) return text;
  return text.replaceAll(unsafe, (each) => (each === '\n' || each === '\t' ? each : escape(each)));
}

/**
 * For results on a terminal: each such character becomes a question mark, as find(1) and ls(1) print it, and so does U+FFFD, which
 * stands for bytes that were not UTF-8. Line breaks stay.
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
