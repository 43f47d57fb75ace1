/** Units of a shingle: what is shorter than this is compared as a whole only. */
export const SHINGLE = 18;
/** Of each so many neighbouring shingles at least one is kept: a quotation of `SHINGLE + WINDOW - 1` units is always seen. */
const WINDOW = 14;

/** 48 bits of a fingerprint: the low 32, and 16 more. Keyed, so that nobody outside can choose what collides. */
export interface Key {
  readonly one: number;
  readonly other: number;
}

/** Called with each fingerprint; it keeps what it needs. */
export type Take = (low: number, high: number) => void;

/**
 * Winnowing (Schleimer, Wilkerson, Aiken: "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003): of each
 * window of shingles the rightmost least is taken. Linear; the same text gives the same fingerprints wherever it stands.
 */
export function winnow(text: string, key: Key, take: Take): void {
  const count = text.length - SHINGLE + 1;
  if (count <= 0) return;
  const { one, other } = key;
  const [dropOne, dropOther] = [power(one), power(other)];
  const lows = new Uint32Array(WINDOW);
  const highs = new Uint32Array(WINDOW);
  let [first, second] = [0, 0];
  for (let at = 0; at < SHINGLE - 1; at += 1) {
    const unit = text.charCodeAt(at) + 1;
    first = (Math.imul(first, one) + unit) | 0;
    second = (Math.imul(second, other) + unit) | 0;
  }
  let least = -1;
  for (let at = 0; at < count; at += 1) {
    const unit = text.charCodeAt(at + SHINGLE - 1) + 1;
    first = (Math.imul(first, one) + unit) | 0;
    second = (Math.imul(second, other) + unit) | 0;
    const slot = at % WINDOW;
    lows[slot] = mixed(first);
    highs[slot] = mixed(second);
    const gone = text.charCodeAt(at) + 1;
    first = (first - Math.imul(gone, dropOne)) | 0;
    second = (second - Math.imul(gone, dropOther)) | 0;
    if (at < WINDOW - 1 && at < count - 1) continue;
    const from = Math.max(0, at - WINDOW + 1);
    if (least >= from && (lows[slot] ?? 0) > (lows[least % WINDOW] ?? 0)) continue;
    least = least >= from ? at : leastOf(lows, from, at);
    take(lows[least % WINDOW] ?? 0, (highs[least % WINDOW] ?? 0) & 0xffff);
  }
}

function leastOf(lows: Uint32Array, from: number, to: number): number {
  let least = from;
  for (let at = from + 1; at <= to; at += 1) if ((lows[at % WINDOW] ?? 0) <= (lows[least % WINDOW] ?? 0)) least = at;
  return least;
}

/** The fingerprint of one whole value. */
export function wholeOf(text: string, { one, other }: Key, take: Take): void {
  let [first, second] = [text.length, text.length];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at) + 1;
    first = (Math.imul(first ^ (first >>> 15), one) + unit) | 0;
    second = (Math.imul(second ^ (second >>> 13), other) + unit) | 0;
  }
  take(mixed(first), mixed(second) & 0xffff);
}

/** The finalizer of MurmurHash3 (public domain): every bit of the input moves every bit of the output. */
function mixed(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** What the first unit of a shingle weighs in it after the last was added. */
function power(base: number): number {
  let weight = 1;
  for (let turn = 1; turn < SHINGLE; turn += 1) weight = Math.imul(weight, base);
  return weight;
}
