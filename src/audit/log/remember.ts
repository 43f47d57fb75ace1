import { rmSync } from 'node:fs';
import type { Json } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { SallyportError } from '../../domain/errors.ts';
import { openCheckpoint } from './checkpoint.ts';
import { HASH_BYTES } from './hash.ts';
import { inconsistent } from './inconsistent.ts';
import { readVkey } from './note.ts';
import { verifyConsistency } from './proof.ts';
import { readSeen, refusedFile, writeRefused, writeSeen } from './seen.ts';
import type { Accepted, Seen } from './seen.ts';

const REMEDY =
  'The ledger’s files are not the ones this role has seen: find out who changed or restored them, before anything else. ' +
  'If that was you, `sallyport audit accept-log --reason …` on this machine lets the gate go on, on record.';

/** The checkpoint to go on from, root in base64, and at whose order. */
interface Earlier extends Pick<Seen, 'origin' | 'size' | 'root'> {
  readonly order: string;
  readonly by: string;
  readonly reason: string;
}

/** Leave to go on from an older checkpoint, once, by an order of two people. */
export interface LogLeave {
  current(): Earlier | undefined;
  /** It was used, or was not needed. */
  spend(): void;
}

/**
 * What one role remembers of its ledger, on its own disk: origin and key since first use, and size and root of the last
 * checkpoint that it verified. A ledger that does not continue it is not written to.
 */
export class LogMemory {
  readonly #file: string;
  readonly #unsignedMs: number;
  readonly #leave: LogLeave | undefined;
  #acknowledged = -1;
  /** That what was acknowledged was once missing: other records in its place do not bring it back. */
  #lost: string | undefined;
  #due: { readonly position: number; readonly atMs: number } | undefined;

  /** `unsignedMs`: how long an acknowledged record may stay unsigned. */
  constructor(file: string, unsignedMs: number = LIMITS.logUnsignedMs, leave?: LogLeave) {
    this.#file = file;
    this.#leave = leave;
    this.#unsignedMs = unsignedMs;
  }

