import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import type { Kind, Rows } from '../../store/store.ts';
import { refuseUnless } from '../admins/administration.ts';
import type { By, Control } from '../control.ts';
import { revokeTokensOf } from '../tokens/revoke.ts';
import { stateAt } from './history.ts';
import { changesBetween, keyOf, readState, stateOf, type Configured, type RowChange, type State } from './state.ts';

/** What comes back: what is declared and what was approved. Who was let in since, by which token or client, or put out, stays so. */
const RESTORED: readonly Kind[] = ['server', 'baseline', 'toolset', 'role', 'binding', 'policy', 'exception', 'agent', 'admin', 'setting'];
/** How the vault is opened and who is present say nothing of the day before; an issuer's place is where it runs now. */
const KEPT_SETTINGS: readonly string[] = ['vault', 'presence', 'issuer'];

export interface Rollback {
  readonly version: number;
  readonly reason: string;
  readonly dryRun: boolean;
}

/**
 * Makes one space what it was after a version: a change like every other, compiled, recorded, and of two people where they are
 * wanted. What brings back an approval takes the right to approve. Throws `ERR_NOT_FOUND`, `ERR_CONFIG_TAMPERED`, `ERR_VAULT_*`.
 */
export async function rollBack(by: By, { version, reason, dryRun }: Rollback, control: Control): Promise<JsonObject> {
  const { store, configuration, vault, now } = control;
  const wanted = ofSpace(await stateAt(store, version, configuration.key, vault.envelope), by.space);
  const current = ofSpace(await readState(store), by.space);
  const foreseen = changesOf(wanted, current, now());
  if (foreseen.some((change) => (change.kind === 'baseline' && change.body !== null) || (isApproved(change) && !isApproved(current.get(keyOf(change)))))) {
    const question = { access: 'approve', space: by.space, part: 'servers' } as const;
    refuseUnless(await control.admins.decide(by.admin, question), by.admin, question);
  }
  const what = { resource: 'configuration', id: String(version), verb: 'rollback', reason, restores: version };
  const changes = await control.change(by, what, async (rows) => restore(rows, by, wanted, now()), { dryRun });
  if (!dryRun) {
    await control.tellPlaces();
    await control.retention.tend();
    await control.telemetry.tend();
  }
  return { version, dryRun, changes: changes.length, snapshot: control.snapshots.current?.version ?? null };
}

async function restore(rows: Rows, { space, admin }: By, wanted: State, at: number): Promise<readonly RowChange[]> {
  const changes = changesOf(wanted, ofSpace(await readState(rows), space), at);
  for (const { kind, id, body } of changes) {
    if (body === null) await rows.delete(kind, space, id, { by: admin.id });
    else await rows.put(kind, space, id, body, { by: admin.id });
    // Without it they would have no ceiling at all.
    if (body === null && kind === 'agent') await revokeTokensOf(rows, space, id, admin.id, at);
  }
  return changes;
}

function ofSpace(state: State, space: string): State {
  return stateOf([...state.values()].filter((row) => row.space === space && RESTORED.includes(row.kind) && !KEPT_SETTINGS.includes(row.id)));
}

function changesOf(wanted: State, now: State, at: number): readonly RowChange[] {
  const stopped = new Set([...now.values()].filter(isStopped).map(({ id }) => id));
  return changesBetween(now, wanted).filter(({ kind, id, body }) => {
    // What has ended since does not begin anew, and what was stopped since is not let go on.
    if (kind === 'exception' && isObject(body) && typeof body['expiresAt'] === 'number' && body['expiresAt'] <= at) return false;
    if (kind === 'server' && stopped.has(id) && body !== null) throw stoppedSince(id);
    return true;
  });
}

function isStopped({ kind, body }: RowChange): boolean {
  return kind === 'server' && isObject(body) && body['status'] === 'quarantined';
}

function isApproved(row: RowChange | Configured | undefined): boolean {
  return row?.kind === 'server' && isObject(row.body) && row.body['status'] === 'approved';
}

function stoppedSince(server: string): SallyportError {
  return new SallyportError('ERR_CONFLICT', `the server "${server}" was put into quarantine since`, {
    remedy: 'Settle that first: approve it anew, or remove it; then roll back.',
  });
}
