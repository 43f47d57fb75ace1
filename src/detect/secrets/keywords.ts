/** Where in a text one of many words stands, whatever its case: each letter is looked at once, few places are looked at again. */
export interface Keywords {
  find(text: string, found: (word: number, at: number) => void): void;
}

const BITS = 15;
const MASK = (1 << BITS) - 1;
/** Letters as five bits; cases fold together, and so do some signs, which the comparison tells apart. */
const FOLD = Uint8Array.from({ length: 128 }, (_, code) => code & 31);

/** `words`: ASCII, lower case, at least two letters each. */
export function createKeywords(words: readonly string[]): Keywords {
  const buckets = new Map<number, number[]>();
  const flagged = new Uint8Array(MASK + 1);
  const put = (hash: number, word: number): void => {
    flagged[hash] = 1;
    buckets.set(hash, [...(buckets.get(hash) ?? []), word]);
  };
  words.forEach((word, index) => {
    const hash = ((fold(word.charCodeAt(0)) << 10) | (fold(word.charCodeAt(1)) << 5)) & MASK;
    if (word.length > 2) put(hash | fold(word.charCodeAt(2)), index);
    else for (let third = 0; third < 32; third += 1) put(hash | third, index);
  });
  return {
    find: (text, found) => {
      let hash = 0;
      for (let at = 0; at <= text.length + 1; at += 1) {
        const code = text.charCodeAt(at);
        hash = ((hash << 5) | (code < 128 ? (FOLD[code] ?? 0) : 0)) & MASK;
        if (at < 2 || flagged[hash] === 0) continue;
        for (const word of buckets.get(hash) ?? []) if (isAt(text, words[word] ?? '', at - 2)) found(word, at - 2);
      }
    },
  };
}

function fold(code: number): number {
  return FOLD[code] ?? 0;
}

function isAt(text: string, word: string, at: number): boolean {
  for (let index = 0; index < word.length; index += 1) {
    const code = text.charCodeAt(at + index);
    const lower = code >= 65 && code <= 90 ? code + 32 : code;
    if (lower !== word.charCodeAt(index)) return false;
  }
  return true;
}
