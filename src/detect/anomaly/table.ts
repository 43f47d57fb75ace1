/**
 * A bounded table of numbers by hash: set-associative, as a processor's cache is, so that it never grows and never moves.
 * Which row makes room: a young one before an established one, and the one idle for longest first. A flood of new names thus
 * washes nobody's baseline away; an established row goes only after `idleHoursMax` without use.
 */
export interface Table {
  readonly floats: Float32Array;
  /** The same bytes as whole numbers. */
  readonly words: Uint32Array;
  readonly stride: number;
  /** Start of the key's row, or -1. */
  find(key: number): number;
  /** Start of the key's row, made where there is none; -1 where no row may make room. */
  claim(key: number, hour: number): number;
  /** Marks a row as established: it has learnt enough to be worth keeping. */
  establish(start: number): void;
  readonly size: number;
  /** Every used row: for saving. */
  rows(): Generator<{ readonly key: number; readonly hour: number; readonly established: boolean; readonly start: number }, void, undefined>;
}

const WAYS = 16;
const IDLE_HOURS_MAX = 14 * 24;

export function createTable(capacity: number, stride: number): Table {
  const sets = Math.ceil(capacity / WAYS);
  const keys = new Float64Array(sets * WAYS);
  const used = new Float32Array(sets * WAYS);
  const kept = new Uint8Array(sets * WAYS);
  const floats = new Float32Array(sets * WAYS * stride);
  let size = 0;

  const find = (key: number): number => {
    const first = (key % sets) * WAYS;
    for (let way = first; way < first + WAYS; way += 1) if (keys[way] === key) return way;
    return -1;
  };

  /** The place for a new key: an empty one, else the youngest claim to stay. */
  const place = (key: number, hour: number): number => {
    const first = (key % sets) * WAYS;
    let [best, least] = [-1, Infinity];
    for (let way = first; way < first + WAYS; way += 1) {
      if (keys[way] === 0) return way;
      const idle = hour - (used[way] ?? 0);
      if (kept[way] === 1 && idle < IDLE_HOURS_MAX) continue;
      const worth = (kept[way] === 1 ? IDLE_HOURS_MAX * 2 : 0) - idle;
      if (worth < least) [best, least] = [way, worth];
    }
    return best;
  };

  return {
    floats,
    words: new Uint32Array(floats.buffer),
    stride,
    find: (key) => {
      const way = find(key);
      return way < 0 ? -1 : way * stride;
    },
    claim(key, hour) {
      const known = find(key);
      const way = known < 0 ? place(key, hour) : known;
      if (way < 0) return -1;
      if (known < 0) {
        if (keys[way] === 0) size += 1;
        floats.fill(0, way * stride, (way + 1) * stride);
        keys[way] = key;
        kept[way] = 0;
      }
      used[way] = Math.max(hour, known < 0 ? 0 : (used[way] ?? 0));
      return way * stride;
    },
    establish(start) {
      kept[start / stride] = 1;
    },
    get size() {
      return size;
    },
    *rows() {
      for (let way = 0; way < keys.length; way += 1) {
        const key = keys[way] ?? 0;
        if (key !== 0) yield { key, hour: used[way] ?? 0, established: kept[way] === 1, start: way * stride };
      }
    },
  };
}
