import type { View } from '../domain/detector.ts';

/** A number as people write it: groups of digits with one separator between each two. */
export interface Digits {
  readonly start: number;
  readonly end: number;
  /** Digits only. */
  readonly digits: string;
  /** Sizes of its groups: `4-4-4-4`; of one group: `16`. */
  readonly shape: string;
  /** What stands between its groups, each once. */
  readonly separators: string;
}

const RUN = /\d(?:[ .\-/]?\d){7,}/g;
const GROUP = /\d+/g;
const DIGITS_MIN = 8;
const DIGITS_MAX = 19;
const GROUPS_MAX = 6;

const REMEMBERED = new WeakMap<View, readonly Digits[]>();

/** Every number of 8 to 19 digits, also those that stand among others. Found once a view, whoever asks. */
export function digitsOf(view: View): readonly Digits[] {
  const known = REMEMBERED.get(view);
  if (known !== undefined) return known;
  const found = [...view.text.matchAll(RUN)].flatMap(({ 0: run, index }) => numbersIn(view.text, run, index));
  REMEMBERED.set(view, found);
  return found;
}

function numbersIn(text: string, run: string, at: number): readonly Digits[] {
  if (/\w/.test(text.charAt(at - 1)) || /\w/.test(text.charAt(at + run.length))) return [];
  const groups = [...run.matchAll(GROUP)].map(({ 0: digits, index }) => ({ digits, start: at + index, end: at + index + digits.length }));
  return groups.flatMap(({ start }, first) => {
    const found: Digits[] = [];
    let digits = '';
    for (const [offset, group] of groups.slice(first, first + GROUPS_MAX).entries()) {
      digits += group.digits;
      if (digits.length > DIGITS_MAX) break;
      // Groups of one digit are a list, unless they end a number.
      const inside = groups.slice(first, first + offset);
      if (inside.some((one, index) => one.digits.length === 1 && index > 0)) break;
      if (digits.length < DIGITS_MIN) continue;
      const sizes = [...inside, group].map((one) => one.digits.length);
      found.push({ start, end: group.end, digits, shape: sizes.join('-'), separators: separatorsOf(text.slice(start, group.end)) });
    }
    return found;
  });
}

function separatorsOf(text: string): string {
  return [...new Set(text.replace(/\d/g, ''))].join('');
}

/** Views in which numbers may be looked for: what is put together of several fields, or turned, makes numbers that nobody wrote. */
export function saysNumbers({ via, text }: View): boolean {
  return text.length >= DIGITS_MIN && !via.includes('joined') && !via.includes('rot13') && !via.includes('selectors');
}

const CONTEXT_CHARS = 60;

/** What a value is called: the name of its property, and what stands close before it. */
export function contextOf(view: View, start: number): string {
  const pointer = view.spansOf(start, start + 1)[0]?.at ?? '';
  const key = pointer.slice(pointer.lastIndexOf('/') + 1);
  return `${key} ${view.text.slice(Math.max(0, start - CONTEXT_CHARS), start)}`;
}
