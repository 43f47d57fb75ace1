import type { Item } from './sink.ts';

/** What is handed over together, and up to where it covers the log (records that the sink is not for are covered too). */
export interface Batch {
  readonly items: readonly Item[];
  readonly through: number;
}

export interface FeedLimits {
  readonly records: number;
  readonly bytes: number;
  readonly waitMs: number;
}

/** Between reading and sending: holds less than two batches; whoever reads waits while it is full. */
export class Feed {
  readonly #limits: FeedLimits;
  #items: Item[] = [];
  #bytes = 0;
  #through = -1;
  /** When the oldest that waits came, by the monotonic clock; undefined: nothing waits. */
  #since: number | undefined;
  #ended = false;
  #fault: Error | undefined;
  #reader: (() => void) | undefined;
  #taker: (() => void) | undefined;

  constructor(limits: FeedLimits) {
    this.#limits = limits;
  }

  /** `item` absent: the record is not for this sink. Resolves when there is room for the next one. */
  push(position: number, item: Item | undefined): Promise<void> | undefined {
    this.#through = position;
    if (item !== undefined) {
      this.#items.push(item);
      this.#bytes += item.text.length;
    }
    const isFirst = this.#since === undefined;
    this.#since ??= performance.now();
    if (isFirst || this.#isFull) this.#taker?.();
    return this.#isFull && !this.#ended ? new Promise((resolve) => (this.#reader = resolve)) : undefined;
  }

  /** When the oldest record that waits was written, epoch ms. */
  get oldestAt(): number | undefined {
    return this.#items[0]?.at;
  }

  /** Nothing comes any more; whoever waits on either side goes on, the taker with the fault if there is one. */
  end(fault?: Error): void {
    this.#ended = true;
    this.#fault ??= fault;
    this.#taker?.();
    this.#reader?.();
  }

  /** Everything that waits, as soon as it is enough or has waited long enough; undefined at the end. Throws what it was ended with. */
  async take(): Promise<Batch | undefined> {
    while (!this.#ended && !this.#isFull) {
      const left = this.#since === undefined ? undefined : this.#since + this.#limits.waitMs - performance.now();
      if (left !== undefined && left <= 0) break;
      await this.#wait(left);
    }
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#ended) return undefined;
    const batch = { items: this.#items, through: this.#through };
    this.#items = [];
    this.#bytes = 0;
    this.#since = undefined;
    this.#reader?.();
    return batch;
  }

  get #isFull(): boolean {
    return this.#items.length >= this.#limits.records || this.#bytes >= this.#limits.bytes;
  }

  #wait(forMs: number | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = forMs === undefined ? undefined : setTimeout(resolve, forMs);
    this.#taker = resolve;
    return promise.finally(() => clearTimeout(timer));
  }
}
