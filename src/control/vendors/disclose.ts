import { createHash } from 'node:crypto';
import { tellComplaints } from '../../domain/complaints.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { parseManifestText } from '../../registry/manifest-text.ts';
import type { Rows } from '../../store/store.ts';
import type { Disclosure } from '../../vendor/disclosure/answer.ts';
import { disclosureOfCsv } from '../../vendor/disclosure/csv.ts';
import { missingIn, readDisclosure } from '../../vendor/disclosure/read.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { deleteStored, findStored, needStored, putStored } from '../stored.ts';
import type { Disclosed } from './schema.ts';

const REMEDY = 'correct that place; the questions are in docs/vendors.md and in `sallyport vendor schema`';

/** A disclosure out of the text of a file, YAML or CSV by its name. Throws `ERR_CONFIG_SYNTAX` and `ERR_CONFIG_INVALID` with file and place. */
export function readDisclosureFile({ file, text }: { readonly file: string; readonly text: string }, vendor: string, by: string, now: number): Disclosure {
  if (/\.csv$/i.test(file)) return fromCsv(text, file, { vendor, by, date: new Date(now).toISOString().slice(0, 10) }, now);
  const source = parseManifestText(text, file);
  const read = readDisclosure(source.value, vendor, now);
  if ('complaints' in read) throw source.invalid(read.complaints, REMEDY);
  return read.disclosure;
}

function fromCsv(text: string, file: string, of: Parameters<typeof disclosureOfCsv>[1], now: number): Disclosure {
  const { value, lineOf, complaints } = disclosureOfCsv(text, of);
  const read = complaints.length > 0 ? { complaints: [] } : readDisclosure(value, of.vendor, now);
  if ('disclosure' in read) return read.disclosure;
  const placed = [...complaints, ...read.complaints.map(({ path, message }) => ({
    line: lineOf.get(String(path[1])) ?? 1, message: `${path.slice(2).join('.')} ${message}`.trim(),
  }))];
  throw new SallyportError('ERR_CONFIG_INVALID', tellComplaints(placed, ({ line, message }) => `${file}:${line}:1: ${message}`), { remedy: REMEDY });
}

/** Equal exactly when what was said is. */
export function digestOfDisclosure(disclosure: Disclosure): string {
  return createHash('sha256').update(JSON.stringify(disclosure)).digest('hex');
}

/** Takes what a vendor disclosed into force: whoever does that vouches for it. */
export async function accept(by: By, vendor: string, disclosure: Disclosure, via: Disclosed['via'], control: Control): Promise<JsonObject> {
  const { admin, space } = by;
  const at = control.now();
  const digest = digestOfDisclosure(disclosure);
  const detail = { digest, via, answers: Object.keys(disclosure.answers).length, missing: [...missingIn(disclosure, at)] };
  const accepted = { disclosure, digest, via, acceptedBy: admin.id, acceptedAt: at, attestedAt: at, attestedBy: admin.id };
  await control.change(by, { resource: 'disclosure', id: vendor, verb: 'accept', detail }, async (rows) => {
    await needStored(rows, 'vendor', space, vendor);
    await putStored(rows, 'disclosure', space, vendor, accepted, admin.id);
    await rows.delete('disclosure-submitted', space, vendor, { by: admin.id });
  });
  await control.record({ event: 'vendor.disclosed', space, ...whoOf(admin), action: 'vendor.accept', detail: { vendor, ...detail } });
  return { vendor, ...detail };
}

/** What came by a link, whoever looked at it names by its digest: if it is another by now, nothing is accepted. */
export async function acceptSubmitted(by: By, vendor: string, digest: string, control: Control): Promise<JsonObject> {
  const { body } = await needStored(control.store, 'disclosure-submitted', by.space, vendor);
  if (body.digest !== digest) {
    throw new SallyportError('ERR_CONFLICT', 'what the vendor sent is another by now', { remedy: 'Look at it again: sallyport vendor show.' });
  }
  return accept(by, vendor, body.disclosure, 'link', control);
}

export async function refuseSubmitted({ admin, space }: By, vendor: string, { store, record }: Control): Promise<void> {
  await deleteStored(store, 'disclosure-submitted', space, vendor, admin.id);
  await record({ event: 'vendor.disclosed', space, ...whoOf(admin), action: 'vendor.refuse', detail: { vendor } });
}

/** That all of what is accepted still holds: somebody asked, or looked. It makes no answer live longer. */
export async function attest(by: By, vendor: string, reason: string, control: Control): Promise<void> {
  const { admin, space } = by;
  const at = control.now();
  await control.change(by, { resource: 'disclosure', id: vendor, verb: 'attest', reason }, async (rows) => {
    const { body } = await needStored(rows, 'disclosure', space, vendor);
    await putStored(rows, 'disclosure', space, vendor, { ...body, attestedAt: at, attestedBy: admin.id }, admin.id);
  });
  await control.record({ event: 'vendor.attested', space, ...whoOf(admin), reason, detail: { vendor } });
}

/** Whether there is anything to vouch for, for whoever shows it. */
export async function submittedOf(rows: Rows, space: string, vendor: string): Promise<JsonObject | undefined> {
  const found = await findStored(rows, 'disclosure-submitted', space, vendor);
  if (found === undefined) return undefined;
  const { digest, submittedAt, link, disclosure } = found.body;
  return { digest, submittedAt, link, by: disclosure.by, answers: JSON.parse(JSON.stringify(disclosure.answers)) };
}
