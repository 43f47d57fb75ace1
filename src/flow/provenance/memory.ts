import type { Labels } from '../../domain/server.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Mark } from './marks.ts';

/** Where values came from: the tool (`<server>/<tool>`, or the server), what its answer carried, and whether the context was trusted until after it. */
export interface Origin {
  readonly source: string;
  readonly labels: Labels;
  readonly isEarly: boolean;
}

/** What one answer left behind. */
export interface Batch {
  readonly origin: Origin;
  readonly marks: readonly Mark[];
  /** Digests of the strict forms that may be trusted from now on. */
  readonly vouched: readonly string[];
  /** It was more than is ever taken in: from now on everything counts as derived from everything. */
  readonly saturates: boolean;
}

/** The fingerprints of a context, as far as a gateway has read them. Only grows; a full one says so and stays so. */
export interface Memory {
  readonly isSaturated: boolean;
  readonly origins: readonly Origin[];
  readonly bytes: number;
  take(batch: Batch): void;
  /** The places that a mark came from, as indexes of `origins`. */
  find(mark: Mark, found: Set<number>): void;
  /** What of an answer's marks is not there yet; a full memory lacks nothing. */
  missing(origin: Origin, marks: readonly Mark[]): readonly Mark[];
  vouches(digest: string): boolean;
  /** Whether anything more can be vouched for. */
  readonly canVouch: boolean;
}

const SLOTS_MIN = 256;
const ORIGINS_MAX = 255;
const SLOT_BYTES = 9;
const DIGEST_BYTES = 64;

/** Open addressing: a mark stands once for each origin. Half of the slots stay empty. */
export function createMemory(): Memory {
  const origins: Origin[] = [];
  const vouched = new Set<string>();
  let marks = new Float64Array(SLOTS_MIN);
  let places = new Uint8Array(SLOTS_MIN);
  let [count, isSaturated] = [0, false];

  const insert = (mark: Mark, place: number): boolean => {
    const mask = marks.length - 1;
    let slot = mark % marks.length;
    for (; marks[slot] !== 0; slot = (slot + 1) & mask) if (marks[slot] === mark && places[slot] === place) return false;
    marks[slot] = mark;
    places[slot] = place;
    return true;
  };
  const grow = (): void => {
    const [before, where] = [marks, places];
    marks = new Float64Array(before.length * 2);
    places = new Uint8Array(before.length * 2);
    for (const [slot, mark] of before.entries()) if (mark !== 0) insert(mark, where[slot] ?? 0);
  };
  const add = (mark: Mark, place: number): void => {
    if (count >= LIMITS.flowMarksMax) {
      isSaturated = true;
    } else if (insert(mark, place)) {
      count += 1;
      if (count * 2 > marks.length) grow();
    }
  };
  const find = (mark: Mark, found: Set<number>): void => {
    const mask = marks.length - 1;
    for (let slot = mark % marks.length; marks[slot] !== 0; slot = (slot + 1) & mask) if (marks[slot] === mark) found.add(places[slot] ?? 0);
  };
  return {
    origins,
    get isSaturated() {
      return isSaturated;
    },
    get bytes() {
      return marks.length * SLOT_BYTES + vouched.size * DIGEST_BYTES;
    },
    take(batch) {
      isSaturated ||= batch.saturates;
      for (const digest of batch.vouched) if (vouched.size < LIMITS.flowVouchedMax) vouched.add(digest);
      if (batch.marks.length === 0) return;
      const place = placeOf(origins, batch.origin);
      if (place >= ORIGINS_MAX) isSaturated = true;
      else for (const mark of batch.marks) add(mark, place);
    },
    find,
    missing(origin, wanted) {
      if (isSaturated) return [];
      const place = origins.findIndex((one) => isSame(one, origin));
      const mask = marks.length - 1;
      const lacks = (mark: Mark): boolean => {
        for (let slot = mark % marks.length; marks[slot] !== 0; slot = (slot + 1) & mask) if (marks[slot] === mark && places[slot] === place) return false;
        return true;
      };
      return place < 0 ? wanted : wanted.filter(lacks);
    },
    vouches: (digest) => vouched.has(digest),
    get canVouch() {
      return vouched.size < LIMITS.flowVouchedMax;
    },
  };
}

function placeOf(origins: Origin[], origin: Origin): number {
  const known = origins.findIndex((one) => isSame(one, origin));
  if (known >= 0 || origins.length >= ORIGINS_MAX) return known < 0 ? ORIGINS_MAX : known;
  return origins.push(origin) - 1;
}

function isSame(one: Origin, other: Origin): boolean {
  return one.source === other.source && one.isEarly === other.isEarly && one.labels.confidentiality === other.labels.confidentiality
    && one.labels.integrity === other.labels.integrity && one.labels.categories.join() === other.labels.categories.join();
}
