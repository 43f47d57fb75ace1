import foldings from 'unhomoglyph/data.json' with { type: 'json' };
import { MappedText } from './mapped.ts';
import type { Mapped } from './mapped.ts';

const ASCII = /^[\t\n\r\x20-\x7e]*$/;
const NOT_ASCII = /[^\t\n\r\x20-\x7e]+/g;

/** Draws nothing: zero-width, bidi, joiners, fillers, variation selectors, soft hyphens, tags. */
const INVISIBLE = /^(?:\p{Cf}|\p{Variation_Selector}|[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0])$/u;

/** UTS #39 skeletons to ASCII, from `unhomoglyph`; ASCII stays itself. */
const FOLDED: ReadonlyMap<string, string> = new Map(
  Object.entries(foldings).filter(([one, folded]) => (one.codePointAt(0) ?? 0) > 0x7f && ASCII.test(folded)),
);

/**
 * The text as a careless reader sees it: compatibility forms (NFKC), look-alikes folded to ASCII, accents kept, everything
 * that draws nothing left out. Empty when that is the text itself.
 */
export function plainForm(text: string): readonly Mapped[] {
  const out = new MappedText();
  let from = 0;
  for (const { 0: run, index } of text.matchAll(NOT_ASCII)) {
    let at = index;
    for (const character of run) {
      const plain = plainOf(character);
      if (plain !== character) {
        out.copy(text, from, at);
        out.add(plain, at);
        from = at + character.length;
      }
      at += character.length;
    }
  }
  out.copy(text, from, text.length);
  return out.ends(text.length);
}

const DIGIT = /^\p{Nd}$/u;

/** Digits of every script are digits, whatever they look like: each script's ten stand in a row. */
function digitOf(character: string): string | undefined {
  if (!DIGIT.test(character)) return undefined;
  const code = character.codePointAt(0) ?? 0;
  let zero = code;
  while (DIGIT.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
}

/** Characters repeat; what one becomes is found once. Bounded by Unicode. */
const PLAIN = new Map<string, string>();

function plainOf(character: string): string {
  const known = PLAIN.get(character);
  if (known !== undefined) return known;
  const form = character.normalize('NFKC');
  const plain = INVISIBLE.test(character) ? '' : (digitOf(form) ?? FOLDED.get(character) ?? FOLDED.get(form) ?? form);
  PLAIN.set(character, plain);
  return plain;
}
