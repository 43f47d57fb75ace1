import type { Control } from '../control.ts';

/** Finds something out, unless it was found out a moment ago: many look on at once, and every few seconds. */
export type Kept = <T>(key: string, ms: number, find: () => Promise<T>) => Promise<T>;

interface Found {
  readonly at: number;
  readonly value: Promise<unknown>;
}

const ALL = new WeakMap<Control['store'], Map<string, Found>>();
const KEYS_MAX = 5_000;

/** What one control keeps. A key stands for one question alone, with everything that its answer depends on. */
export function keptBy({ store }: Pick<Control, 'store'>): Kept {
  const found = ALL.get(store) ?? new Map<string, Found>();
  ALL.set(store, found);
  return <T>(key: string, ms: number, find: () => Promise<T>): Promise<T> => {
    const known = found.get(key);
    // What a key was given is what its only question finds.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    if (known !== undefined && performance.now() - known.at < ms) return known.value as Promise<T>;
    if (found.size >= KEYS_MAX) found.clear();
    const value = find();
    found.set(key, { at: performance.now(), value });
    // What failed is asked again by who asks next.
    value.catch(() => found.delete(key));
    return value;
  };
}
