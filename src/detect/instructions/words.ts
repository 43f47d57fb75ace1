import { EXACT, KIND, RUNS, STEMS, STEM_CHARS_MAX, STEM_CHARS_MIN, hashUnit } from './lexicon.ts';

/** Words with a role in one sentence; further ones are another sentence. */
const WORDS_MAX = 64;
const SENTENCE_CHARS_MAX = 480;

/** Words that have a role, as bits of KIND, with their place: UTF-16 units, and how many words came before. */
export class RoleWords {
  count = 0;
  /** Union of all kinds. */
  kinds = 0;
  /** Whether word order says little: scripts without spaces and their neighbours put verbs last. */
  loose = false;
  readonly kind = new Int32Array(WORDS_MAX);
  readonly start = new Int32Array(WORDS_MAX);
  readonly end = new Int32Array(WORDS_MAX);
  readonly position = new Int32Array(WORDS_MAX);
}

const [BREAK, STOP, SPACE, SIGN] = [0, 1, 2, 3];

/** ASCII: letters in lower case and digits as themselves, else what they do between words. */
const READ = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z0-9']/i.test(character)) return character.toLowerCase().charCodeAt(0);
  if (/[\n\r]/.test(character)) return BREAK;
  return /[.!?;]/.test(character) ? STOP : character === '@' || character === '/' ? SIGN : SPACE;
});

/** Hands out each sentence that has a word with a role. What it hands out is its own and good until the next. One pass. */
export function readRoles(text: string, each: (words: RoleWords) => void): void {
  const words = WORDS;
  const prefixes = PREFIXES;
  let [hash, chars, start, position, sentence, signs] = [0, 0, 0, 0, 0, 0];
  reset(words);
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? 10 : text.charCodeAt(at);
    const read = code < 128 ? (READ[code] ?? SPACE) : readBeyond(code);
    if (read > SIGN) {
      // What is glued to a word before it is a word: `USAIgnore`, `ignorePrevious`.
      if (chars > 0 && code <= UPPER_Z && code >= UPPER_A && isLower(text.charCodeAt(at + 1))) {
        addWord(words, hash, chars, start, at, position, false);
        [hash, chars] = [0, 0];
        position += 1;
      }
      if (chars === 0) start = at;
      if (read === LETTER && isVerbFinal(code)) words.loose = true;
      hash = hashUnit(hash, read === LETTER ? lower(code) : read);
      chars += 1;
      if (chars <= STEM_CHARS_MAX) prefixes[chars] = hash;
      continue;
    }
    if (chars > 0) {
      addWord(words, hash, chars, start, at, position, signs > 1);
      position += 1;
      hash = 0;
      chars = 0;
      signs = 0;
    }
    // What stands on either side of a comma or colon is further apart.
    if (code === COMMA || code === COLON) position += 3;
    // A mail address has a sign in it; a URL has two before its host.
    if (read === SIGN) signs += code === AT_SIGN ? 2 : 1;
    else if (read !== SPACE) signs = 0;
    if (read === UNSPACED) at = readRun(text, at, words);
    // A full stop ends a sentence only before a space: not in a name or an address.
    const stops = read === STOP && (code > 127 || !(text.charCodeAt(at + 1) > 32));
    if (read !== BREAK && !stops && at - sentence <= SENTENCE_CHARS_MAX && words.count < WORDS_MAX) continue;
    if (words.kinds !== 0) each(words);
    reset(words);
    sentence = at;
    position = 0;
  }
}

const WORDS = new RoleWords();
const PREFIXES = new Int32Array(STEM_CHARS_MAX + 1);
const LETTER = 1_000;
const UNSPACED = -1;
const [AT_SIGN, COMMA, COLON, UPPER_A, UPPER_Z] = [64, 44, 58, 65, 90];
/** Words of unspaced scripts by their first letter, longest first. */
const BEGUN: ReadonlyMap<number, readonly (readonly [word: string, kind: number])[]> = Map.groupBy(
  [...RUNS].toSorted(([a], [b]) => b.length - a.length), ([word]) => word.charCodeAt(0),
);

/** Full stops, question and exclamation marks and semicolons of Chinese, Japanese, Arabic and Hindi. */
const STOPS: ReadonlySet<number> = new Set([0x3002, 0xff01, 0xff1f, 0xff1b, 0x61f, 0x61b, 0x6d4, 0x964, 0x965]);

function readBeyond(code: number): number {
  if (STOPS.has(code)) return STOP;
  // Signs of Latin-1 (`¡`, `«`) are no letters, but for those of ordinals and mu; nor is the comma of Arabic.
  if ((code < 0xc0 && code !== 0xaa && code !== 0xb5 && code !== 0xba) || code === 0x60c) return SPACE;
  if ((code >= 0x2000 && code <= 0x206f) || (code >= 0x3000 && code <= 0x303f) || (code >= 0xff00 && code <= 0xff20)) return SPACE;
  return (code >= 0x3040 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3) ? UNSPACED : LETTER;
}

/** Letters of Latin, Greek and Cyrillic beyond ASCII, as the lexicon has them. */
function lower(code: number): number {
  if ((code >= 0xc0 && code <= 0xde) || (code >= 0x410 && code <= 0x42f)) return code + 32;
  if (code < 0x100 || code > 0x17f || code === 0x131) return code;
  // Of most pairs there the small letter has the odd number; from Ĺ to ň and from Ź to ž (Polish ł and ż are among them) the even one.
  const isEven = (code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e);
  return isEven ? code + (code & 1) : code | 1;
}

/** Takes the longest known word at each place of a run; gives the place of its last unit. */
function readRun(text: string, from: number, words: RoleWords): number {
  words.loose = true;
  for (const [word, kind] of BEGUN.get(text.charCodeAt(from)) ?? []) {
    if (!text.startsWith(word, from)) continue;
    // Words stand a letter or two apart there: their places are counted in letters, of which a word of others has about three.
    add(words, kind, from, from + word.length, Math.floor(from / 3));
    return from + word.length - 1;
  }
  return from;
}

/** Letters of Turkish and Hindi. */
function isVerbFinal(code: number): boolean {
  return code === 0x131 || code === 0x130 || (code >= 0x15e && code <= 0x15f) || (code >= 0x11e && code <= 0x11f) || (code >= 0x900 && code <= 0x97f);
}

function isLower(code: number): boolean {
  return code >= 97 && code <= 122;
}

/** Adds the word that was read, if it has a role: whole, or by one of its beginnings. */
function addWord(words: RoleWords, hash: number, chars: number, start: number, end: number, position: number, address: boolean): void {
  let kind = (EXACT.get(hash) ?? 0) | (address ? KIND.address : 0);
  for (let length = STEM_CHARS_MIN; length <= chars && length <= STEM_CHARS_MAX; length += 1) kind |= STEMS.get(PREFIXES[length] ?? 0) ?? 0;
  if (kind !== 0) add(words, kind, start, end, position);
}

function add(words: RoleWords, kind: number, start: number, end: number, position: number): void {
  const at = words.count;
  if (at === WORDS_MAX) return;
  words.kind[at] = kind;
  words.start[at] = start;
  words.end[at] = end;
  words.position[at] = position;
  words.kinds |= kind;
  words.count = at + 1;
}

function reset(words: RoleWords): void {
  words.count = 0;
  words.kinds = 0;
  words.loose = false;
}
