import { SEVERITIES, type Severity } from '../../domain/finding.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { readPackageUrl } from '../../knowledge/purl.ts';
import type { Control } from '../control.ts';
import { listStored } from '../stored.ts';
import { listCandidates } from './candidates.ts';
import { noteEvent, settleVendors } from './events.ts';
import { dueIn, readVendors, type VendorFacts } from './facts.ts';

const BY = 'sallyport|control';
const DAY_MS = 86_400_000;
/** How long before its end it is told that a vendor must be vouched for anew. */
const SOON_DAYS = 14;
const REMIND_MS = 7 * DAY_MS;

/** Once a day: what asks for a vendor's word, what is due, and how each stands by now. Gives one line for people. */
export async function tendVendors(control: Control): Promise<string> {
  const { store, now } = control;
  const vendors = await readVendors(store, now());
  let noted = 0;
  for (const vendor of vendors) {
    noted += await noteAdvisories(control, vendor);
    noted += await noteDrift(control, vendor);
  }
  // What was just noted may have made more of them due.
  const due = (await readVendors(store, now())).filter((vendor) => (dueIn(vendor).at ?? 0) <= now() + SOON_DAYS * DAY_MS);
  for (const vendor of due) await tellDue(control, vendor);
  await settleVendors(control);
  const strangers = await listCandidates(control, DEFAULT_SPACE);
  return `${vendors.length} vendors, ${due.length} to be vouched for, ${noted} new events, ${strangers.length} to be assessed`;
}

type Placed = VendorFacts & { readonly space: string };

/** Of what it is known to run. */
async function noteAdvisories(control: Control, { space, id, vendor: { runs = [] }, events }: Placed): Promise<number> {
  const known = new Set(events.flatMap(({ advisory }) => advisory?.id ?? []));
  const { advisoriesFor } = control.knowledge.lately;
  const found = runs.flatMap((run) => {
    const named = readPackageUrl(run);
    return named === undefined ? [] : advisoriesFor(named.ecosystem, named.name, named.version).map((one) => ({ ...one, run }));
  }).filter((one) => one.certainty === 'affected' && !known.has(one.id));
  let noted = 0;
  for (const { id: advisory, severity, run } of found) {
    const graded: Severity = SEVERITIES.find((one) => one === severity.toLowerCase()) ?? 'medium';
    const event = { event: 'advisory', note: `${advisory}: ${run}`, by: BY, advisory: { id: advisory, severity: graded } } as const;
    noted += await noteEvent(control, { space, vendor: id, ...event }) ? 1 : 0;
  }
  return noted;
}

/** A server of its is not what was approved. */
async function noteDrift(control: Control, { space, id }: Placed): Promise<number> {
  const own = new Set((await listStored(control.store, 'server', space)).filter(({ body }) => body.vendor === id).map((server) => server.id));
  const drifting = (await listStored(control.store, 'drift', space)).filter((one) => own.has(one.id)).map((one) => one.id);
  if (drifting.length === 0) return 0;
  return await noteEvent(control, { space, vendor: id, event: 'tool-drift', note: `of ${drifting.slice(0, 5).join(', ')}`, by: BY }) ? 1 : 0;
}

/** Once a week each: a job that runs daily must not teach people to look away. */
async function tellDue({ record, now, state }: Control, vendor: Placed): Promise<void> {
  const { at, why } = dueIn(vendor);
  const isOver = at === undefined || at <= now();
  if (!await state.setIfAbsent(`${vendor.space}/vendor-due/${vendor.id}/${isOver ? 'over' : 'soon'}`, '1', REMIND_MS)) return;
  await record({
    event: 'finding.raised', space: vendor.space, principal: BY, principalKind: 'workload',
    detail: { vendor: vendor.id, ...(at === undefined ? {} : { dueAt: at }), why },
    findings: [{ detector: 'vendor', rule: isOver ? 'attestation-overdue' : 'attestation-due', severity: isOver ? 'medium' : 'low', at: [], seen: why }],
  });
}
