import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Labels } from '../../domain/server.ts';
import type { KeptEntry, Read } from '../../flow/provenance/recall.ts';
import { decodeJson } from '../../store/body.ts';
import type { FlowEntry, Rows } from '../../store/store.ts';
import { KEPT_ENTRY, type ContextVisit, type StoredContext } from './schema.ts';

/** Where what an answer left was written; full: there is no more room, so that something is missing from now on. */
export interface Appended {
  readonly positions: readonly number[];
  readonly isFull: boolean;
}

/**
 * Writes what an answer leaves. What a call named was composed before its answer, so it is vouched for where the context was
 * trusted until then; what an answer names where it is so with it, or where a directory says it.
 */
export async function appendEntries({ flow }: Rows, { space, key, recall }: ContextVisit, body: StoredContext, earlier: Labels): Promise<Appended> {
  const isEarly = earlier.integrity === 'trusted' && body.labels.integrity === 'trusted';
  const positions: number[] = [];
  for (const { source, labels, marks, asked, answered, directory, saturates } of recall?.entries ?? []) {
    const vouched = [...new Set([...(earlier.integrity === 'trusted' ? asked : []), ...(isEarly || directory ? answered : [])])];
    const kept: Omit<KeptEntry, 'position'> = { source, labels, isEarly, marks, vouched, saturates };
    const position = await flow.append(space, key, body.generation, JSON.stringify(kept));
    positions.push(position);
    if (position > LIMITS.flowEntriesMax) return { positions, isFull: true };
  }
  return { positions, isFull: false };
}

/** What the gateway has not read yet, of the generation that is now. `own`: positions of what it sent just now. */
export async function readEntries(
  { flow }: Rows, { space, key, recall }: ContextVisit, { generation, gaps, passes = [] }: StoredContext, own: readonly number[], now: number,
): Promise<Read> {
  const after = recall?.generation === generation ? recall.after : 0;
  const found = await flow.after(space, key, generation, after, LIMITS.flowEntriesPerLook + 1);
  const fitting = fittingOf(found.slice(0, LIMITS.flowEntriesPerLook));
  const entries = fitting.map(({ position, body }): KeptEntry => {
    const mine = own.indexOf(position);
    const kept = keptEntry(body);
    return mine < 0 ? { ...kept, position } : { ...kept, position, marks: '', own: mine };
  });
  const valid = passes.filter(({ until }) => until > now).map(({ id: _id, by: _by, reason: _reason, ...pass }) => pass);
  return { entries, passes: valid, gaps: gaps === true, more: found.length > fitting.length };
}

/** What one answer over the link may hold, and at least one. */
function fittingOf(entries: readonly FlowEntry[]): readonly FlowEntry[] {
  let chars = 0;
  return entries.filter(({ body }, index) => (chars += body.length) <= LIMITS.flowLookCharsMax || index === 0);
}

function keptEntry(body: string): Omit<KeptEntry, 'position' | 'own'> {
  const read = KEPT_ENTRY.safeParse(decodeJson(body), { reportInput: false });
  if (read.success) return read.data;
  throw new SallyportError('ERR_STORE_UNAVAILABLE', 'a stored entry of a flow context is damaged', {
    remedy: 'Something else than Sallyport wrote to its database: restore a backup.',
  });
}
