import { MappedText } from './mapped.ts';
import type { Mapped } from './mapped.ts';

/** The flags of England, Scotland, Wales and the like are spelt so (UTS #51), in six letters at most. */
const FLAG = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}/gu;
const TAGS = /[\u{e0020}-\u{e007e}]/gu;
const SELECTORS = /[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu;

/** What tag characters (U+E0020 … U+E007E) spell, of which a reader sees nothing and a model everything. */
export function tagText(text: string): Mapped | undefined {
  return spelt(text.replace(FLAG, (flag) => ' '.repeat(flag.length)), TAGS, (point) => point - 0xe0000);
}

/** A visible character and the one selector that says whether it is drawn as text or in colour, as every emoji keyboard writes it. */
const SHAPED = /(?<![\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}])[\ufe0e\ufe0f](?![\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}])/gu;

/** What variation selectors spell when each stands for one byte (0 … 255): the trick of hiding a text behind one emoji. */
export function selectorText(text: string): Mapped | undefined {
  return spelt(text.replace(SHAPED, ' '), SELECTORS, (point) => (point < 0xe0100 ? point - 0xfe00 : point - 0xe0100 + 16));
}

/** Fewer letters than this say nothing: a few selectors only pick shapes. */
const LETTERS_MIN = 4;

function spelt(text: string, characters: RegExp, codeOf: (point: number) => number): Mapped | undefined {
  const out = new MappedText();
  let letters = 0;
  let end = 0;
  for (const { 0: character, index } of text.matchAll(characters)) {
    out.add(String.fromCharCode(codeOf(character.codePointAt(0) ?? 0)), index);
    end = index + character.length;
    letters += 1;
  }
  return letters >= LETTERS_MIN ? out.end(end) : undefined;
}
