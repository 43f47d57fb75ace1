/** Buckets that features are hashed into: as many weights a head. */
export const BUCKET_BITS = 18;
const SHIFT = 32 - BUCKET_BITS;

/** A sentence ends here whatever it says: what is linear stays linear, and one endless line is many windows. */
const SENTENCE_CHARS_MAX = 320;
const SENTENCE_WORDS_MAX = 48;
/** A longer run of letters is a key, a digest or a blob: what it spells is another view's matter. */
const WORD_CHARS_MAX = 48;
/** Three word-grams a word, three character-grams a unit. */
const FEATURES_MAX = 3 * (SENTENCE_WORDS_MAX + SENTENCE_CHARS_MAX + 8);

const [BREAK, STOP, SPACE, DIGIT] = [0, 1, 2, 48];

/** What each unit below 128 is read as: a letter in lower case, a digit as `0`, an end of a sentence, a sign, else a space. */
const READ = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (/[a-z]/i.test(character)) return character.toLowerCase().charCodeAt(0);
  if (/\d/.test(character)) return DIGIT;
  if (/[\n\r\v\f]/.test(character)) return BREAK;
  if (/[.!?;]/.test(character)) return STOP;
  return /[@#$<>[\]{}`*_]/.test(character) ? code : SPACE;
});
/** Units that belong to words: letters, digits, and everything beyond ASCII that is no punctuation. */
const IN_WORDS = Uint8Array.from({ length: 256 }, (_, read) => (read === DIGIT || read >= 128 || (read >= 97 && read <= 122) ? 1 : 0));

function readOf(code: number): number {
  if (code < 128) return READ[code] ?? SPACE;
  if (code === 0x3002 || code === 0xff01 || code === 0xff1f) return STOP;
  // No-break space, general and CJK punctuation, full-width marks.
  if (code === 0xa0 || (code >= 0x2000 && code <= 0x206f) || (code >= 0x3000 && code <= 0x303f) || (code >= 0xff02 && code <= 0xff0f)) return SPACE;
  return 128 + ((code ^ (code >>> 7)) & 127);
}

/** Takes one sentence: its place in the text, how many words it has, and how many features stand in the reader's buffer. */
export type EachSentence = (start: number, end: number, words: number, features: number) => void;

/** Reads texts sentence by sentence. What it hands out is its own and good until the next sentence. */
export class SentenceReader {
  /** Hashed n-grams of the sentence: words one to three, units three to five; below 2^BUCKET_BITS. */
  readonly features = new Uint32Array(FEATURES_MAX);
  /** Hashes of its words, 32 bits. */
  readonly words = new Uint32Array(SENTENCE_WORDS_MAX + 1);

  /** One pass; each unit is looked at twice at most. */
  read(text: string, each: EachSentence): void {
    const { features, words } = this;
    const { length } = text;
    let [start, filled, count] = [0, 0, 0];
    let [word, wordChars, before, beforeThat] = [0, 0, 0, 0];
    let [packed, last] = [SPACES, SPACE_CODE];
    for (let at = 0; at <= length; at += 1) {
      let read = at === length ? BREAK : readOf(text.charCodeAt(at));
      // A full stop ends a sentence only before a space: not in 1.5, example.com or a path.
      if (read === STOP && at + 1 < length && readOf(text.charCodeAt(at + 1)) > SPACE) read = SPACE;
      const inWord = IN_WORDS[read] === 1;
      if (inWord) {
        word = (Math.imul(word ^ read, 0x01000193) + 0x9e3779b9) | 0;
        wordChars += 1;
      } else if (wordChars > 0) {
        const hash = wordChars > WORD_CHARS_MAX ? LONG_WORD : mix(word ^ wordChars);
        const pair = Math.imul(before, 0x85ebca6b) ^ hash;
        words[count] = hash;
        count += 1;
        features[filled] = hash >>> SHIFT;
        features[filled + 1] = mix(pair) >>> SHIFT;
        features[filled + 2] = mix(Math.imul(beforeThat, 0xc2b2ae35) ^ pair ^ 0x3c6ef372) >>> SHIFT;
        filled += 3;
        beforeThat = before;
        before = hash;
        word = 0;
        wordChars = 0;
      }
      const unit = read <= SPACE ? SPACE_CODE : read;
      // A run of the same sign counts once: indentation and rules are no text.
      if (wordChars <= WORD_CHARS_MAX && (inWord || unit !== last)) {
        const fifth = packed >>> 24;
        packed = (packed << 8) | unit;
        features[filled] = mix((packed & 0xffffff) ^ 0x2f000000) >>> SHIFT;
        features[filled + 1] = mix(packed ^ 0x51ed270b) >>> SHIFT;
        features[filled + 2] = mix(Math.imul(fifth, 0x2545f491) ^ packed) >>> SHIFT;
        filled += 3;
        last = unit;
      }
      const ends = read === BREAK || read === STOP;
      if (!ends && at - start < SENTENCE_CHARS_MAX && count < SENTENCE_WORDS_MAX) continue;
      if (count > 0) each(start, Math.min(at + 1, length), count, filled);
      if (ends) [before, beforeThat, packed, last] = [0, 0, SPACES, SPACE_CODE];
      [start, filled, count] = [at + 1, 0, 0];
    }
  }
}

const SPACE_CODE = 32;
const SPACES = 0x20202020;
const LONG_WORD = 0x5bd1e995;

/** Spreads all bits over the upper ones: multiplicative hashing with odd, random constants. */
function mix(value: number): number {
  const once = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return Math.imul(once ^ (once >>> 12), 0x297a2d39);
}
