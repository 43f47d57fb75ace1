import type { Json } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { REST_AT } from '../line.ts';

const ERASURES = Buffer.from('"event":"evidence.e');

/**
 * Whether what is erased was erased on record. Lines that expired are counted against the counts of `evidence.expired`; an
 * erasure by request is on record before it happens, so one `evidence.erased` accounts for all of them.
 */
export class ErasureAccount {
  #expiredLines = 0;
  #requestedLines = 0;
  #expired = 0;
  #requests = 0;

  /** An erased line. */
  erased(line: Buffer): void {
    const { erased } = read(line);
    if (isObject(erased) && erased['why'] === 'retention') this.#expiredLines += 1;
    else this.#requestedLines += 1;
  }

  /** A line that proves itself; nearly all of them say nothing of erasures. */
  kept(line: Buffer): void {
    if (line.indexOf(ERASURES, REST_AT) === -1) return;
    const { role, record } = read(line);
    const { event, detail } = isObject(record) ? record : {};
    const count = isObject(detail) ? detail['records'] : undefined;
    if (event === 'evidence.erased') this.#requests += 1;
    else if (event === 'evidence.expired' && role === 'ledger' && typeof count === 'number') this.#expired += count;
  }

  get unaccounted(): number {
    return Math.max(0, this.#expiredLines - this.#expired) + (this.#requests === 0 ? this.#requestedLines : 0);
  }
}

function read(line: Buffer): Readonly<Record<string, Json | undefined>> {
  const parsed: Json = JSON.parse(line.toString());
  return isObject(parsed) ? parsed : {};
}
