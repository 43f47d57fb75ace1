import { SallyportError } from '../domain/errors.ts';
import { ERROR_CODES } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { isArray } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Journal, JournalRecord } from '../domain/record.ts';

const GREET_RETRY_MS = 250;
/** A frame is closed once it holds this much; a backlog of large records must not outgrow the link's frames. */
const FRAME_CHARS = 1024 * 1024;
/** What may be under way at once: the rest of a backlog waits here and not in the link's memory. */
const IN_FLIGHT_CHARS = 8 * FRAME_CHARS;
/**
 * Group commit: a frame costs both processes several system calls, whatever it holds. While frames hold one record each,
 * nobody waits; when they begin to hold more, they are gathered for a moment, until there are too few to gather.
 */
const GATHER_MS = 1;
const CROWD_BEGINS = 3;
const CROWD_STAYS = 4;

/** The way to the ledger, as the journal needs it (`link/` has it; `roles/` joins them). */
export interface LedgerLink {
  call(verb: string, body: Json): Promise<Json>;
  callText(verb: string, text: string): Promise<Json>;
  onUp(listener: () => void): () => void;
  onDown(listener: () => void): () => void;
}

export interface JournalOptions {
  readonly node: string;
  /** New at each start of the process: what an earlier one left open is closed as unknown. */
  readonly incarnation: string;
  /** How many records may wait for their position. Default: `LIMITS.journalBacklogMax`. */
  readonly backlogMax?: number;
  /** How long records wait for a lost ledger to come back. Default: `LIMITS.journalRetryMs`. */
  readonly retryMs?: number;
}

/**
 * The writing side of the journal. What is appended in one turn of the event loop travels as one frame; each append resolves
 * with its position. A ledger that goes away is waited for (`retryMs`): records are sent again under their own ids, which the
 * ledger knows, so none is written twice. After that appends reject with `ERR_JOURNAL_UNAVAILABLE`, at once, until it is
 * back; the exchanges concerned are named to it then, and it closes what it holds open of them as unknown. Further errors:
 * `ERR_JOURNAL_BACKLOG`, and `ERR_REQUEST_INVALID` for a record that is too large.
 */
export interface LedgerJournal extends Journal {
  /** Rejects what waits. */
  close(): void;
}

export function createJournal(link: LedgerLink, options: JournalOptions): LedgerJournal {
  return new JournalClient(link, options);
}

interface Pending {
  readonly text: string;
  readonly exchange: string;
  readonly resolve: (position: number) => void;
  readonly reject: (error: SallyportError) => void;
}

/** `lost`: the ledger is away and records wait; `given-up`: it has been away too long. */
type Phase = 'ready' | 'lost' | 'given-up' | 'closed';

