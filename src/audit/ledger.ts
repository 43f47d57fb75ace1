import { chmodSync, mkdirSync } from 'node:fs';
import { SallyportError } from '../domain/errors.ts';
import type { Happening } from '../domain/happening.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord } from '../domain/record.ts';
import type { Entry, Origin } from './entry.ts';
import { finishErasures } from './erase.ts';
import { openLogKey } from './log/key.ts';
import type { LogIdentity } from './log/key.ts';
import { openSigned } from './log/keeper.ts';
import { verifyLedger } from './offline/verify.ts';
import type { Verified } from './offline/verify.ts';
import { ownRecord, unknownRecord } from './own-record.ts';
import { extensionFrom, proveEntries } from './prove.ts';
import type { Extension, Proof } from './prove.ts';
import { runQuery } from './query.ts';
import type { DurableEnd, Query, QueryResult } from './query.ts';
import { recover } from './recover.ts';
import type { Recovered, Torn } from './recover.ts';
import { openEdge, orRestored } from './restore.ts';
import type { Damage } from './scan.ts';
import { segmentsDir } from './segments.ts';
import type { Receipt, Standing } from './standing.ts';
import { tailEntries } from './tail.ts';
import { Turns } from './turns.ts';
import type { LedgerOptions, Log, Placed } from './turns.ts';

export interface Ledger {
  /** What was found at the start: writes that a crash cut short, and places that are not what was written. */
  readonly torn: readonly Torn[];
  readonly damage: readonly Damage[];
  /** Origin and public key of its log. */
  readonly identity: LogIdentity;
  /** The position that the next record will have. */
  readonly next: number;
  /**
   * A process introduces itself; the only way to become able to append. Exchanges that its earlier incarnations left open,
   * and those it names as `abandoned`, are closed with `call.unknown`. Resolves with how many were closed when that is
   * durable. Throws `ERR_CONFLICT` for an incarnation that a later one has superseded, `ERR_JOURNAL_*`.
   */
  hello(origin: Origin, abandoned: ReadonlySet<string>): Promise<number>;
  /**
   * Lines of one frame, stored as they are: a record's JSON, and after a tab, where it has one, its `SealedBody`'s. Resolves when
   * durable. Throws `ERR_JOURNAL_*`, and `ERR_CONFLICT` before `hello`.
   */
  appendLines(lines: readonly string[], origin: Origin): Promise<Placed>;
  /** The ledger's own records. Throws `ERR_JOURNAL_*`. */
  append(records: readonly JournalRecord[]): Promise<readonly number[]>;
  query(query: Query): Promise<QueryResult>;
  /** What is known of the permit of an exchange that is open, or that one message of it was permitted lately. */
  receipt(exchange: string): Receipt | undefined;
  /** Every durable record from a position on, then each new one, until `signal` aborts. */
  tail(from: number, signal: AbortSignal): AsyncIterable<Entry>;
  /** What `audit verify` says of what is signed now, of the lines after it, and of their payloads. */
  verify(): Promise<Verified>;
  /**
   * The last signed checkpoint, and the proof that it extends the log of `from` entries; `from` beyond it gives no proof. `covering`:
   * a position that it is to cover, if there is such a record. Throws `ERR_LOG_INCONSISTENT` where tiles are not the signed ones, `ERR_JOURNAL_UNAVAILABLE`.
   */
  checkpoint(from: number, covering?: number): Promise<Extension>;
  /** A record's line and its proof, as soon as a checkpoint covers it; `proveAll`: all under one checkpoint. Throws `ERR_NOT_FOUND`, `ERR_LOG_INCONSISTENT`. */
  prove(position: number): Promise<Proof>;
  proveAll(positions: readonly number[]): Promise<readonly Proof[]>;
  /** Where what is durable ends: nothing beyond is to be read. */
  durableEnd(): DurableEnd;
  /** Calls back after each growth of what is durable; gives the way to stop that. */
  onGrown(listener: () => void): () => void;
  /** Finishes what is under way, refuses the rest. */
  close(): Promise<void>;
}

/**
 * Opens the ledger in `dir`. What was signed is rebuilt and checked first, and what lies beyond it in the segments is signed
 * before this resolves. Throws `ERR_JOURNAL_CORRUPT` and `ERR_LOG_INCONSISTENT` where going on would not be safe.
 */
