/** What is known of how far one sink has come. */
export interface Seen {
  readonly position: number;
  readonly oldestAt?: number;
  /** When it said so, epoch ms. */
  readonly seenAt: number;
}

const STALE_MS = 5_000;

/**
 * How far one sink is behind, from outside of it: also when the thread that runs it hangs or is gone, because what counts as
 * delivered is only what it said, and time goes on without it.
 */
export class Lag {
  /** Everything that was written by then is delivered. */
  #caughtUpAt: number;
  #mark: { readonly next: number; readonly at: number };
  #seen: Seen | undefined;

  constructor(next: number, now: number) {
    this.#caughtUpAt = now;
    this.#mark = { next, at: now };
  }

  see(seen: Seen, next: number): void {
    this.#seen = seen;
    if (seen.position < this.#mark.next - 1) return;
    this.#caughtUpAt = this.#mark.at;
    this.#mark = { next, at: seen.seenAt };
  }

  /** Records and ms; the ms are never less than it is, and at most a report's interval more. */
  measure(next: number, now: number): { readonly records: number; readonly ms: number } {
    const seen = this.#seen;
    const records = Math.max(0, next - 1 - (seen?.position ?? -1));
    if (records === 0) return { records, ms: 0 };
    const isFresh = seen !== undefined && now - seen.seenAt < STALE_MS;
    const since = isFresh && seen.oldestAt !== undefined ? seen.oldestAt : this.#caughtUpAt;
    return { records, ms: Math.max(0, now - since) };
  }
}
