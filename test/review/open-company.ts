import { Database } from 'bun:sqlite';
import { join } from 'node:path';
import { createJournal } from '../../src/audit/journal.ts';
import { openControl } from '../../src/control/fixture-control.ts';
import type { ControlFixture } from '../../src/control/fixture-control.ts';
import { toRecord } from '../../src/domain/happening.ts';
import { connectLink } from '../../src/link/connect.ts';
import { companyOf, storePackages } from './company.ts';
import type { Company, Size } from './company.ts';

const BATCH = 500;

/** A control over a whole company: its rows, signed, its packages, and what is on record of its calls. */
export async function openCompany(size: Omit<Size, 'now'>): Promise<{ readonly fixture: ControlFixture; readonly company: Company }> {
  const fixture = await openControl();
  const { control } = fixture.role;
  const company = companyOf({ ...size, now: Date.now() });
  storePackages(control.packages.folder, company);
  await control.store.transaction(async (rows) => {
    for (const { kind, id, body } of company.kept) await rows.put(kind, 'default', id, body, { by: 'tests' });
  });
  const by = { admin: { id: 'sallyport|tests', may: [] }, space: 'default' };
  await control.change(by, { resource: 'company', id: 'company', verb: 'put' }, async (rows) => {
    for (const { kind, id, body } of company.configured) await rows.put(kind, 'default', id, body, { by: 'tests' });
  });
  // It was declared long ago.
  const database = new Database(join(fixture.home, 'control', 'store.db'));
  database.run("UPDATE resource SET updated_at = updated_at - ? WHERE kind IN ('binding', 'policy')", [150 * 86_400_000]);
  database.close();
  await recordAll(fixture, company);
  return { fixture, company };
}

async function recordAll({ home, role: { control } }: ControlFixture, { records }: Company): Promise<void> {
  const link = connectLink({ home, self: 'gateway', peer: 'ledger' });
  const journal = createJournal(link, { node: 'gateway', incarnation: 'company', seenFile: join(home, 'seen-company.json') });
  const calls = records.filter(({ event }) => /^(?:call|result)\./.test(event));
  const written = calls.map((one) => (
    { space: 'default', node: 'gateway', id: Bun.randomUUIDv7(), exchange: Bun.randomUUIDv7(), category: 'access', ...one } as const
  ));
  for (let from = 0; from < written.length; from += BATCH) {
    await Promise.all(written.slice(from, from + BATCH).map((one) => journal.append(toRecord(one))));
  }
  for (const one of records.filter((record) => !calls.includes(record))) await control.record({ space: 'default', ...one });
  link.close();
}
