import { SallyportError } from '../../domain/errors.ts';
import type { ActivityAnswer, ActivityAsk, Answer, Ask, EdgesAnswer, EdgesAsk, SessionsAnswer, SessionsAsk } from './ask.ts';
import type { Fault, FromWorker, ToWorker } from './messages.ts';
import type { Answered, End, Order } from './work.ts';

/** The index says that the ledger has grown at most this often: it takes many records at once. */
const GROWN_MS = 50;
const RESTART_MS = 1_000;

/**
 * The index of a ledger: where records are, by what they say. It follows the segments at its own pace in its own thread, may
 * lag behind, and may be deleted: it is made anew. What it answers was read from the segments and proves itself.
 */
export interface LedgerIndex {
  /** Throws `ERR_QUERY_INVALID`, `ERR_JOURNAL_UNAVAILABLE`. */
  search(ask: Ask): Promise<Answer>;
  sessions(ask: SessionsAsk): Promise<SessionsAnswer>;
  activity(ask: ActivityAsk): Promise<ActivityAnswer>;
  edges(ask: EdgesAsk): Promise<EdgesAnswer>;
  /** Takes erased records out. Resolves when nothing of them is left in the index's files. */
  forget(positions: readonly number[]): Promise<void>;
  /** The ledger has grown. */
  grown(): void;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (answer: Answered) => void;
  readonly reject: (error: SallyportError) => void;
}

/** Opens the index of the ledger in `dir` (`<dir>/index`). `end`: how far the ledger's files may be read now. */
export function openLedgerIndex(dir: string, end: () => End): LedgerIndex {
  return new Following(dir, end);
}

class Following implements LedgerIndex {
  readonly #dir: string;
  readonly #end: () => End;
  readonly #waiting = new Map<number, Waiting>();
  readonly #left = Promise.withResolvers<void>();
  #worker: Worker;
  #id = 0;
  #timer: Timer | undefined;
  #closing = false;
  /** Set while there is no thread. */
  #restart: Timer | undefined;

  constructor(dir: string, end: () => End) {
    this.#dir = dir;
    this.#end = end;
    this.#worker = this.#start();
  }

  async search(ask: Ask): Promise<Answer> {
    const answer = await this.#order({ kind: 'search', ask });
    if (answer === null || !('entries' in answer)) throw strange();
    return answer;
  }

  async sessions(ask: SessionsAsk): Promise<SessionsAnswer> {
    const answer = await this.#order({ kind: 'sessions', ask });
    if (answer === null || !('sessions' in answer)) throw strange();
    return answer;
  }

  async activity(ask: ActivityAsk): Promise<ActivityAnswer> {
    const answer = await this.#order({ kind: 'activity', ask });
    if (answer === null || !('rows' in answer)) throw strange();
    return answer;
  }

  async edges(ask: EdgesAsk): Promise<EdgesAnswer> {
    const answer = await this.#order({ kind: 'edges', ask });
    if (answer === null || !('edges' in answer)) throw strange();
    return answer;
  }

  async forget(positions: readonly number[]): Promise<void> {
    await this.#order({ kind: 'forget', positions });
  }

  grown(): void {
    if (this.#timer !== undefined || this.#closing) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tell({ grown: this.#end() });
    }, GROWN_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#closing = true;
    if (this.#restart === undefined) this.#tell({ close: true });
    else this.#left.resolve();
    await this.#left.promise;
    clearTimeout(this.#restart);
    this.#worker.terminate();
  }

  #order(order: Order): Promise<Answered> {
    return new Promise((resolve, reject) => {
      if (this.#closing) throw new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'the ledger is stopping');
      if (this.#restart !== undefined) throw stoppedFault();
      this.#id += 1;
      this.#waiting.set(this.#id, { resolve, reject });
      this.#tell({ id: this.#id, end: this.#end(), order });
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('worker.ts', import.meta.url).href);
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#hear(data));
    worker.addEventListener('error', () => this.#failed(worker));
    say(worker, { open: this.#dir });
    say(worker, { grown: this.#end() });
    return worker;
  }

  #tell(message: ToWorker): void {
    say(this.#worker, message);
  }

  #hear(message: FromWorker): void {
    if ('closed' in message) {
      this.#left.resolve();
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('answer' in message) waiting?.resolve(message.answer);
    else waiting?.reject(faultOf(message.fault));
  }

  /** A thread that died takes its questions with it; the next ones go to a new one, soon. */
  #failed(worker: Worker): void {
    for (const { reject } of this.#waiting.values()) reject(stoppedFault());
    this.#waiting.clear();
    worker.terminate();
    this.#restart = setTimeout(() => {
      this.#restart = undefined;
      this.#worker = this.#start();
    }, RESTART_MS);
    if (this.#closing) this.#left.resolve();
  }
}

function stoppedFault(): SallyportError {
  return new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'the index stopped', { remedy: 'Ask again in a moment.' });
}

function say(worker: Worker, message: ToWorker): void {
  // A worker is no window: there is no origin to name.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  worker.postMessage(message);
}

function faultOf({ code, message, remedy, column }: Fault): SallyportError {
  return new SallyportError(code, message, { ...(remedy === undefined ? {} : { remedy }), ...(column === undefined ? {} : { data: { column } }) });
}

function strange(): SallyportError {
  return new SallyportError('ERR_INTERNAL', 'the index answered something else');
}
