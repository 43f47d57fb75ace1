import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Baseline, Surface } from '../../domain/server.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { approveSurface } from '../../registry/surface.ts';
import type { By, Control } from '../control.ts';
import { declareTools } from '../servers/surface.ts';
import { needStored, putStored } from '../stored.ts';
import type { Result } from './schema.ts';

/**
 * Puts in force what was approved of a server before the present, as far as it is still approved: a tool that was taken out since does
 * not come back, and effects are those that are confirmed now. What the server says by now then differs from its pin, and is denied or
 * held back as all drift is. Throws `ERR_NOT_FOUND`.
 */
export async function rollBackPin(control: Control, by: By, server: string, digest: string | undefined, reason: string): Promise<Result> {
  const { space, admin } = by;
  const { body: now } = await needStored(control.store, 'baseline', space, server);
  const before = await approvedBefore(control, space, server, now, digest);
  const at = control.now();
  const what = { resource: 'server', id: server, verb: 'rollback-pin', reason, detail: { from: now.digest, to: before.digest } };
  const put = await control.change(by, what, async (rows) => {
    const [entry, { body: present }] = [await needStored(rows, 'server', space, server), await needStored(rows, 'baseline', space, server)];
    const baseline = approveSurface(declareTools(within(before.surface, present.surface), entry.body.tools), admin.id, at);
    await putStored(rows, 'baseline', space, server, baseline, admin.id);
    return baseline;
  });
  return { server, from: now.digest, to: put.digest, approvedAt: before.approvedAt };
}

/** Of the snapshots that control signed: what was in force is what somebody approved. */
async function approvedBefore({ store }: Control, space: string, server: string, now: Baseline, digest: string | undefined): Promise<Baseline> {
  const latest = (await store.snapshots.latest())?.version ?? 0;
  for (let version = latest; version > 0 && version > latest - LIMITS.pinSnapshotsMax; version -= 1) {
    const row = await store.snapshots.get(version);
    if (row === undefined) continue;
    const snapshot: Snapshot = JSON.parse(row.bytes);
    const found = snapshot.servers.find((one) => one.space === space && one.id === server)?.baseline;
    if (found !== undefined && found.digest !== now.digest && (digest === undefined || found.digest === digest)) return found;
  }
  throw new SallyportError('ERR_NOT_FOUND', `nothing else of ${server} was approved, as far as the stored snapshots say`, {
    remedy: 'Take it out of service instead: sallyport incident contain quarantine-server.',
  });
}

function within(before: Surface, present: Surface): Surface {
  const [tools, prompts, templates] = [named(present.tools), named(present.prompts), named(present.templates)];
  return {
    ...before, tools: before.tools.filter(({ name }) => tools.has(name)), prompts: before.prompts.filter(({ name }) => prompts.has(name)),
    templates: before.templates.filter(({ name }) => templates.has(name)),
  };
}

function named(items: readonly { readonly name: string }[]): ReadonlySet<string> {
  return new Set(items.map(({ name }) => name));
}
