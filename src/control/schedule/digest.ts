import { narrowed } from '../../audit/query/rewrite.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { RecordEvent } from '../../domain/record.ts';
import { countAll } from '../audit/counted.ts';
import { timesOf } from '../audit/times.ts';
import type { Control } from '../control.ts';
import { listStored } from '../stored.ts';
import { tellAll } from '../notify/notify.ts';
import { listJobs } from './keeper.ts';

const FIRST_MS = 7 * 86_400_000;

/** What people want to know without having asked, in this order; the rest is in the log. */
const LINES: readonly (readonly [RecordEvent, string])[] = [
  ['call.permitted', 'calls permitted'], ['call.denied', 'calls denied'], ['call.refused', 'requests refused'], ['result.withheld', 'results withheld'],
  ['finding.raised', 'things that were unusual'], ['drift.found', 'servers that changed'], ['inventory.found', 'servers found outside the gate'],
  ['file.changed', 'files of clients changed'], ['incident.opened', 'incidents opened'], ['incident.closed', 'incidents closed'],
  ['containment.applied', 'containments'], ['approval.granted', 'calls approved by people'], ['approval.denied', 'calls refused by people'],
  ['config.changed', 'changes of the configuration'], ['break-glass.opened', 'times that the break-glass was opened'],
  ['sensor.silent', 'sensors that fell silent'], ['sink.failed', 'times that a sink failed'], ['job.failed', 'scheduled jobs that failed'],
];

/** Counts only: who, what and where is in the log, for those who may read it. Throws what the ledger and the relay throw. */
export async function sendDigest(control: Control): Promise<string> {
  const { store, now, notify } = control;
  const last = (await listJobs({ store, now })).find(({ kind }) => kind === 'digest')?.row.last?.at;
  const [since, until] = [last ?? now() - FIRST_MS, now()];
  const { counts } = await countAll(control, DEFAULT_SPACE, narrowed('count by event', timesOf(since, until)));
  const lines = LINES.flatMap(([event, says]) => (counts.has(event) ? [`${counts.get(event) ?? 0} ${says}`] : []));
  const waiting = (await listStored(store, 'approval')).filter(({ body }) => body.state === 'pending').length;
  const period = `${day(since)} to ${day(until)}`;
  const text = [
    `Sallyport, ${period}`, '', ...(lines.length === 0 ? ['Nothing happened.'] : lines), '',
    ...(waiting === 0 ? [] : [`${waiting} calls wait for somebody to approve them.`, '']),
    'What it was: sallyport audit query, sallyport incident list.', '',
  ].join('\n');
  await tellAll(notify, {
    topic: 'digest', what: 'digest.sent', id: Bun.randomUUIDv7(), text: `Sallyport, ${period}: ${lines.slice(0, 6).join(', ')}`,
    data: Object.fromEntries(counts),
  }, { subject: `Sallyport, ${period}`, text });
  const { mail, webhooks } = await notify.reaches('digest');
  const told = mail || webhooks > 0 ? '' : '; nobody was told: neither notify.mail nor a webhook is set';
  return `${lines.length} lines, ${period}${told}`;
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}
