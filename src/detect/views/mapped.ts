/** A text that was made of another one, and where its parts stand in that. */
export interface Mapped {
  readonly text: string;
  /** The part of the other text that the units from `start` up to `end` come from. */
  readonly origin: (start: number, end: number) => readonly [number, number];
}

/** A text whose every part comes from the whole of `start` up to `end`: what is decoded is decoded together. */
export function decodedFrom(text: string, start: number, end: number): Mapped {
  return { text, origin: () => [start, end] };
}

/** A part of the other text as it stands there. */
export function partOf(text: string, start: number, end: number): Mapped {
  return { text: text.slice(start, end), origin: (first, last) => [start + first, start + last] };
}

/** Builds a text out of runs of another one and of what stands in their place. Runs cost one entry, however long. */
export class MappedText {
  readonly #parts: string[] = [];
  /** Where each run begins, here and there. */
  readonly #here: number[] = [];
  readonly #there: number[] = [];
  /** Where something else stands here than there: beginnings and ends, by turns. */
  readonly #changed: number[] = [];
  #length = 0;

  /** Units that stand for themselves. */
  copy(text: string, start: number, end: number): void {
    if (end > start) this.#put(text.slice(start, end), start);
  }

  /** `text` in place of what begins at `at`; the empty text where it is only left out. */
  add(text: string, at: number): void {
    this.#changed.push(this.#length, this.#length + text.length);
    if (text !== '') this.#put(text, at);
  }

  #put(text: string, at: number): void {
    this.#here.push(this.#length);
    this.#there.push(at);
    this.#parts.push(text);
    this.#length += text.length;
  }

  /** The same as `end`, of a long text only what changed and what stands around it. */
  ends(at: number): readonly Mapped[] {
    return this.#changed.length === 0 ? [] : aroundChanges(this.end(at), this.#changed);
  }

  /** `at`: where the other text, or the last run of it, ends. */
  end(at: number): Mapped {
    const [here, there] = [[...this.#here, this.#length], [...this.#there, at]];
    const placeOf = (unit: number): number => {
      const run = lastUpTo(here, unit);
      // What stands for one character may be longer than it: it ends where the next run begins.
      return Math.min((there[run] ?? at) + unit - (here[run] ?? 0), there[run + 1] ?? at);
    };
    return { text: this.#parts.join(''), origin: (start, end) => [placeOf(start), Math.max(placeOf(start), placeOf(end))] };
  }
}

/** What changed of a long text, each with the words around it; what stands as it stood is read there. */
function aroundChanges(mapped: Mapped, changed: readonly number[]): readonly Mapped[] {
  const windows: (readonly [number, number])[] = [];
  let total = 0;
  for (let index = 0; index < changed.length; index += 2) {
    const start = Math.max(0, (changed[index] ?? 0) - AROUND);
    const end = Math.min(mapped.text.length, (changed[index + 1] ?? 0) + AROUND);
    const last = windows.at(-1);
    const joins = last !== undefined && start <= last[1];
    if (joins) windows[windows.length - 1] = [last[0], Math.max(end, last[1])];
    else windows.push([start, end]);
    total += end - start;
  }
  if (windows.length > WINDOWS_MAX || total > mapped.text.length / 2) return [mapped];
  return windows.map(([from, to]) => ({ text: mapped.text.slice(from, to), origin: (start, end) => mapped.origin(from + start, from + end) }));
}

/** So many units before and after belong to what is said. */
const AROUND = 160;
const WINDOWS_MAX = 100;

/** Index of the last entry that is not greater than `value`. */
function lastUpTo(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
