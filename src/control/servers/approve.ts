import type { Kit } from '../../detect/edition/kit.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Effect, Surface } from '../../domain/server.ts';
import { approveSurface } from '../../registry/surface.ts';
import type { Rows } from '../../store/store.ts';
import { takesTwo } from '../proposals/second-person.ts';
import { findStored, needStored, putStored } from '../stored.ts';
import { checkDefinitions } from './definitions.ts';
import { checkExposure } from './exposure.ts';
import { declareTools } from './surface.ts';

export interface Approval {
  readonly space: string;
  readonly id: string;
  readonly digest: string;
  readonly scannedAt?: number;
  readonly effects: Readonly<Record<string, Effect>>;
  readonly by: string;
  readonly now: number;
  /** What detectors are made of. */
  readonly kit: Kit;
}

/**
 * Candidate → baseline, exactly the one that was shown. Also lifts a quarantine, with the candidate or with what was
 * approved before, as long as it is reached as it was then. Throws `ERR_CONFLICT` (something else was shown, nothing was scanned),
 * `ERR_TOOL_UNKNOWN`, `ERR_EXPOSURE`, `ERR_DEFINITION_BLOCKED`.
 */
export async function approveServer(rows: Rows, approval: Approval): Promise<void> {
  const { space, id, by } = approval;
  const server = await needStored(rows, 'server', space, id);
  if (server.body.declaredBy === by && await takesTwo(rows)) {
    throw new SallyportError('ERR_SECOND_PERSON', 'nobody approves what they declared themselves', { remedy: 'Ask another administrator or approver.' });
  }
  const found = (await findStored(rows, 'candidate', space, id))?.body;
  const candidate = found?.scannedAt === (approval.scannedAt ?? found?.scannedAt) ? found : undefined;
  const baseline = (await findStored(rows, 'baseline', space, id))?.body;
  // Who saw a candidate means that candidate.
  const isFormerMeant = server.body.moved !== true && approval.scannedAt === undefined;
  const chosen = [candidate, isFormerMeant ? baseline : undefined].find((one) => one?.digest === approval.digest);
  if (chosen === undefined) {
    const why = found === undefined ? 'there is nothing to approve: the server was not scanned' : 'what was shown is not what the server says now';
    throw new SallyportError('ERR_CONFLICT', why, {
      remedy: `Run \`sallyport server scan ${id}\`, read it, then approve.`,
    });
  }
  checkEffects(chosen.surface, approval.effects);
  await checkDefinitions(rows, space, id, chosen.surface, approval.now, approval.kit);
  await checkExposure(rows, space, id, approval.now);
  const confirmed = Object.entries(approval.effects).map(([tool, effect]) => [tool, { ...server.body.tools[tool], effect }] as const);
  const tools = { ...server.body.tools, ...Object.fromEntries(confirmed) };
  const { reason: _, moved: _moved, ...rest } = server.body;
  await putStored(rows, 'server', space, id, { ...rest, tools, status: 'approved' }, by);
  await putStored(rows, 'baseline', space, id, approveSurface(declareTools(chosen.surface, tools), by, approval.now), by);
  for (const kind of ['candidate', 'drift', 'refused'] as const) await rows.delete(kind, space, id, { by });
}

function checkEffects(surface: Surface, effects: Approval['effects']): void {
  const known = new Set(surface.tools.map((tool) => tool.name));
  const unknown = Object.keys(effects).find((tool) => !known.has(tool));
  if (unknown !== undefined) throw new SallyportError('ERR_TOOL_UNKNOWN', `the server has no tool "${unknown}"`, { remedy: 'Name tools as the server does.' });
}
