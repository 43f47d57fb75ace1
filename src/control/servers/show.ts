import type { Json } from '../../domain/json.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { findStored, needStored } from '../stored.ts';
import { credentialFindings } from '../vault/findings.ts';
import { findAdvisories } from './advisories.ts';
import { findDefinitions } from './definitions.ts';
import { findExposure } from './exposure.ts';
import { presentServer } from './present.ts';
import { findRefused } from './refused.ts';

/** All that is known of a server, with everything that was found. */
export async function showServer(rows: Rows, space: string, id: string, { now: clock, knowledge }: Pick<Control, 'now' | 'knowledge'>): Promise<Json> {
  const now = clock();
  const server = await needStored(rows, 'server', space, id);
  const [baseline, candidate] = [await findStored(rows, 'baseline', space, id), await findStored(rows, 'candidate', space, id)];
  const findings = [
    ...(await findExposure(rows, space, id, now)), ...(await credentialFindings(rows, space, server.body, now)),
    ...(await findRefused(rows, space, id)), ...findAdvisories(server.body, knowledge.lately.advisoriesFor),
    ...(await findDefinitions(rows, space, id, candidate?.body.surface ?? baseline?.body.surface, now, knowledge.detecting.kit)),
  ];
  return presentServer(server, baseline?.body, candidate?.body, findings);
}
