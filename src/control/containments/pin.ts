import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Baseline, Pin, Server, Surface } from '../../domain/server.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { approveSurface } from '../../registry/surface.ts';
import { asJson } from '../as-json.ts';
import type { By, Control } from '../control.ts';
import { checkDefinitions } from '../servers/definitions.ts';
import { checkExposure } from '../servers/exposure.ts';
import type { StoredServer } from '../servers/schema.ts';
import { declareTools } from '../servers/surface.ts';
import { wayOf } from '../servers/way.ts';
import { needStored, putStored } from '../stored.ts';
import type { Result } from './schema.ts';

/**
 * Puts in force, as a whole, what was approved of a server before the present: reached in the same way, and with nothing that was taken out
 * since, as who stops things lets nothing more happen. It meets what an approval meets; labels and effects are those of now. What the
 * server says by now then differs from its pin, and is denied or held back as all drift is. Throws `ERR_NOT_FOUND`, `ERR_CONFLICT`,
 * `ERR_DEFINITION_BLOCKED`, `ERR_EXPOSURE`.
 */
export async function rollBackPin(control: Control, by: By, server: string, digest: string | undefined, reason: string): Promise<Result> {
  const { space, admin } = by;
  const { body: now } = await needStored(control.store, 'baseline', space, server);
  const { body: known } = await needStored(control.store, 'server', space, server);
  const before = await approvedBefore(control, by, { id: server, now, known, ...(digest === undefined ? {} : { digest }) });
  const [at, { kit }] = [control.now(), control.knowledge.detecting];
  const what = { resource: 'server', id: server, verb: 'rollback-pin', reason, detail: { from: now.digest, to: before.digest } };
  const put = await control.change(by, what, async (rows) => {
    const [entry, { body: present }] = [await needStored(rows, 'server', space, server), await needStored(rows, 'baseline', space, server)];
    if (!isReachedAs(entry.body, asJson(known)) || present.digest !== now.digest) {
      throw new SallyportError('ERR_CONFLICT', `${server} was changed at the same moment`, { remedy: 'Try again.' });
    }
    const surface = declareTools(labelledAs(before.surface, present.surface), entry.body.tools);
    await checkDefinitions(rows, space, server, surface, at, kit);
    await checkExposure(rows, space, server, at);
    const baseline = approveSurface(surface, admin.id, at);
    await putStored(rows, 'baseline', space, server, baseline, admin.id);
    return baseline;
  });
  return { server, from: now.digest, to: put.digest, approvedAt: before.approvedAt };
}

interface Wanted {
  readonly id: string;
  readonly now: Baseline;
  readonly known: StoredServer;
  readonly digest?: string;
}

/** Of the snapshots that control signed: what was in force is what somebody approved. */
async function approvedBefore({ store, snapshots }: Control, { space }: By, { id, now, known, digest }: Wanted): Promise<Baseline> {
  const latest = (await store.snapshots.latest())?.version ?? 0;
  for (let version = latest; version > 0 && version > latest - LIMITS.pinSnapshotsMax; version -= 1) {
    const row = await store.snapshots.get(version);
    if (row === undefined || !snapshots.isOurs(row)) continue;
    const snapshot: Snapshot = JSON.parse(row.bytes);
    const found = snapshot.servers.find((one) => one.space === space && one.id === id);
    const baseline = found === undefined || !isApprovedAs(found, known) ? undefined : found.baseline;
    if (baseline === undefined || baseline.digest === now.digest || (digest !== undefined && baseline.digest !== digest)) continue;
    if (isWithin(baseline.surface, now.surface)) return baseline;
  }
  throw new SallyportError('ERR_NOT_FOUND', `nothing else of ${id}, reached as it is and without what was taken out since, was approved, as far as the stored `
    + 'snapshots say', { remedy: 'Take it out of service instead: sallyport incident contain quarantine-server.' });
}

/** A server that was moved has the pin of where it was before until somebody approves it anew: then it is not in service. */
function isApprovedAs(found: Server, known: StoredServer): boolean {
  return found.status === 'approved' && isReachedAs(known, asJson(found));
}

function isReachedAs(known: StoredServer, other: JsonObject): boolean {
  return Bun.deepEquals(wayOf(asJson(known)), wayOf(other));
}

/** Whether everything that it names is approved now, in whatever form. */
function isWithin(before: Surface, now: Surface): boolean {
  return (before.instructions === undefined || now.instructions !== undefined) && isIn(before.tools, now.tools) && isIn(before.prompts, now.prompts)
    && isIn(before.templates, now.templates) && isIn(before.pages ?? [], now.pages ?? []);
}

function isIn(names: readonly Pick<Pin, 'name'>[], among: readonly Pick<Pin, 'name'>[]): boolean {
  const known = new Set(among.map(({ name }) => name));
  return names.every(({ name }) => known.has(name));
}

/** Labels say what data is, which no definition does: those of then may be too low by now. */
function labelledAs(before: Surface, now: Surface): Surface {
  const labels = new Map(now.tools.map((tool) => [tool.name, tool.labels]));
  return { ...before, tools: before.tools.map((tool) => ({ ...tool, labels: labels.get(tool.name) ?? tool.labels })) };
}
