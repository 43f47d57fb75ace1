import { createHash } from 'node:crypto';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import type { Sighting, UnknownClient } from './schema.ts';

/** One client, one finding: its id says which, and is short enough to be typed. */
function sightingId(client: string): string {
  return createHash('sha256').update(client).digest('hex').slice(0, 16);
}

/**
 * A gateway refused a client that is no registered agent. Kept once for each client, recorded when it is new; where there
 * are too many, the one that was not seen for the longest goes. Nothing here lets anybody in.
 */
export async function recordSighting(control: Control, { space, issuer, client, principal }: UnknownClient): Promise<Json> {
  const id = sightingId(`${issuer}|${client}`);
  const now = control.now();
  if (await ownerOf(control.store, space, `${issuer}|${client}`) !== undefined) return {};
  const fingerprint = createHash('sha256').update(principal).digest('hex').slice(0, 16);
  const before = await findStored(control.store, 'sighting', space, id);
  if (before === undefined) {
    const detail = { issuer, client, sighting: id };
    await control.record({ event: 'agent.unknown', space, principal: 'sallyport|control', code: 'ERR_AGENT_UNKNOWN', detail });
  }
  await control.store.transaction(async (rows) => {
    const known = await findStored(rows, 'sighting', space, id);
    if (known === undefined) await makeRoom(rows, space);
    const { firstAt = now, reports = 0 } = known?.body ?? {};
    await putStored(rows, 'sighting', space, id, { issuer, client, principal: fingerprint, firstAt, lastAt: now, reports: reports + 1 }, 'gateway');
  });
  return {};
}

async function makeRoom(rows: Rows, space: string): Promise<void> {
  const all = await listStored(rows, 'sighting', space);
  const oldest = all.toSorted((one, other) => one.body.lastAt - other.body.lastAt).slice(0, Math.max(0, all.length - LIMITS.sightingsMax + 1));
  for (const { id } of oldest) await rows.delete('sighting', space, id, { by: 'gateway' });
}

/** The registered agent that a client is. */
export async function ownerOf(rows: Rows, space: string, client: string): Promise<string | undefined> {
  return (await listStored(rows, 'agent', space)).find(({ body }) => body.clients.includes(client))?.id;
}

/** What is an agent now is no finding any more. */
export async function forgetSightings(rows: Rows, space: string, clients: readonly string[], by: string): Promise<void> {
  for (const client of clients) await rows.delete('sighting', space, sightingId(client), { by });
}

export function presentSighting({ id, body }: Stored<Sighting>): { readonly [key: string]: Json } {
  return { id, client: `${body.issuer}|${body.client}`, principal: body.principal, firstAt: body.firstAt, lastAt: body.lastAt, reports: body.reports };
}