export async function openLedger(dir: string, options: LedgerOptions): Promise<Ledger> {
  mkdirSync(segmentsDir(dir), { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  finishErasures(dir);
  const key = openLogKey(dir);
  const signed = openSigned(dir, key);
  const { edge, damage } = await openEdge(dir, signed);
  const recovered = await recover(dir, signed);
  const ledger = new LedgerFile(dir, options, { ...recovered, damage: [...damage, ...recovered.damage] }, { key, signed, edge });
  await ledger.start(recovered);
  return ledger;
}

class LedgerFile implements Ledger {
  readonly torn: readonly Torn[];
  readonly damage: readonly Damage[];
  readonly identity: LogIdentity;
  readonly #dir: string;
  readonly #turns: Turns;
  readonly #now: () => number;
  readonly #standing: Standing;
  readonly #self: Origin = { role: 'ledger', node: 'ledger', incarnation: Bun.randomUUIDv7() };
  #closing: Promise<void> | undefined;

  constructor(dir: string, options: LedgerOptions, recovered: Recovered, log: Log) {
    this.torn = recovered.torn;
    this.damage = recovered.damage;
    this.#dir = dir;
    this.#standing = recovered.standing;
    this.identity = log.key;
    this.#now = options.now ?? Date.now;
    this.#turns = new Turns(dir, { ...options, now: this.#now, note: (of) => void this.#note(of) }, recovered, log);
  }

  get next(): number {
    return this.#turns.next;
  }

  /** Nothing is repaired silently: what was cut and what is damaged becomes a record. */
  async start({ segment, leaves, latestAt }: Recovered): Promise<void> {
    await this.#turns.start(segment, leaves);
    this.#standing.enter(this.#self);
    const now = this.#now();
    await this.append([
      ...this.torn.map((torn) => ownRecord({ event: 'record.torn', category: 'error', code: 'ERR_JOURNAL_CORRUPT', detail: { ...torn } }, now)),
      ...this.damage.map((damage) => ownRecord({ event: 'record.corrupt', category: 'error', code: 'ERR_JOURNAL_CORRUPT', detail: { ...damage } }, now)),
    ]);
    if (latestAt - now >= LIMITS.clockJumpMs) await this.#note({ event: 'clock.jumped', category: 'error', detail: { byMs: now - latestAt, latestAt } });
  }

  async hello(origin: Origin, abandoned: ReadonlySet<string>): Promise<number> {
    if (this.#standing.isRetired(origin)) throw superseded(origin);
    if (!this.#standing.enter(origin)) throw new SallyportError('ERR_JOURNAL_BACKLOG', 'the ledger knows too many nodes');
    const dangling = this.#standing.dangling(origin, abandoned);
    await this.append(dangling.map((call) => unknownRecord(call, this.#now())));
    return dangling.length;
  }

  appendLines(lines: readonly string[], origin: Origin): Promise<Placed> {
    return this.#turns.add(lines, origin);
  }

  async append(records: readonly JournalRecord[]): Promise<readonly number[]> {
    if (records.length === 0) return [];
    const placed = await this.appendLines(records.map((record) => JSON.stringify(record)), this.#self);
    return placed.map((place) => {
      if (typeof place === 'number') return place;
      throw new SallyportError(place, 'the ledger refused a record of its own');
    });
  }

  query(query: Query): Promise<QueryResult> {
    return runQuery(this.#dir, query, this.#turns.durable);
  }

  receipt(exchange: string): Receipt | undefined {
    return this.#standing.receiptOf(exchange, this.#now());
  }

  verify(): Promise<Verified> {
    return verifyLedger(this.#dir, { key: this.identity.noteKey });
  }

  async checkpoint(from: number, covering = -1): Promise<Extension> {
    const signed = covering < this.next ? await this.#turns.keeper.covers(covering) : this.#turns.keeper.signed;
    return orRestored(this.#dir, signed, this.#tell, () => extensionFrom(this.#dir, signed, this.identity.vkey, from));
  }

  async prove(position: number): Promise<Proof> {
    for (const proof of await this.proveAll([position])) return proof;
    throw new SallyportError('ERR_NOT_FOUND', `there is no record ${position}`);
  }

  async proveAll(positions: readonly number[]): Promise<readonly Proof[]> {
    const last = Math.max(...positions);
    if (last >= this.next) throw new SallyportError('ERR_NOT_FOUND', `there is no record ${last}`);
    const signed = await this.#turns.keeper.covers(last);
    return orRestored(this.#dir, signed, this.#tell, () => proveEntries(this.#dir, signed, positions));
  }

  durableEnd(): DurableEnd {
    return this.#turns.durable;
  }

  onGrown(listener: () => void): () => void {
    return this.#turns.onGrown(listener);
  }

  tail(from: number, signal: AbortSignal): AsyncIterable<Entry> {
    return tailEntries(this.#dir, from, signal, this);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#turns.close());
  }

  /** Nothing is repaired silently. */
  readonly #tell = async (damage: readonly Damage[]): Promise<void> => {
    for (const each of damage) await this.#note({ event: 'record.corrupt', category: 'error', code: 'ERR_LOG_INCONSISTENT', detail: { ...each } });
  };

  /** A record of its own that nobody waits for. */
  async #note(of: Omit<Happening, 'space'>): Promise<void> {
    await this.append([ownRecord(of, this.#now())]).catch(() => undefined);
  }
}

function superseded(origin: Origin): SallyportError {
  return new SallyportError('ERR_CONFLICT', `a later start of node ${origin.node} has taken its place`, { remedy: 'Stop the older process.' });
}
