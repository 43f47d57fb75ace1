import type { Json } from '../../domain/json.ts';
import { compareSurfaces } from '../../registry/drift.ts';
import { describeDrift } from '../../registry/diff.ts';
import type { Rows } from '../../store/store.ts';
import { findStored, needStored } from '../stored.ts';
import { presentDrift } from './drift.ts';

/** What approval would change: each drift with its class, and readable text of every difference. */
export async function showDiff(rows: Rows, space: string, id: string): Promise<Json> {
  await needStored(rows, 'server', space, id);
  const baseline = (await findStored(rows, 'baseline', space, id))?.body;
  const candidate = (await findStored(rows, 'candidate', space, id))?.body;
  if (baseline === undefined || candidate === undefined) return { drift: [], text: '' };
  const drift = compareSurfaces(baseline.surface, candidate.surface);
  return { baseline: baseline.digest, candidate: candidate.digest, drift: drift.map(presentDrift), text: drift.map(describeDrift).join('\n') };
}
