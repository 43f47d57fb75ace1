import type { SharedState } from '../../domain/state.ts';
import type { Rate } from '../../policy/obligations.ts';

/** One call that was counted, or the time until one may be. */
export type Take = { readonly giveBack: () => Promise<void> } | { readonly retryAfterMs: number };

/** Counts over all replicas: never more than `max` in any stretch of `periodMs`, whoever counts. */
export interface Counters {
  /** `key` starts with the space. Throws ERR_STORE_UNAVAILABLE: what can't be counted is not let through (invariant 6). */
  take(key: string, rate: Rate): Promise<Take>;
}

/**
 * A period is so many slots, and a stretch as long as it touches one slot more: their sum is what may not pass `max`. A
 * steady caller gets `max` in 1.2 periods; more slots would be nearer to one and cost more reads.
 */
const SLOTS = 5;
/** Who was refused and asks on within this time is looked at first: only what may well pass is added, so that others lose nothing by it. */
const LOOK_FIRST_MS = 1_000;
const REMEMBERED_MAX = 20_000;

export function createCounters(state: SharedState, now: () => number = Date.now): Counters {
  // What a slot held when nobody could add to it any more.
  const closed = new Map<string, number>();
  const refused = new Map<string, number>();
  const read = async (slotKey: string): Promise<number> => Number((await state.get(slotKey)) ?? 0);
  const readClosed = async (slotKey: string): Promise<number> => {
    const known = closed.get(slotKey);
    if (known !== undefined) return known;
    const count = await read(slotKey);
    if (closed.size >= REMEMBERED_MAX) closed.clear();
    closed.set(slotKey, count);
    return count;
  };
  const add = (slotKey: string, by: number, slotMs: number): Promise<number> => state.increment(slotKey, by, slotMs * (SLOTS + 3));

  const older = (key: string, slotMs: number, slot: number): Promise<readonly number[]> =>
    Promise.all([5, 4, 3, 2].map((back) => readClosed(`${key}/${slotMs}/${slot - back}`)));

  /** Why nothing would pass now, without adding anything. */
  const look = async (key: string, { max, periodMs }: Rate): Promise<Take | undefined> => {
    const slotMs = periodMs / SLOTS;
    const slot = Math.floor(now() / slotMs);
    const near = [slot - 1, slot, slot + 1].map((which) => read(`${key}/${slotMs}/${which}`));
    const [past, [before = 0, mine = 0, after = 0]] = await Promise.all([older(key, slotMs, slot), Promise.all(near)]);
    const counts = [...past, before, mine];
    return sum(counts) + after < max ? undefined : { retryAfterMs: Math.max(1, freeAt(counts, after, max, slot) * slotMs - now()) };
  };

  /**
   * Adds first and looks then, at the slots on both sides too: of two that add at the same moment, on whichever replicas,
   * one at least sees the other. Who adds so late that others no longer look there starts over.
   */
  const attempt = async (key: string, { max, periodMs }: Rate): Promise<Take | undefined> => {
    const slotMs = periodMs / SLOTS;
    const slot = Math.floor(now() / slotMs);
    const slotKey = (which: number): string => `${key}/${slotMs}/${which}`;
    const past = older(key, slotMs, slot);
    // Awaited below, where what was added is given back if they fail.
    past.catch(() => undefined);
    const mine = await add(slotKey(slot), 1, slotMs);
    const giveBack = async (): Promise<void> => void (await add(slotKey(slot), -1, slotMs));
    try {
      const [before, after] = await Promise.all([read(slotKey(slot - 1)), read(slotKey(slot + 1))]);
      const counts = [...(await past), before, mine - 1];
      if (Math.floor(now() / slotMs) > slot + 1) {
        await giveBack();
        return undefined;
      }
      if (sum(counts) + after < max) return { giveBack };
      await giveBack();
      return { retryAfterMs: Math.max(1, freeAt(counts, after, max, slot) * slotMs - now()) };
    } catch (fault) {
      await giveBack().catch(() => undefined);
      throw fault;
    }
  };

  return {
    async take(key, rate) {
      const place = `${key}/${rate.periodMs}`;
      for (;;) {
        const isContended = (refused.get(place) ?? 0) > now();
        const take = (isContended ? await look(key, rate) : undefined) ?? (await attempt(key, rate));
        if (take === undefined) continue;
        if ('retryAfterMs' in take) {
          if (refused.size >= REMEMBERED_MAX) refused.clear();
          refused.set(place, now() + LOOK_FIRST_MS);
        }
        return take;
      }
    },
  };
}

/** The slot in which there is room again; `counts` are those of the last slots, this one's last. */
function freeAt(counts: readonly number[], after: number, max: number, slot: number): number {
  let held = sum(counts) + after;
  for (const [index, count] of counts.entries()) {
    held -= count;
    if (held < max) return slot + index + 1;
  }
  return slot + SLOTS + 2;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
