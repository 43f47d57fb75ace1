import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { UNLABELLED } from '../../domain/server.ts';
import { compareSurfaces } from '../../registry/drift.ts';
import { readSurface } from '../../registry/surface.ts';
import type { By, Control } from '../control.ts';
import { findStored, needStored, putStored } from '../stored.ts';
import { presentDrift } from './drift.ts';
import { findAdvisories } from './advisories.ts';
import { countFindings, findDefinitions, inspectSurface } from './definitions.ts';
import { findExposure, keepExposure } from './exposure.ts';
import { presentServer } from './present.ts';
import { shadowsOf } from './shadows.ts';
import { toCandidate } from './surface.ts';

/** Reads the server through the gate and keeps what it says as the candidate. Nothing that is in service changes. */
export async function enrolServer(by: By, id: string, control: Control): Promise<Json> {
  const { space } = by;
  const { body: { endpoint } } = await needStored(control.store, 'server', space, id);
  const inForce = control.snapshots.current;
  if (inForce === undefined) throw new SallyportError(
    'ERR_SNAPSHOT_NONE', 'no snapshot is in force', { remedy: 'See `sallyport status` for what is wrong with the configuration.' },
  );
  const read = await control.readServer({ space, server: id, minSnapshotVersion: inForce.version }).catch((error: unknown) => {
    throw withReason(error, id);
  });
  const scannedAt = control.now();
  const said = readSurface(read.surface, { labels: UNLABELLED, tools: {} });
  const detail = { findings: countFindings(inspectSurface(id, said, control.knowledge.detecting.kit)) };
  return control.change(by, { resource: 'server', id, verb: 'scan', detail }, async (rows) => {
    const server = await needStored(rows, 'server', space, id);
    if (!Bun.deepEquals(server.body.endpoint, endpoint)) {
      throw new SallyportError('ERR_CONFLICT', 'the server was moved while it was read', { remedy: `Read it again: sallyport server scan ${id}` });
    }
    const candidate = toCandidate(read.surface, server.body, scannedAt, await shadowsOf(rows, space, id));
    const status = server.body.status === 'declared' ? 'scanned' : server.body.status;
    const next = { ...server, body: { ...server.body, status } };
    await putStored(rows, 'server', space, id, next.body, by.admin.id);
    await putStored(rows, 'candidate', space, id, candidate, by.admin.id);
    await keepExposure(rows, space, id, read, scannedAt, by.admin.id);
    const baseline = (await findStored(rows, 'baseline', space, id))?.body;
    const drift = baseline === undefined ? [] : compareSurfaces(baseline.surface, candidate.surface).map(presentDrift);
    const findings = [
      ...(await findExposure(rows, space, id, scannedAt)),
      ...(await findDefinitions(rows, space, id, candidate.surface, scannedAt, control.knowledge.detecting.kit)),
      ...findAdvisories(next.body, control.knowledge.lately.advisoriesFor),
    ];
    return { ...presentServer(next, baseline, candidate, findings), drift };
  });
}

/** Why a local server ended is on record, and what it lacks is most often a folder or a host. */
function withReason(error: unknown, id: string): unknown {
  if (!(error instanceof SallyportError) || error.code !== 'ERR_RUNNER_EXITED') return error;
  return new SallyportError(error.code, error.message, {
    remedy: `What it said last: sallyport audit query 'event = server.failed and server = ${id}' --json. Folders and hosts that it needs are named under its `
      + 'sandbox in sallyport.yaml. After such a change the runner starts anew: then scan again.',
    cause: error,
  });
}
