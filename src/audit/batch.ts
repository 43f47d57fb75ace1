import type { ErrorCode } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord } from '../domain/record.ts';
import { isUnauthenticated, readRecord, readSealedBody } from './admit.ts';
import type { BodyFiles } from './bodies.ts';
import { restOf, writerFields } from './entry.ts';
import type { Origin } from './entry.ts';
import { LineBatch } from './line.ts';
import type { Standing } from './standing.ts';

interface Fresh {
  readonly position: number;
  readonly origin: Origin;
  readonly record: JournalRecord;
}

/** What one write will add, before it is certain that it can be written. */
export class Batch {
  readonly #standing: Standing;
  readonly #bodies: BodyFiles;
  readonly #isHeld: () => boolean;
  readonly #lines = new LineBatch();
  readonly #ids = new Map<string, number>();
  #fresh: Fresh[] = [];
  #leaves: Uint8Array[] = [];
  #next = 0;
  #day = '';
  #takesStrangers = true;

  constructor(standing: Standing, bodies: BodyFiles, isHeld: () => boolean = () => false) {
    this.#standing = standing;
    this.#bodies = bodies;
    this.#isHeld = isHeld;
  }

  get isEmpty(): boolean {
    return this.#fresh.length === 0;
  }

  get bytes(): Buffer {
    return this.#lines.bytes;
  }

  get next(): number {
    return this.#next;
  }

  /** Starts anew at that position. `takesStrangers`: whether there is room for refusals of callers that nobody knows. */
  begin(next: number, takesStrangers: boolean, now: number): void {
    this.#lines.clear();
    this.#ids.clear();
    this.#fresh = [];
    this.#leaves = [];
    this.#next = next;
    this.#day = new Date(now).toISOString().slice(0, 10);
    this.#takesStrangers = takesStrangers;
  }

  /** For each line its position, or why it is not taken. Throws what the system says when a payload's file cannot be opened. */
  admit(lines: readonly string[], origin: Origin): readonly (number | ErrorCode)[] {
    if (!this.#standing.isCurrent(origin)) return lines.map(() => 'ERR_CONFLICT');
    const writer = writerFields(origin);
    return lines.map((line) => this.#admit(line, origin, writer));
  }

  /** It has been written, at that time: takes note of it, and gives its entries of the log. */
  settle(at: number): readonly Uint8Array[] {
    for (const { position, origin, record } of this.#fresh) this.#standing.apply(position, origin, record, at);
    return this.#leaves;
  }

  #admit(line: string, origin: Origin, writer: string): number | ErrorCode {
    const cut = line.indexOf('\t');
    const text = cut === -1 ? line : line.slice(0, cut);
    const record = readRecord(text, origin);
    if (typeof record === 'string') return record;
    const known = this.#standing.positionOf(record.id) ?? this.#ids.get(record.id);
    if (known !== undefined) return known;
    if (!this.#takesStrangers && isUnauthenticated(record)) return 'ERR_JOURNAL_UNAVAILABLE';
    if (record.event === 'call.permitted') {
      if (this.#isHeld()) return 'ERR_SINK_BEHIND';
      if (this.#standing.openCount + this.#fresh.length >= LIMITS.ledgerOpenMax) return 'ERR_JOURNAL_BACKLOG';
    }
    const bodyText = cut === -1 ? undefined : line.slice(cut + 1);
    const sealed = bodyText === undefined ? undefined : readSealedBody(bodyText);
    if (typeof sealed === 'string') return sealed;
    const body = sealed === undefined || bodyText === undefined ? undefined : this.#bodies.place(sealed, bodyText, this.#day);
    const position = this.#next;
    this.#leaves.push(this.#lines.add(restOf(position, writer, body, text)));
    this.#next = position + 1;
    this.#ids.set(record.id, position);
    this.#fresh.push({ position, origin, record });
    return position;
  }
}
