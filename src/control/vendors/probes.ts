import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { SEVERITIES, type Severity } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { redact } from '../../domain/redacted.ts';
import { changesSince, eventOf, knownAfter } from '../../vendor/probe/changes.ts';
import type { EndpointChange, KnownEndpoint } from '../../vendor/probe/changes.ts';
import { digestOf, refusalBy } from '../../vendor/probe/permission.ts';
import type { ProbeReport } from '../../vendor/probe/result.ts';
import type { Rows } from '../../store/store.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { findStored, needStored, putStored } from '../stored.ts';
import { keepEvent } from './events.ts';

/** A clock elsewhere may be ahead by this. */
const AHEAD_MS = 5 * 60_000;

/**
 * Keeps what a run of the probes saw, once it was permitted: it counts in the vendor's score from then on. What is another than before is a
 * finding each, and asks for the vendor's word anew. Throws `ERR_PROBE_FORBIDDEN`, `ERR_CONFLICT` for a run before the one that is kept.
 */
export async function keepProbes(control: Control, by: By, report: ProbeReport): Promise<readonly EndpointChange[]> {
  const { admin, space } = by;
  const { vendor, endpoint, startedAt, endedAt } = report;
  const now = control.now();
  const id = idOf(vendor, endpoint);
  const changes = await control.change(by, { resource: 'vendor', id: vendor, verb: 'probe', detail: { endpoint } }, async (rows) => {
    await needStored(rows, 'vendor', space, vendor);
    await needPermission(rows, space, report);
    const last = await findStored(rows, 'vendor-probe', space, id);
    const isLate = (last !== undefined && last.body.startedAt >= startedAt) || endedAt > now + AHEAD_MS || startedAt > endedAt;
    if (isLate) throw new SallyportError('ERR_CONFLICT', 'a later run of the probes is kept already', { remedy: 'Probe again.' });
    const known = (await findStored(rows, 'vendor-known', space, id))?.body;
    const found = known === undefined ? [] : changesSince(known, report);
    await putStored(rows, 'vendor-probe', space, id, report, admin.id);
    await putStored(rows, 'vendor-known', space, id, knownAfter(known, report), admin.id);
    await tellVendor(rows, by, vendor, found, now);
    const advisories = newAdvisories(control, known, report);
    for (const one of advisories) await keepEvent(rows, { space, vendor, event: 'advisory', by: admin.id, ...one }, now);
    return found;
  });
  await control.record({ event: 'vendor.probed', space, ...whoOf(admin), detail: detailOf(report, changes) });
  for (const { rule, severity, was, is } of changes) {
    await control.record({
      event: 'finding.raised', space, ...whoOf(admin), findings: [{ detector: 'vendor', rule, severity, at: [], expected: was, seen: is }],
      detail: { vendor, endpoint },
    });
  }
  return changes;
}

/** One row an endpoint: addresses are no ids. */
function idOf(vendor: string, endpoint: string): string {
  return `${vendor}-${createHash('sha256').update(endpoint).digest('hex').slice(0, 16)}`;
}

async function needPermission(rows: Rows, space: string, { vendor, endpoint, startedAt, permission: { digest } }: ProbeReport): Promise<void> {
  const kept = (await findStored(rows, 'vendor-permission', space, vendor))?.body;
  const refusal = kept === undefined ? 'no permission to probe it is on record' : refusalBy(kept, { vendor, endpoint }, startedAt);
  const isAnother = kept !== undefined && digestOf(kept) !== digest;
  if (refusal === undefined && !isAnother) return;
  throw new SallyportError('ERR_PROBE_FORBIDDEN', refusal ?? 'it was probed by another permission than the one on record', {
    remedy: 'Record the permission with `sallyport vendor permit`, and probe again (docs/vendor-probes.md).',
  });
}

async function tellVendor(rows: Rows, { admin, space }: By, vendor: string, found: readonly EndpointChange[], at: number): Promise<void> {
  const events = new Map(found.flatMap((change) => {
    const event = eventOf(change);
    return event === undefined || event === 'advisory' ? [] : [[event, `${change.rule}: was ${change.was}; is ${change.is}`] as const];
  }));
  for (const [event, note] of events) await keepEvent(rows, { space, vendor, event, note, by: admin.id }, at);
}

/** One event each: they count in the score until somebody vouches for the vendor again. */
function newAdvisories({ knowledge }: Control, known: KnownEndpoint | undefined, { facts: { advisories = [], software } }: ProbeReport): readonly {
  readonly note: string; readonly advisory: { readonly id: string; readonly severity: Severity };
}[] {
  const before = known?.facts.advisories ?? [];
  return advisories.filter((id) => !before.includes(id)).map((id) => {
    const grade = knowledge.lately.advisories.find((one) => one.id === id)?.database_specific.severity.toLowerCase();
    const severity = SEVERITIES.find((one) => one === grade) ?? 'medium';
    return { note: `${id}: ${redact(`${software?.name ?? ''} ${software?.version ?? ''}`)}`, advisory: { id, severity } };
  });
}

function detailOf({ vendor, endpoint, permission, requests, withAccount, probes }: ProbeReport, changes: readonly EndpointChange[]): JsonObject {
  const failed = probes.flatMap(({ checks }) => checks).filter(({ outcome }) => outcome === 'fail').map(({ check }) => check);
  return {
    vendor, endpoint, permission: { by: permission.by, until: permission.until, digest: permission.digest }, requests, withAccount, failed,
    changes: changes.map(({ rule }) => rule),
  };
}
