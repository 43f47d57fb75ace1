/**
 * Shared state of replicas: what only *narrows* (ended sessions, counters) and where things are (owners). Keys start with
 * the space. Every entry ends by itself. Implementations: store-backed memory (one machine), Redis (a fleet).
 * All throw `SallyportError` `ERR_STORE_UNAVAILABLE`; callers then deny (invariant 6).
 */
export interface SharedState {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** Atomic: true for exactly one caller until the entry ends. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** Atomic add; the ttl starts with the first add. */
  increment(key: string, by: number, ttlMs: number): Promise<number>;
  delete(key: string): Promise<void>;
}
