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
/** As many as any number has: a French social security number is written in seven. */
const GROUPS_MAX = 7;

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
  const groups = run.match(GROUP) ?? [];
  const all = groups.join('');
  const found: Digits[] = [];
  let [start, before] = [at, 0];
  for (const [first, { length }] of groups.entries()) {
    numbersFrom(text, { groups, all, first, before, start }, found);
    start += length + 1;
    before += length;
  }
  return found;
}

interface Begun {
  readonly groups: readonly string[];
  /** All digits of all groups, and how many of them stand before the first group. */
  readonly all: string;
  readonly before: number;
  readonly first: number;
  readonly start: number;
}

/** What begins with one group, and goes on with as many as a number may have. One sign stands between each two. */
function numbersFrom(text: string, { groups, all, before, first, start }: Begun, found: Digits[]): void {
  let [count, sizes, separators, end] = [0, 0, '', start];
  for (let index = first; index < first + GROUPS_MAX && index < groups.length; index += 1) {
    const length = groups[index]?.length ?? 0;
    // Groups of one digit are a list, unless they end a number.
    if (index - 1 > first && groups[index - 1]?.length === 1) break;
    count += length;
    if (count > DIGITS_MAX) break;
    const separator = index === first ? '' : text.charAt(end);
    if (separator !== '' && !separators.includes(separator)) separators += separator;
    sizes = sizes * SIZE + length;
    end += separator.length + length;
    if (count >= DIGITS_MIN) found.push({ start, end, digits: all.slice(before, before + count), shape: shapeOf(sizes), separators });
  }
}

/** Above the size of any group. */
const SIZE = 32;
/** Bounded by how few digits a number has. */
const SHAPES = new Map<number, string>();

/** The same sizes have the same text: it is made once. */
function shapeOf(sizes: number): string {
  const known = SHAPES.get(sizes);
  if (known !== undefined) return known;
  const groups: number[] = [];
  for (let rest = sizes; rest > 0; rest = Math.floor(rest / SIZE)) groups.unshift(rest % SIZE);
  const shape = groups.join('-');
  SHAPES.set(sizes, shape);
  return shape;
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
