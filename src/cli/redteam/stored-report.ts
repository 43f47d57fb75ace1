import { SallyportError } from '../../domain/errors.ts';
import { isObject, type Json } from '../../domain/json.ts';
import { REDTEAM_RUN, RUN_REQUEST } from '../../control/redteam/schema.ts';
import type { RunReport } from '../../redteam/outcome.ts';

const PARTS = ['id', 'before', 'techniques', 'differences', 'by'];

/** A run as control answers it, or as an earlier run wrote it. Throws `ERR_REQUEST_INVALID` for what is none. */
export function reportOf(value: Json): RunReport {
  const whole = isObject(value) ? value : {};
  const kept = REDTEAM_RUN.safeParse({ ...whole, by: whole['by'] ?? '' });
  if (kept.success) return kept.data;
  const [issue] = RUN_REQUEST.safeParse(Object.fromEntries(Object.entries(whole).filter(([key]) => !PARTS.includes(key)))).error?.issues ?? [];
  const place = issue?.path.map(String).join('.') ?? 'id';
  throw new SallyportError('ERR_REQUEST_INVALID', `that is no report of a red-team run: ${place}`, { remedy: 'Name what `redteam run --report FILE` wrote.' });
}
