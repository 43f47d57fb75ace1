import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { RecordEvent } from '../../domain/record.ts';
import { isObject, isArray } from '../../domain/json.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { HostFact, SensorFact } from '../../review/facts.ts';
import type { Control } from '../control.ts';
import { listEvidence } from '../inventory/evidence.ts';
import { isSilent } from '../inventory/sensors.ts';
import { listStored } from '../stored.ts';

const UNSEALED: readonly string[] = ['secret-in-clear', 'readable-by-others'];

/** Hosts with clients, as sensors saw them, and what was done to their files. */
export async function readHosts({ store, ledger, now }: Pick<Control, 'store' | 'ledger' | 'now'>, space: string): Promise<readonly HostFact[]> {
  const hosts = new Map<string, { readonly clients: Set<string>; readonly unsealed: Set<string> }>();
  const of = (host: string): { readonly clients: Set<string>; readonly unsealed: Set<string> } => {
    const known = hosts.get(host) ?? { clients: new Set<string>(), unsealed: new Set<string>() };
    hosts.set(host, known);
    return known;
  };
  for (const { sensor, host, client, risks, place, goneAt } of await listEvidence(store, space)) {
    if (sensor !== 'client-file' || host === undefined || goneAt !== undefined) continue;
    if (client !== undefined) of(host).clients.add(client);
    if (risks.some((risk) => UNSEALED.includes(risk))) of(host).unsealed.add(place);
  }
  const audited = new Map<string, number>();
  for (const { body: { host, at } } of await listStored(store, 'file-baseline', space)) audited.set(host, Math.max(audited.get(host) ?? 0, at));
  const enforced = hosts.size === 0 ? new Map<string, number>() : await lastByHost(ledger, now(), space, 'file.enforced', () => true);
  const drifted = hosts.size === 0 ? new Map<string, number>() : await lastByHost(ledger, now(), space, 'file.changed', isOfEnforcement);
  return [...hosts].map(([host, { clients, unsealed }]) => {
    const [enforcedAt, auditedAt] = [enforced.get(host), audited.get(host)];
    return {
      host, clients: [...clients].toSorted(), unsealed: [...unsealed].toSorted(), isDrifted: (drifted.get(host) ?? 0) > (enforcedAt ?? 0),
      ...(enforcedAt === undefined ? {} : { enforcedAt }), ...(auditedAt === undefined ? {} : { auditedAt }),
    };
  });
}

/** Sensors of which nothing is heard; one that was shut out is not expected. */
export async function readSilent({ store, now }: Pick<Control, 'store' | 'now'>, space: string): Promise<readonly SensorFact[]> {
  if (space !== DEFAULT_SPACE) return [];
  const nodes = new Map((await listStored(store, 'link-node', DEFAULT_SPACE)).map(({ id, body }) => [id, body]));
  return (await listStored(store, 'sensor', DEFAULT_SPACE))
    .filter((sensor) => nodes.get(`sensor.${sensor.id}`)?.revokedAt === undefined && isSilent(sensor, now()))
    .map(({ id, body: { host, seenAt } }) => ({ node: id, host, seenAt }));
}

/** Pages of records that are looked at for one event. */
const PAGES_MAX = 20;

/** When something that did not fail was last on record of each host. */
async function lastByHost(
  ledger: Control['ledger'], now: number, space: string, event: RecordEvent, holds: (detail: JsonObject) => boolean,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  let after: number | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { entries, next } = await ledger.search({
      space, question: `event = ${event}`, now, order: 'newest', limit: LIMITS.queryRecordsMax, ...(after === undefined ? {} : { after }),
    });
    for (const { record: { detail, at, code } } of entries) {
      const host = isObject(detail) ? detail['host'] : undefined;
      if (typeof host !== 'string' || typeof at !== 'number' || code !== undefined || found.has(host) || !isObject(detail) || !holds(detail)) continue;
      found.set(host, at);
    }
    if (next === undefined || entries.length === 0) break;
    after = next;
  }
  return found;
}

function isOfEnforcement(detail: JsonObject): boolean {
  const { differences } = detail;
  return isArray(differences) && differences.some((one) => isObject(one) && typeof one['what'] === 'string' && one['what'].startsWith('enforcement'));
}