  /** The ledger says that it keeps a record at this position: a later checkpoint has to cover it. */
  note(position: number): void {
    if (position > this.#acknowledged) this.#acknowledged = position;
  }

  /**
   * Asks the ledger for its checkpoint and the proof that it extends what was seen (`ledger.checkpoint`), verifies both and
   * remembers the result. `isNew`: the ledger may be another process since, and must cover all that was acknowledged.
   * Gives an operator's acceptance that is not on record yet. Throws `ERR_LOG_INCONSISTENT`, and what `ask` throws.
   */
  async check(ask: (wanted: { readonly from: number; readonly covering?: number }) => Promise<Json>, isNew: boolean): Promise<Accepted | undefined> {
    const seen = readSeen(this.#file);
    // What came before an acceptance may be lost: that is what was accepted.
    if (seen?.accepted !== undefined) {
      this.#acknowledged = -1;
      this.#lost = undefined;
    }
    const acknowledged = this.#acknowledged;
    const { note, vkey, proof } = readAnswer(await ask({ from: seen?.size ?? 0, ...(isNew && acknowledged >= 0 ? { covering: acknowledged } : {}) }));
    const found = verify(seen, note, vkey, proof) ?? this.#uncovered(note, vkey, acknowledged, isNew);
    if (found !== undefined && seen !== undefined && (await this.#goBack(seen, ask))) return this.check(ask, isNew);
    if (found !== undefined) {
      await writeRefused(this.#file, { why: found, note, vkey });
      throw refusal(seen?.origin ?? 'the ledger', found);
    }
    const key = readVkey(vkey);
    const read = key === undefined ? undefined : openCheckpoint(note, key);
    if (read === undefined) throw refusal('the ledger', UNSIGNED);
    if (seen === undefined || read.size > seen.size) {
      const next: Seen = { origin: read.origin, vkey, size: read.size, root: Buffer.from(read.root).toString('base64') };
      await writeSeen(this.#file, { ...next, ...(seen?.accepted && { accepted: seen.accepted }) });
    }
    rmSync(refusedFile(this.#file), { force: true });
    this.#leave?.spend();
    return seen?.accepted;
  }

  /** Whether an order lets this role go on from an older checkpoint, which the log that is offered continues. */
  async #goBack(seen: Seen, ask: (wanted: { readonly from: number }) => Promise<Json>): Promise<boolean> {
    const leave = this.#leave?.current();
    if (leave === undefined || leave.origin !== seen.origin || leave.size >= Math.max(seen.size, this.#acknowledged + 1)) return false;
    const { origin, size, root, by, reason, order } = leave;
    const earlier: Seen = { origin, vkey: seen.vkey, size, root };
    const { note, vkey, proof } = readAnswer(await ask({ from: size }));
    if (verify(earlier, note, vkey, proof) !== undefined) return false;
    const before = { origin: seen.origin, size: seen.size, root: seen.root };
    await writeSeen(this.#file, { ...earlier, accepted: { at: Date.now(), by, reason, order, before } });
    this.#leave?.spend();
    return true;
  }

  /** The acceptance is on record. */
  async settle(): Promise<void> {
    const seen = readSeen(this.#file);
    if (seen === undefined) return;
    const { accepted: _, ...rest } = seen;
    await writeSeen(this.#file, rest);
  }

  /** A ledger that acknowledges records and never signs them keeps nothing that could be proved. */
  #uncovered(note: string, vkey: string, acknowledged: number, isNew: boolean): string | undefined {
    const key = readVkey(vkey);
    const size = key === undefined ? 0 : (openCheckpoint(note, key)?.size ?? 0);
    if (isNew && size <= acknowledged) this.#lost ??= `it ended at ${size} records, and record ${acknowledged} was acknowledged: the ledger was rolled back`;
    if (this.#lost !== undefined) return this.#lost;
    if (this.#due !== undefined && size > this.#due.position) this.#due = undefined;
    if (this.#due === undefined && size <= acknowledged) this.#due = { position: acknowledged, atMs: performance.now() };
    const overdue = this.#due !== undefined && performance.now() - this.#due.atMs > this.#unsignedMs;
    return overdue ? `record ${this.#due?.position ?? 0} was acknowledged and is still not signed` : undefined;
  }
}

const UNSIGNED = 'its checkpoint is not signed by its key';

/** What is wrong with the log that is offered, or undefined when it continues the one that was seen. */
function verify(seen: Seen | undefined, note: string, vkey: string, proof: readonly Uint8Array[] | undefined): string | undefined {
  const key = readVkey(vkey);
  const read = key === undefined ? undefined : openCheckpoint(note, key);
  if (seen !== undefined && vkey !== seen.vkey) return `it is signed by another key than ${seen.origin}'s`;
  if (read === undefined || proof === undefined) return UNSIGNED;
  if (seen === undefined) return undefined;
  if (read.size < seen.size) return `it has ${read.size} records and had ${seen.size}: the ledger was rolled back`;
  const root = Buffer.from(seen.root, 'base64');
  if (verifyConsistency(seen.size, root, read.size, read.root, proof)) return undefined;
  return `its first ${seen.size} records are not the ones that were seen: it was rewritten`;
}

function readAnswer(answer: Json): { readonly note: string; readonly vkey: string; readonly proof: readonly Uint8Array[] | undefined } {
  const { note, vkey, proof } = isObject(answer) ? answer : {};
  const parts = isArray(proof) && proof.length <= LIMITS.logProofHashesMax ? proof : undefined;
  const hashes = parts?.map((hash) => Buffer.from(typeof hash === 'string' ? hash : '', 'base64'));
  return {
    note: typeof note === 'string' ? note : '', vkey: typeof vkey === 'string' ? vkey : '',
    proof: hashes?.every((hash) => hash.length === HASH_BYTES) === true ? hashes : undefined,
  };
}

function refusal(origin: string, why: string): SallyportError {
  return inconsistent(`the log of ${origin}`, why, { remedy: REMEDY });
}
