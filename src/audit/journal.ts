import { SallyportError } from '../domain/errors.ts';
import { ERROR_CODES } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { isArray } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import { toRecord } from '../domain/happening.ts';
import type { Journal, JournalRecord } from '../domain/record.ts';
import type { SealedBody } from '../domain/retention.ts';
import { LogMemory } from './log/remember.ts';
import type { LogLeave } from './log/remember.ts';
import type { Accepted } from './log/seen.ts';

const GREET_RETRY_MS = 250;
const TELL_MS = 1_000;
/** A log that was refused stays refused until an operator acts: there is no hurry. */
const REFUSED_RETRY_MS = 1_000;
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
  /** Where this role remembers what it has verified of the ledger's log. */
  readonly seenFile: string;
  /** By which orders it may go on with an older log. Default: none. */
  readonly leave?: LogLeave;
  /** How often the log is verified. Default: `LIMITS.logVerifyMs`. */
  readonly verifyMs?: number;
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
 *
 * The ledger's log is verified at each hello and every `verifyMs`. One that does not continue what this role
 * has seen of it is written to no more: every append rejects with `ERR_LOG_INCONSISTENT` until an operator accepts that log.
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

/** `lost`: the ledger is away and records wait; `given-up`: it has been away too long; `refused`: its log is not the one that was seen. */
type Phase = 'ready' | 'lost' | 'given-up' | 'refused' | 'closed';

