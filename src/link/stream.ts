import { LIMITS } from '../domain/limits.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { parseBody } from './frame.ts';

/**
 * The receiving end of a stream. The sender may have one window of characters (and the item that overruns it) under way;
 * `onCredit` tells it what has been consumed, so a slow reader slows the writer and nothing piles up in between.
 */
export class Inlet {
  readonly #onCredit: (chars: number) => void;
  #items: string[] = [];
  #queuedChars = 0;
  #consumedChars = 0;
  #ended = false;
  #error: SallyportError | undefined;
  #wake: (() => void) | undefined;

  constructor(onCredit: (chars: number) => void) {
    this.#onCredit = onCredit;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Throws `ERR_LINK_FRAME` when the sender ignores the window. */
  push(text: string): void {
    if (this.#queuedChars > LIMITS.linkStreamWindowChars) throw new SallyportError('ERR_LINK_FRAME', 'a stream on the link ran past its window');
    this.#items.push(text);
    this.#queuedChars += text.length;
    this.#wake?.();
  }

  end(error?: SallyportError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  /** The items in order; what arrived before the end is handed out before an error is thrown. */
  async *items(signal: AbortSignal): AsyncGenerator<Json, void> {
    const wake = (): void => this.#wake?.();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        const text = this.#items.shift();
        if (text !== undefined) {
          yield parseBody(text);
          this.#consume(text.length);
        } else if (this.#ended) {
          if (this.#error !== undefined) throw this.#error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** Credit goes back a quarter window at a time: often enough that a waiting sender always hears, rarely enough to be cheap. */
  #consume(chars: number): void {
    this.#queuedChars -= chars;
    this.#consumedChars += chars;
    if (this.#ended || this.#consumedChars < LIMITS.linkStreamWindowChars / 4) return;
    this.#onCredit(this.#consumedChars);
    this.#consumedChars = 0;
  }
}

/** The sending end: draws from `source` only while the window is open. Aborting it stops the source at once. */
export class Outlet {
  readonly #abort = new AbortController();
  #inFlightChars = 0;
  #wake: (() => void) | undefined;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  credit(chars: number): void {
    this.#inFlightChars = Math.max(0, this.#inFlightChars - chars);
    this.#wake?.();
  }

  /** Ends when the source does or when aborted; throws what the source throws. */
  async pump(source: AsyncIterable<Json>, send: (text: string) => void): Promise<void> {
    const iterator = source[Symbol.asyncIterator]();
    while (!this.signal.aborted) {
      const next = await this.#nextOf(iterator);
      if (next === undefined || this.signal.aborted) break;
      if (next.done === true) return;
      const text = JSON.stringify(next.value);
      this.#inFlightChars += text.length;
      send(text);
      await this.#windowOpen();
    }
    // Not awaited: a source that is deaf to its signal must not hold the connection's bookkeeping.
    iterator.return?.().catch(() => undefined);
  }

  /** The source's next item, or `undefined` as soon as the stream is aborted. */
  #nextOf(iterator: AsyncIterator<Json>): Promise<IteratorResult<Json> | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        if (this.signal.aborted) resolve(undefined);
      };
      iterator.next().then(resolve, reject);
    });
  }

  async #windowOpen(): Promise<void> {
    while (this.#inFlightChars >= LIMITS.linkStreamWindowChars && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
