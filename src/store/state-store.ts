import { LIMITS } from '../domain/limits.ts';
import type { SharedState } from '../domain/state.ts';
import { checkAddend, checkState } from './state-check.ts';
import type { StateRows } from './store.ts';

const SWEEP_EVERY_MS = 60_000;

export interface StoreStateOptions {
  /**
   * Whether this process alone writes these rows. Then reads are answered from memory; otherwise each asks the database,
   * because another replica may have ended the session meanwhile.
   */
  readonly sole: boolean;
}

/** Shared state over the store: every write is durable before it is acknowledged. */
export function createStoreState(rows: StateRows, options: StoreStateOptions): SharedState {
  const swept = sweeping(rows);
  return options.sole ? remembered(swept) : direct(swept);
}

function direct(rows: StateRows): SharedState {
  return {
    get: async (key) => {
      checkState(key, '', 1);
      return (await rows.read(key))?.value;
    },
    set: async (key, value, ttlMs) => {
      checkState(key, value, ttlMs);
      await rows.write(key, value, ttlMs);
    },
    setIfAbsent: async (key, value, ttlMs) => {
      checkState(key, value, ttlMs);
      return rows.writeIfAbsent(key, value, ttlMs);
    },
    increment: async (key, by, ttlMs) => {
      checkState(key, '', ttlMs);
      checkAddend(by);
      return (await rows.add(key, by, ttlMs)).sum;
    },
    delete: async (key) => {
      checkState(key, '', 1);
      await rows.remove(key);
    },
  };
}

/** What the database holds for a key, `undefined` = nothing; as of now, since nobody else writes. */
interface Remembered {
  readonly value: string | undefined;
  readonly endsAt: number;
}

function remembered(rows: StateRows): SharedState {
  const memory = new Map<string, Remembered>();
  const turns = new Map<string, Promise<unknown>>();
  const remember = (key: string, value: string | undefined, ttlMs: number): void => {
    memory.delete(key);
    memory.set(key, { value, endsAt: Date.now() + ttlMs });
    const oldest = memory.size > LIMITS.stateEntriesCachedMax ? memory.keys().next().value : undefined;
    if (oldest !== undefined) memory.delete(oldest);
  };
  const recall = (key: string): Remembered | undefined => {
    const found = memory.get(key);
    if (found && found.endsAt <= Date.now()) memory.delete(key);
    return memory.get(key);
  };
  /** One write of a key at a time, so that memory ends with what the database ends with. */
  const inTurn = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(key) ?? Promise.resolve()).then(work);
    const quiet = turn.catch(() => memory.delete(key));
    turns.set(key, quiet);
    try {
      return await turn;
    } finally {
      if (turns.get(key) === quiet) turns.delete(key);
    }
  };
  const database = direct(rows);
  const load = async (key: string): Promise<string | undefined> => {
    const known = recall(key);
    if (known) return known.value;
    const row = await rows.read(key);
    remember(key, row?.value, row?.ttlMs ?? Infinity);
    return row?.value;
  };
  return {
    get: async (key) => {
      checkState(key, '', 1);
      const known = turns.has(key) ? undefined : recall(key);
      return known ? known.value : inTurn(key, () => load(key));
    },
    set: (key, value, ttlMs) => inTurn(key, async () => {
      await database.set(key, value, ttlMs);
      remember(key, value, ttlMs);
    }),
    setIfAbsent: (key, value, ttlMs) => inTurn(key, async () => {
      checkState(key, value, ttlMs);
      if (recall(key)?.value !== undefined) return false;
      const taken = await database.setIfAbsent(key, value, ttlMs);
      if (taken) remember(key, value, ttlMs);
      else memory.delete(key);
      return taken;
    }),
    increment: (key, by, ttlMs) => inTurn(key, async () => {
      checkState(key, '', ttlMs);
      checkAddend(by);
      const { sum, ttlMs: leftMs } = await rows.add(key, by, ttlMs);
      remember(key, String(sum), leftMs);
      return sum;
    }),
    delete: (key) => inTurn(key, async () => {
      await database.delete(key);
      remember(key, undefined, Infinity);
    }),
  };
}

/** Removes ended rows now and then, beside a write: no timer to own, and nothing to do when nothing is written. */
function sweeping(rows: StateRows): StateRows {
  let sweptAt = Date.now();
  const sweep = (): void => {
    if (Date.now() - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = Date.now();
    // A sweep that fails harms nothing: ended rows are never read.
    void rows.sweep().catch(() => {});
  };
  return {
    ...rows,
    write: (key, value, ttlMs) => {
      sweep();
      return rows.write(key, value, ttlMs);
    },
    writeIfAbsent: (key, value, ttlMs) => {
      sweep();
      return rows.writeIfAbsent(key, value, ttlMs);
    },
    add: (key, by, ttlMs) => {
      sweep();
      return rows.add(key, by, ttlMs);
    },
  };
}
