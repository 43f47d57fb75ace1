/* What characters a text has, found in one pass: all that undoing and searching cost more for is looked for only where it can be. */

export const TRAIT = {
  beyondAscii: 1, escape: 2, angle: 4, ampersand: 8, percent: 16, backslash: 32, control: 64, format: 128, privateUse: 256, tag: 512, selector: 1024,
  colon: 2048, run: 4096, hex: 8192, brace: 16384, letter: 32768,
} as const;

/** What encodings are spelt with. */
export const ALPHABET = { base64: 1 << 16, hex: 1 << 17, hexGap: 1 << 18, escape: 1 << 19 } as const;
/** Shorter runs of letters, digits and their like encode nothing that is a message. */
const RUN_MIN = 20;
/** Hex digits, in pairs that may stand apart. */
const HEX_MIN = 12;
const GAPS = ' :,x\\%';

const ASCII_TRAITS: Readonly<Record<string, number>> = {
  '<': TRAIT.angle, '&': TRAIT.ampersand, '%': TRAIT.percent, '\\': TRAIT.backslash, ':': TRAIT.colon, '{': TRAIT.brace, '[': TRAIT.brace,
};

const CLASSES = classes();

function classes(): Uint32Array {
  const all = new Uint32Array(0x10000);
  for (let unit = 0; unit < 0x10000; unit += 1) {
    const character = String.fromCharCode(unit);
    let traits = /[A-Za-z]/.test(character) ? TRAIT.letter : 0;
    if (unit > 0x7e) traits |= TRAIT.beyondAscii;
    if (/[A-Za-z0-9+/_-]/.test(character)) traits |= ALPHABET.base64;
    if (/[0-9A-Fa-f]/.test(character)) traits |= ALPHABET.hex;
    if (unit === 0x1b || unit === 0x9b) traits |= TRAIT.escape;
    else if (/(?![\t-\r\x85])\p{Cc}/u.test(character)) traits |= TRAIT.control;
    if (/\p{Cf}/u.test(character)) traits |= TRAIT.format;
    if (/\p{Co}/u.test(character) || (unit >= 0xdb80 && unit <= 0xdbff)) traits |= TRAIT.privateUse;
    // The second plane's tags and selectors all begin with this surrogate.
    if (unit === 0xdb40) traits |= TRAIT.tag | TRAIT.selector | TRAIT.format;
    if (unit >= 0xfe00 && unit <= 0xfe0f) traits |= TRAIT.selector;
    if (/[\\ux0-9A-Fa-f]/.test(character)) traits |= ALPHABET.escape;
    if (GAPS.includes(character)) traits |= ALPHABET.hexGap;
    all[unit] = traits | (ASCII_TRAITS[character] ?? 0);
  }
  return all;
}

export function traitsOf(text: string): number {
  let [traits, run, digits] = [0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const found = CLASSES[text.charCodeAt(at)] ?? 0;
    traits |= found;
    if ((found & ALPHABET.base64) === 0) run = 0;
    else if (++run >= RUN_MIN) traits |= TRAIT.run;
    if ((found & ALPHABET.hex) !== 0) {
      if (++digits >= HEX_MIN) traits |= TRAIT.hex;
    } else if ((found & ALPHABET.hexGap) === 0) digits = 0;
  }
  return traits;
}

/** Stretches of at least `min` units that are all of one of these alphabets, one after the other: each unit is looked at once. */
export function stretchesOf(text: string, alphabets: number, min: number): readonly (readonly [start: number, end: number])[] {
  const found: (readonly [number, number])[] = [];
  let start = 0;
  for (let at = 0; at <= text.length; at += 1) {
    if (at < text.length && ((CLASSES[text.charCodeAt(at)] ?? 0) & alphabets) !== 0) continue;
    if (at - start >= min) found.push([start, at]);
    start = at + 1;
  }
  return found;
}
