import type { RetentionClass, RetentionKey } from '../../domain/retention.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { classesOf } from '../../registry/audit-shape.ts';
import type { Rows } from '../../store/store.ts';
import { makeIdentity, recipientOf } from '../../vault/identity.ts';
import type { Sealer } from '../../vault/seal.ts';
import { findStored, listStored } from '../stored.ts';
import type { StoredRetentionKey } from './schema.ts';
import { readAudit } from './settings.ts';

const DAY_MS = 24 * 60 * 60_000;

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

/** What has no key yet: of each class this month and, a week before its end, the next. */
export async function missingKeys(rows: Rows, now: number): Promise<readonly Omit<RetentionKey, 'recipient'>[]> {
  const kept = classesOf(await readAudit(rows)).filter(({ bodyDays }) => bodyDays > 0);
  const wanted = kept.flatMap(({ name, region }) =>
    [...new Set([epochOf(now), epochOf(now + 7 * DAY_MS)])].map((epoch) => ({ class: name, region, epoch })));
  const made = new Set((await listStored(rows, 'retention-key', DEFAULT_SPACE)).map(({ id }) => id));
  return wanted.filter((key) => !made.has(keyId(key)));
}

/** A new key as it is stored. What its identity opens, only control opens. Throws `ERR_VAULT_*`. */
export async function newKey(sealer: Sealer, of: Omit<RetentionKey, 'recipient'>): Promise<{ readonly id: string; readonly body: StoredRetentionKey }> {
  const id = keyId(of);
  const identity = await makeIdentity();
  const recipient = await recipientOf(identity);
  return { id, body: { ...of, recipient, sealed: await sealer.seal(['retention-key', DEFAULT_SPACE, id], identity) } };
}

/** Epochs whose last payload is past its time: with its identity gone, no copy of them can be read any more. */
export async function pastKeys(rows: Rows, now: number): Promise<readonly string[]> {
  const classes = classesOf(await readAudit(rows));
  return (await listStored(rows, 'retention-key', DEFAULT_SPACE)).flatMap(({ id, body: { class: name, epoch } }) =>
    endOf(epoch) + daysOf(classes, name) * DAY_MS < now ? [id] : []);
}

/** The identity that opens what was sealed in an epoch; undefined: it is destroyed. Throws `ERR_VAULT_*`. */
export async function openRetentionKey(rows: Rows, sealer: Sealer, key: Omit<RetentionKey, 'recipient'>): Promise<string | undefined> {
  const id = keyId(key);
  const found = await findStored(rows, 'retention-key', DEFAULT_SPACE, id);
  return found === undefined ? undefined : sealer.open(['retention-key', DEFAULT_SPACE, id], found.body.sealed);
}

function keyId({ class: name, region, epoch }: Omit<RetentionKey, 'recipient'>): string {
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
