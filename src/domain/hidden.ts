/** Controls, formats, private and unassigned, fillers and blanks of every kind, variation selectors, and every space but the plain one. */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0\u{16fe4}\u{1d159}]|\p{Variation_Selector}|\u034f|\u17b4|\u17b5|(?! )\p{Zs}/gu;

/** Shows every character that a reader could not see, or would take for a plain space, as `<U+200B>`. Line feeds stay. */
export function showHidden(text: string): string {
  return text.replace(HIDDEN, (character) =>
    character === '\n' ? character : `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`,
  );
}

/** Whether a text holds characters that a reader could not see. */
export function hasHidden(text: string): boolean {
  return showHidden(text) !== text;
}
