import type { SharedState } from '../domain/state.ts';

/** No space can be called this, so no key of a gateway's (they start with a space) can begin like it. */
const OWN = '~control/';

/** Whether a key is control's own: sessions and counters of its door. A gateway that could write there could sign anybody in. */
export function isOwnKey(key: string): boolean {
  return key.startsWith(OWN);
}

/** Shared state that only replicas of control reach. */
export function ownState(state: SharedState): SharedState {
  return {
    get: (key) => state.get(OWN + key),
    set: (key, value, ttlMs) => state.set(OWN + key, value, ttlMs),
    setIfAbsent: (key, value, ttlMs) => state.setIfAbsent(OWN + key, value, ttlMs),
    increment: (key, by, ttlMs) => state.increment(OWN + key, by, ttlMs),
    delete: (key) => state.delete(OWN + key),
  };
}
