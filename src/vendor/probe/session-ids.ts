import type { Observed } from './result.ts';
import { judged, observed } from './scene.ts';

/** Bits that an id must have, by its letters; and how many of its places must vary for it to be more than a counter in long clothes. */
const BITS_MIN = 128;
const VARYING_BITS_MIN = 96;
/** Chi-square of 16 digits (15 degrees of freedom): chance exceeds it once in 80,000 runs. */
const CHI_SQUARE_MAX = 50;
const SAMPLES_MIN = 10;

/** Judges session ids in the order in which they were given out. */
export function judgeIds(ids: readonly string[]): readonly Observed[] {
  if (ids.length < SAMPLES_MIN) {
    const why = `only ${ids.length} sessions could be opened`;
    return [observed('session-length', 'unknown', why), observed('session-distinct', 'unknown', why), observed('session-random', 'unknown', why)];
  }
  const distinct = new Set(ids).size;
  const bits = Math.min(...ids.map((id) => lettersOf(id).length * bitsPerLetter(ids)));
  return [
    judged('session-length', bits >= BITS_MIN, `${Math.floor(bits)} bits`, `${Math.floor(bits)} bits at most`),
    judged('session-distinct', distinct === ids.length, `${distinct} of ${ids.length}`, `${ids.length} sessions had ${distinct} ids`),
    randomness(ids),
  ];
}

function randomness(ids: readonly string[]): Observed {
  const texts = ids.map(lettersOf);
  const length = Math.min(...texts.map((text) => text.length));
  const varying = Array.from({ length }, (_, at) => at).filter((at) => new Set(texts.map((text) => text[at])).size > texts.length / 4);
  const bits = varying.length * bitsPerLetter(ids);
  if (bits < VARYING_BITS_MIN) return observed('session-random', 'fail', `of each id only ${varying.length} places vary, ${Math.floor(bits)} bits`);
  if (!texts.every((text) => /^[0-9a-f]+$/i.test(text))) return observed('session-random', 'pass', `${Math.floor(bits)} bits vary`);
  const chiSquare = chiSquareOf(varying.flatMap((at) => texts.map((text) => text[at]?.toLowerCase() ?? '')));
  const figure = `chi-square ${chiSquare.toFixed(1)}`;
  return judged('session-random', chiSquare <= CHI_SQUARE_MAX, `${Math.floor(bits)} bits vary, ${figure}`, `its digits are far from even: ${figure}`);
}

function chiSquareOf(digits: readonly string[]): number {
  const expected = digits.length / 16;
  const counts = Map.groupBy(digits, (digit) => digit);
  return '0123456789abcdef'.split('').reduce((sum, digit) => sum + ((counts.get(digit)?.length ?? 0) - expected) ** 2 / expected, 0);
}

/** Without what only separates. */
function lettersOf(id: string): string {
  return id.replaceAll(/[-_.:{}]/g, '');
}

/** By the narrowest alphabet that has all of them. */
function bitsPerLetter(ids: readonly string[]): number {
  const all = ids.map(lettersOf).join('');
  if (/^\d*$/.test(all)) return Math.log2(10);
  return /^[0-9a-f]*$/i.test(all) ? 4 : Math.log2(62);
}