class JournalClient implements LedgerJournal {
  readonly #link: LedgerLink;
  readonly #options: JournalOptions;
  readonly #backlogMax: number;
  readonly #stops: readonly (() => void)[];
  /** Exchanges whose records could not be kept for certain. */
  readonly #abandoned = new Set<string>();
  readonly #memory: LogMemory;
  #refusal: SallyportError | undefined;
  #verifying: Timer | undefined;
  #phase: Phase = 'lost';
  #waiting: Pending[] = [];
  /** Sent in a frame that failed, in order: goes before what waits. */
  #again: Pending[] = [];
  #count = 0;
  #chars = 0;
  #inFlightChars = 0;
  #scheduled = false;
  #gathering: Timer | undefined;
  /** How many went together last time. */
  #gathered = 0;
  /** Whether records come so close together that waiting a moment for the next ones pays. */
  #crowded = false;
  #greeting = false;
  #telling: Timer | undefined;
  #giveUp: Timer | undefined;
  readonly #flush = (): void => {
    this.#scheduled = false;
    this.#gathering = undefined;
    this.#send();
  };

  constructor(link: LedgerLink, options: JournalOptions) {
    this.#link = link;
    this.#options = options;
    this.#memory = new LogMemory(options.seenFile, LIMITS.logUnsignedMs, options.leave);
    this.#backlogMax = options.backlogMax ?? LIMITS.journalBacklogMax;
    this.#stops = [link.onUp(() => void this.#greet()), link.onDown(() => this.#lose())];
    this.#waitForLedger();
    void this.#greet();
  }

  append(record: JournalRecord, body?: SealedBody): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#phase === 'given-up' || this.#phase === 'refused' || this.#phase === 'closed') {
        this.#abandon(record.exchange);
        throw this.#refusal ?? unavailable();
      }
      if (this.#count >= this.#backlogMax || this.#chars >= LIMITS.journalBacklogCharsMax) {
        this.#abandon(record.exchange);
        throw new SallyportError('ERR_JOURNAL_BACKLOG', 'too many records wait for the ledger', { remedy: 'Try again shortly.' });
      }
      const line = JSON.stringify(record);
      if (line.length > LIMITS.recordCharsMax) throw new SallyportError('ERR_REQUEST_INVALID', 'the record is too large for the journal');
      const text = body === undefined ? line : `${line}\t${JSON.stringify(body)}`;
      if (text.length > line.length + LIMITS.sealedBodyCharsMax) throw new SallyportError('ERR_REQUEST_INVALID', 'the payload is too large for the journal');
      this.#count += 1;
      this.#chars += text.length;
      this.#waiting.push({ text, exchange: record.exchange, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      if (this.#crowded) this.#gathering = setTimeout(this.#flush, GATHER_MS);
      else setImmediate(this.#flush);
    } else if (this.#gathering !== undefined && this.#waiting.length >= this.#gathered) {
      // As many as last time are here again: there may be nobody else to wait for.
      clearTimeout(this.#gathering);
      this.#gathering = undefined;
      setImmediate(this.#flush);
    }
  }

  close(): void {
    this.#phase = 'closed';
    clearTimeout(this.#giveUp);
    clearTimeout(this.#verifying);
    clearTimeout(this.#telling);
    for (const stop of this.#stops) stop();
    this.#rejectWaiting();
  }

  #send(): void {
    // One frame at a time: what comes while one is written travels together in the next, which costs both sides far less.
    if (this.#phase !== 'ready' || this.#inFlightChars > 0) return;
    const due = this.#again.length === 0 ? this.#waiting : [...this.#again, ...this.#waiting];
    this.#again = [];
    this.#waiting = [];
    this.#gathered = due.length;
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
    this.#forget(frame);
    for (const [index, pending] of frame.entries()) {
      const place = isArray(placed) ? placed[index] : undefined;
      // What a refused ledger says that it has written counts for nothing.
      if (this.#refusal !== undefined) this.#refuse(pending, this.#refusal.code);
      else if (typeof place === 'number') {
        this.#memory.note(place);
        pending.resolve(place);
      } else this.#refuse(pending, ERROR_CODES.find((code) => code === place) ?? 'ERR_JOURNAL_UNAVAILABLE');
    }
    if (this.#waiting.length > 0) this.#schedule();
    if (this.#abandoned.size > 0) this.#tellAbandoned();
  }

  /**
   * A ledger that was there all along but refused (a full disk) is told what was given up, once it takes records again; a
   * little later, so that what the calls concerned still say of themselves comes first.
   */
  #tellAbandoned(): void {
    if (this.#telling !== undefined) return;
    this.#telling = setTimeout(() => {
      this.#telling = undefined;
      if (this.#phase !== 'ready') return;
      const abandoned = this.#givenUp();
      const { node, incarnation } = this.#options;
      const told = (): void => abandoned.forEach((exchange) => this.#abandoned.delete(exchange));
      this.#link.call('ledger.hello', { node, incarnation, abandoned }).then(told, () => undefined);
    }, TELL_MS);
    this.#telling.unref();
  }

  /** The link's errors leave it open whether the frame was written: it is sent again. The ledger's own are final. */
  #failed(frame: readonly Pending[], error: unknown): void {
    const code = error instanceof SallyportError ? error.code : 'ERR_JOURNAL_UNAVAILABLE';
    if (!code.startsWith('ERR_LINK_')) {
      this.#forget(frame);
      for (const pending of frame) this.#refuse(pending, code);
      return;
    }
    this.#again.push(...frame);
    if (this.#phase === 'given-up' || this.#phase === 'refused' || this.#phase === 'closed') this.#rejectWaiting();
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
    const abandoned = this.#givenUp();
    const { node, incarnation } = this.#options;
    try {
      await this.#link.call('ledger.hello', { node, incarnation, abandoned });
      for (const exchange of abandoned) this.#abandoned.delete(exchange);
      const accepted = await this.#check(true);
      this.#enter();
      if (accepted !== undefined) void this.#recordAcceptance(accepted);
    } catch (error) {
      if (error instanceof SallyportError && error.code === 'ERR_LOG_INCONSISTENT') {
        this.#refuseLog(error);
        return;
      }
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
    this.#refusal = undefined;
    this.#phase = 'ready';
    this.#verifySoon();
    this.#send();
  }

  #check(isNew: boolean): Promise<Accepted | undefined> {
    return this.#memory.check((wanted) => this.#link.call('ledger.checkpoint', { ...wanted }), isNew);
  }

  /** Also while this role has nothing to write: the more of the log it has seen, the less of it can be taken back. */
  #verifySoon(): void {
    clearTimeout(this.#verifying);
    this.#verifying = setTimeout(() => {
      if (this.#phase !== 'ready') return;
      this.#check(false).then(
        () => this.#verifySoon(),
        (error: unknown) => {
          // A ledger that is away is greeted anew, and its log verified then.
          if (error instanceof SallyportError && error.code === 'ERR_LOG_INCONSISTENT') this.#refuseLog(error);
          else this.#verifySoon();
        },
      );
    }, this.#options.verifyMs ?? LIMITS.logVerifyMs);
    this.#verifying.unref();
  }

  /** Nothing is appended to such a ledger; whether an operator has accepted its log is looked up from time to time. */
  #refuseLog(error: SallyportError): void {
    if (this.#phase === 'closed') return;
    clearTimeout(this.#giveUp);
    this.#phase = 'refused';
    this.#refusal = error;
    this.#rejectWaiting();
    setTimeout(() => void this.#greet(), REFUSED_RETRY_MS).unref();
  }

  async #recordAcceptance({ at, by, reason, order, before }: Accepted): Promise<void> {
    const of = { id: Bun.randomUUIDv7(), at: Date.now(), node: this.#options.node, space: DEFAULT_SPACE, exchange: '' };
    const detail = { acceptedAt: at, by, before: { ...before }, ...(order === undefined ? {} : { order }) };
    await this.append(toRecord({ ...of, event: 'log.accepted', reason, detail })).then(() => this.#memory.settle(), () => undefined);
  }

  #forget(frame: readonly Pending[]): void {
    this.#count -= frame.length;
    for (const { text } of frame) this.#chars -= text.length;
  }

  #refuse(pending: Pending, code: SallyportError['code']): void {
    this.#abandon(pending.exchange);
    if (this.#refusal !== undefined) pending.reject(this.#refusal);
    else pending.reject(notTaken(code));
  }

  #rejectWaiting(): void {
    const left = [...this.#again, ...this.#waiting];
    this.#again = [];
    this.#waiting = [];
    this.#forget(left);
    for (const pending of left) this.#refuse(pending, 'ERR_JOURNAL_UNAVAILABLE');
  }

  /** Those of which nothing waits to be written: what waits says itself how they ended. */
  #givenUp(): readonly string[] {
    const waiting = new Set([...this.#again, ...this.#waiting].map(({ exchange }) => exchange));
    return [...this.#abandoned].filter((exchange) => !waiting.has(exchange));
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

function notTaken(code: SallyportError['code']): SallyportError {
  if (code === 'ERR_JOURNAL_UNAVAILABLE') return unavailable();
  if (code !== 'ERR_SINK_BEHIND') return new SallyportError(code, 'the ledger did not take the record');
  return new SallyportError(code, 'records do not arrive where they must before calls may pass', {
    remedy: 'Try again shortly; `sallyport audit sinks` says which sink is behind, and why.',
  });
}

function unavailable(): SallyportError {
  return new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'the journal cannot keep records now', {
    remedy: 'Check that the ledger runs and its disk has room; nothing passes the gate until then.',
  });
}