class JournalClient implements LedgerJournal {
  readonly #link: LedgerLink;
  readonly #options: JournalOptions;
  readonly #backlogMax: number;
  readonly #stops: readonly (() => void)[];
  /** Exchanges whose records could not be kept for certain. */
  readonly #abandoned = new Set<string>();
  #phase: Phase = 'lost';
  #waiting: Pending[] = [];
  /** Sent in a frame that failed, in order: goes before what waits. */
  #again: Pending[] = [];
  #count = 0;
  #inFlightChars = 0;
  #scheduled = false;
  /** Whether records come so close together that waiting a moment for the next ones pays. */
  #crowded = false;
  #greeting = false;
  #giveUp: Timer | undefined;
  readonly #flush = (): void => {
    this.#scheduled = false;
    this.#send();
  };

  constructor(link: LedgerLink, options: JournalOptions) {
    this.#link = link;
    this.#options = options;
    this.#backlogMax = options.backlogMax ?? LIMITS.journalBacklogMax;
    this.#stops = [link.onUp(() => void this.#greet()), link.onDown(() => this.#lose())];
    this.#waitForLedger();
    void this.#greet();
  }

  append(record: JournalRecord): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#phase === 'given-up' || this.#phase === 'closed') {
        this.#abandon(record.exchange);
        throw unavailable();
      }
      if (this.#count >= this.#backlogMax) {
        this.#abandon(record.exchange);
        throw new SallyportError('ERR_JOURNAL_BACKLOG', 'too many records wait for the ledger', { remedy: 'Try again shortly.' });
      }
      const text = JSON.stringify(record);
      if (text.length > LIMITS.recordCharsMax) throw new SallyportError('ERR_REQUEST_INVALID', 'the record is too large for the journal');
      this.#count += 1;
      this.#waiting.push({ text, exchange: record.exchange, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#crowded) setTimeout(this.#flush, GATHER_MS);
    else setImmediate(this.#flush);
  }

  close(): void {
    this.#phase = 'closed';
    clearTimeout(this.#giveUp);
    for (const stop of this.#stops) stop();
    this.#rejectWaiting();
  }

  #send(): void {
    // One frame at a time: what comes while one is written travels together in the next, which costs both sides far less.
    if (this.#phase !== 'ready' || this.#inFlightChars > 0) return;
    const due = this.#again.length === 0 ? this.#waiting : [...this.#again, ...this.#waiting];
    this.#again = [];
    this.#waiting = [];
    this.#crowded = due.length >= (this.#crowded ? CROWD_STAYS : CROWD_BEGINS);
    let from = 0;
    while (from < due.length && this.#inFlightChars < IN_FLIGHT_CHARS) {
      const start = from;
      let text = '';
      for (let pending = due[from]; pending !== undefined && text.length < FRAME_CHARS; pending = due[from]) {
        text += from === start ? pending.text : `\n${pending.text}`;
        from += 1;
      }
      this.#dispatch(start === 0 && from === due.length ? due : due.slice(start, from), text);
    }
    if (from < due.length) this.#waiting = due.slice(from);
  }

  #dispatch(frame: readonly Pending[], text: string): void {
    this.#inFlightChars += text.length;
    this.#link
      .callText('ledger.append', text)
      .finally(() => (this.#inFlightChars -= text.length))
      .then(
        (placed) => this.#settle(frame, placed),
        (error: unknown) => this.#failed(frame, error),
      );
  }

  #settle(frame: readonly Pending[], placed: Json): void {
    this.#count -= frame.length;
    for (const [index, pending] of frame.entries()) {
      const place = isArray(placed) ? placed[index] : undefined;
      if (typeof place === 'number') pending.resolve(place);
      else this.#refuse(pending, ERROR_CODES.find((code) => code === place) ?? 'ERR_JOURNAL_UNAVAILABLE');
    }
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** The link's errors leave it open whether the frame was written: it is sent again. The ledger's own are final. */
  #failed(frame: readonly Pending[], error: unknown): void {
    const code = error instanceof SallyportError ? error.code : 'ERR_JOURNAL_UNAVAILABLE';
    if (!code.startsWith('ERR_LINK_')) {
      this.#count -= frame.length;
      for (const pending of frame) this.#refuse(pending, code);
      return;
    }
    this.#again.push(...frame);
    if (this.#phase === 'given-up' || this.#phase === 'closed') this.#rejectWaiting();
    else if (this.#phase === 'ready') {
      this.#lose();
      void this.#greet();
    }
  }

  #lose(): void {
    if (this.#phase !== 'ready') return;
    this.#phase = 'lost';
    this.#waitForLedger();
  }

  #waitForLedger(): void {
    clearTimeout(this.#giveUp);
    this.#giveUp = setTimeout(() => {
      this.#phase = 'given-up';
      this.#rejectWaiting();
    }, this.#options.retryMs ?? LIMITS.journalRetryMs);
    this.#giveUp.unref();
  }

  /** Nothing is appended on a connection before the ledger knows which process writes. */
  async #greet(): Promise<void> {
    if (this.#greeting || this.#phase === 'closed' || this.#phase === 'ready') return;
    this.#greeting = true;
    const abandoned = [...this.#abandoned];
    const { node, incarnation } = this.#options;
    try {
      await this.#link.call('ledger.hello', { node, incarnation, abandoned });
      for (const exchange of abandoned) this.#abandoned.delete(exchange);
      this.#enter();
    } catch (error) {
      // The link tells when it is up again; a ledger that is up but could not answer is asked again.
      const isDown = error instanceof SallyportError && error.code.startsWith('ERR_LINK_');
      if (!isDown) setTimeout(() => void this.#greet(), GREET_RETRY_MS).unref();
    } finally {
      this.#greeting = false;
    }
  }

  #enter(): void {
    if (this.#phase === 'closed') return;
    clearTimeout(this.#giveUp);
    this.#phase = 'ready';
    this.#send();
  }

  #refuse(pending: Pending, code: SallyportError['code']): void {
    this.#abandon(pending.exchange);
    pending.reject(code === 'ERR_JOURNAL_UNAVAILABLE' ? unavailable() : new SallyportError(code, 'the ledger did not take the record'));
  }

  #rejectWaiting(): void {
    const left = [...this.#again, ...this.#waiting];
    this.#again = [];
    this.#waiting = [];
    this.#count -= left.length;
    for (const pending of left) this.#refuse(pending, 'ERR_JOURNAL_UNAVAILABLE');
  }

  /** Bounded: the oldest is forgotten first, and stays open in the ledger until this process's next start. */
  #abandon(exchange: string): void {
    if (exchange === '') return;
    this.#abandoned.add(exchange);
    if (this.#abandoned.size <= this.#backlogMax) return;
    for (const oldest of this.#abandoned) {
      this.#abandoned.delete(oldest);
      break;
    }
  }
}

function unavailable(): SallyportError {
  return new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'the journal cannot keep records now', {
    remedy: 'Check that the ledger runs and its disk has room; nothing passes the gate until then.',
  });
}
