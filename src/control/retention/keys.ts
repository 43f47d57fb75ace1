import type { RetentionClass, RetentionKey } from '../../domain/retention.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { classesOf } from '../../registry/audit-shape.ts';
import type { Rows } from '../../store/store.ts';
import { makeIdentity, recipientOf } from '../../vault/identity.ts';
import type { Sealer } from '../../vault/seal.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import { readAudit } from './settings.ts';

const DAY_MS = 24 * 60 * 60_000;
const SELF = 'sallyport|control';

/** The month of a moment, `YYYY-MM` (UTC). */
export function epochOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}

/** The recipients that gateways may seal for now: this month's, and the next one's once it was made. */
export async function readRetentionKeys(rows: Rows, now: number): Promise<readonly RetentionKey[]> {
  const kept = classesOf(await readAudit(rows)).filter(({ bodyDays }) => bodyDays > 0);
  return (await listStored(rows, 'retention-key', DEFAULT_SPACE)).flatMap(({ body: { class: name, region, epoch, recipient } }) =>
    epoch >= epochOf(now) && kept.some((one) => one.name === name && one.region === region) ? [{ class: name, region, epoch, recipient }] : []);
}

/** The keys that are missing for this month and, a week before its end, for the next. What their identities open, only control opens. */
export async function makeMissingKeys(rows: Rows, sealer: Sealer, now: number): Promise<readonly RetentionKey[]> {
  const made: RetentionKey[] = [];
  for (const { name, region, bodyDays } of classesOf(await readAudit(rows))) {
    if (bodyDays === 0) continue;
    for (const epoch of new Set([epochOf(now), epochOf(now + 7 * DAY_MS)])) {
      const id = keyId(name, region, epoch);
      if ((await findStored(rows, 'retention-key', DEFAULT_SPACE, id)) !== undefined) continue;
      const identity = await makeIdentity();
      const recipient = await recipientOf(identity);
      const sealed = await sealer.seal(['retention-key', DEFAULT_SPACE, id], identity);
      await putStored(rows, 'retention-key', DEFAULT_SPACE, id, { class: name, region, epoch, recipient, sealed }, SELF);
      made.push({ class: name, region, epoch, recipient });
    }
  }
  return made;
}

/** Epochs whose last payload is past its time: with its identity gone, no copy of them can be read any more. */
export async function pastKeys(rows: Rows, now: number): Promise<readonly string[]> {
  const classes = classesOf(await readAudit(rows));
  return (await listStored(rows, 'retention-key', DEFAULT_SPACE)).flatMap(({ id, body: { class: name, epoch } }) =>
    endOf(epoch) + daysOf(classes, name) * DAY_MS < now ? [id] : []);
}

/** The identity that opens what was sealed in an epoch; undefined: it is destroyed. Throws `ERR_VAULT_*`. */
export async function openRetentionKey(rows: Rows, sealer: Sealer, key: Omit<RetentionKey, 'recipient'>): Promise<string | undefined> {
  const id = keyId(key.class, key.region, key.epoch);
  const found = await findStored(rows, 'retention-key', DEFAULT_SPACE, id);
  return found === undefined ? undefined : sealer.open(['retention-key', DEFAULT_SPACE, id], found.body.sealed);
}

function keyId(name: string, region: string, epoch: string): string {
  return `${name}.${region}.${epoch}`;
}

/** A class that is no longer declared keeps what it has as long as the longest of those that are. */
function daysOf(classes: readonly RetentionClass[], name: string): number {
  return classes.find((one) => one.name === name)?.bodyDays ?? Math.max(...classes.map(({ bodyDays }) => bodyDays));
}

function endOf(epoch: string): number {
  const [year = 0, month = 0] = epoch.split('-').map(Number);
  return Date.UTC(year, month);
}
