import type { Happening } from '../domain/happening.ts';
import type { Json } from '../domain/json.ts';
import type { JournalRecord } from '../domain/record.ts';
import { ownRecord } from './own-record.ts';

/** Whose word it is that evidence goes: the ledger's own, before it does. */
export interface ErasureWitness {
  append(records: readonly JournalRecord[]): Promise<readonly number[]>;
  /** Resolves when a checkpoint covers that position. */
  checkpoint(from: number, covering: number): Promise<unknown>;
}

/** So many fit into one record, however long their numbers and names are. */
const RUNS_MAX = 1_000;
const FILES_MAX = 300;

type ErasureEvent = 'evidence.erased' | 'evidence.expired';

/**
 * Puts on record which positions are about to be erased, and waits until that is signed: a line that only looks erased is in no such
 * record, and who can write the disk cannot sign one. Rejects as appending does; nothing may be erased then.
 */
export async function recordErasure(ledger: ErasureWitness, event: ErasureEvent, positions: readonly number[]): Promise<void> {
  const runs = runsOf(positions);
  const parts = Array.from({ length: Math.ceil(runs.length / RUNS_MAX) }, (_, part) => runs.slice(part * RUNS_MAX, (part + 1) * RUNS_MAX));
  await signed(ledger, parts.map((part) => ({
    event, detail: { records: part.reduce((sum, [from, to]) => sum + to - from + 1, 0), positions: part.map((run): Json => [...run]) },
  })));
}

/** The same for payloads alone: files of them, as `<class>/<region>/<day>`, of which all or some go. */
export async function recordPayloadsErasure(ledger: ErasureWitness, files: readonly string[]): Promise<void> {
  const parts = Array.from({ length: Math.ceil(files.length / FILES_MAX) }, (_, part) => files.slice(part * FILES_MAX, (part + 1) * FILES_MAX));
  await signed(ledger, parts.map((part) => ({ event: 'evidence.expired', detail: { bodyFiles: part.length, files: part } })));
}

async function signed(ledger: ErasureWitness, happenings: readonly Omit<Happening, 'space'>[]): Promise<void> {
  const placed = await ledger.append(happenings.map((happening) => ownRecord(happening, Date.now())));
  const last = placed.at(-1);
  if (last !== undefined) await ledger.checkpoint(0, last);
}

function runsOf(positions: readonly number[]): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const position of [...new Set(positions)].toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.[1] === position - 1) last[1] = position;
    else runs.push([position, position]);
  }
  return runs;
}
