import type { Json, JsonObject } from '../../domain/json.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { ACCOUNTABLE, selectControls } from '../../registry/minimum-controls.ts';
import type { ServerFacts } from '../../registry/minimum-controls.ts';
import type { Control } from '../control.ts';
import { readNetwork } from '../manifest/settings.ts';
import type { StoredServer } from '../servers/schema.ts';
import { findStored, listStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { readVendors, standingFor } from '../vendors/facts.ts';
import { credentialFindings } from '../vault/findings.ts';

/** Who is accountable for each server of a space, the controls that its hosting and tier select, and which of them are not met. */
export async function showServerMatrix(control: Control, space: string): Promise<Json> {
  const inForce = idsInForce(control, space);
  const servers = await listStored(control.store, 'server', space);
  const vendors = await readVendors(control.store, control.now(), { space });
  return {
    servers: await Promise.all(servers.map(async (server) => {
      const { vendor, endpoint } = server.body;
      const standing = standingFor({ space, endpoint, ...(vendor === undefined ? {} : { vendor }) }, vendors);
      const isDisclosed = control.now() < (standing?.disclosedUntil ?? 0);
      return rowOf(server, { ...await factsOf(control, server, inForce.has(server.id)), ...(isDisclosed ? { isDisclosed } : {}) });
    })),
  };
}

function idsInForce({ snapshots }: Control, space: string): ReadonlySet<string> {
  if (snapshots.current === undefined) return new Set();
  const snapshot: Snapshot = JSON.parse(snapshots.current.signed.bytes);
  return new Set(snapshot.servers.filter((server) => server.space === space).map(({ id }) => id));
}

async function factsOf(
  { store, now }: Control, { id, space, body: { vendor: _vendor, ...body } }: Stored<StoredServer>, isInForce: boolean,
): Promise<ServerFacts> {
  const [baseline, drift, exposure] = await Promise.all([
    findStored(store, 'baseline', space, id), findStored(store, 'drift', space, id), findStored(store, 'exposure', space, id),
  ]);
  const { segment: gate } = await readNetwork(store);
  const findings = await credentialFindings(store, space, body, now());
  // What it did at another URL says nothing of this one.
  const isSame = body.endpoint.transport !== 'stdio' && exposure?.body.url === body.endpoint.url;
  return {
    server: { ...body, id, space }, isDrifting: drift !== undefined, isInForce, credentialFindings: findings.map(({ rule }) => rule),
    ...(baseline === undefined ? {} : { baseline: baseline.body }), ...(gate === undefined ? {} : { gate }),
    ...(exposure !== undefined && isSame ? { exposure: exposure.body } : {}),
  };
}

function rowOf({ id, body: { owner, hosting, tier } }: Stored<StoredServer>, facts: ServerFacts): JsonObject {
  const controls = selectControls(facts.server).map(({ id: control, says, sources, remedy, state }) => (
    { id: control, says, sources, remedy, state: state(facts) }));
  return {
    id, owner, hosting, tier, accountable: { ...ACCOUNTABLE[hosting] }, controls,
    met: controls.filter(({ state }) => state === 'met').length, gaps: controls.filter(({ state }) => state !== 'met').map(({ id: control }) => control),
  };
}
