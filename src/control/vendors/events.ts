import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { VENDOR_EVENTS, type VendorEvent } from '../../vendor/attest.ts';
import type { Control } from '../control.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import type { StoredEvent } from './schema.ts';

/** What happened to a vendor, and by whose word. */
export interface Noted {
  readonly space: string;
  readonly vendor: string;
  readonly event: VendorEvent;
  readonly note: string;
  readonly by: string;
  readonly advisory?: NonNullable<StoredEvent['advisory']>;
}

/**
 * Notes what asks for a vendor's word before its time, and puts it on record as a finding; false where nothing was kept (`keepEvent`). What
 * it takes away at the gate is in force with the next snapshot.
 */
export async function noteEvent(control: Pick<Control, 'store' | 'record' | 'now'>, { space, by, ...noted }: Noted): Promise<boolean> {
  const { store, record, now } = control;
  const at = now();
  const isNew = await store.transaction((rows) => keepEvent(rows, { space, by, ...noted }, at));
  if (!isNew) return false;
  await record({
    event: 'finding.raised', space, principal: by, detail: { vendor: noted.vendor, note: noted.note },
    findings: [{
      detector: 'vendor', rule: noted.event, severity: noted.event === 'breach-notice' ? 'high' : 'medium', at: [], seen: VENDOR_EVENTS[noted.event].title,
    }],
  });
  return true;
}

/** Of advisories there may be any number, and what a vendor says it runs decides how many; of all else one at a time is open, and has room. */
const ADVISORIES_OPEN_MAX = LIMITS.vendorEventsMax - Object.keys(VENDOR_EVENTS).length;

/** Keeps it unless the same is open already, or as many advisories are as there is room for; false then. */
export async function keepEvent(rows: Rows, { space, by, ...noted }: Noted, at: number): Promise<boolean> {
  const known = await openOf(rows, space, noted.vendor);
  if (known.some(({ event, advisory }) => event === noted.event && advisory?.id === noted.advisory?.id)) return false;
  const advisories = known.filter(({ advisory }) => advisory !== undefined).length;
  if (noted.advisory !== undefined && advisories >= ADVISORIES_OPEN_MAX) return false;
  await putStored(rows, 'vendor-event', space, Bun.randomUUIDv7(), { ...noted, at, by }, by);
  await forgetOld(rows, space, noted.vendor, by);
  return true;
}

/** Those since which nobody vouched for it. */
async function openOf(rows: Rows, space: string, vendor: string): Promise<readonly StoredEvent[]> {
  const attestedAt = await attestedAtOf(rows, space, vendor);
  return (await listStored(rows, 'vendor-event', space)).map(({ body }) => body).filter((one) => one.vendor === vendor && one.at > attestedAt);
}

async function attestedAtOf(rows: Rows, space: string, vendor: string): Promise<number> {
  return (await findStored(rows, 'disclosure', space, vendor))?.body.attestedAt ?? 0;
}

/** The oldest of those that somebody vouched since: what is open counts until somebody does, however much comes after it. */
async function forgetOld(rows: Rows, space: string, vendor: string, by: string): Promise<void> {
  const own = (await listStored(rows, 'vendor-event', space)).filter(({ body }) => body.vendor === vendor);
  const attestedAt = await attestedAtOf(rows, space, vendor);
  const over = own.filter(({ body }) => body.at <= attestedAt).slice(0, Math.max(0, own.length - LIMITS.vendorEventsMax));
  for (const { id } of over) await rows.delete('vendor-event', space, id, { by });
}

/** Brings how vendors stand now into force, where it is another than gateways know. */
export async function settleVendors(control: Pick<Control, 'change'>): Promise<void> {
  const by = { admin: { id: 'sallyport|control', may: [] }, space: DEFAULT_SPACE };
  await control.change(by, { resource: 'vendor', id: 'standing', verb: 'settle' }, async () => undefined, { unlessInForce: true });
}
