import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { Database } from 'bun:sqlite';
import { join } from 'node:path';
import { createJournal } from '../../src/audit/journal.ts';
import { ask, ROOT } from '../../src/control/admins/fixture-admin.ts';
import { openControl } from '../../src/control/fixture-control.ts';
import type { ControlFixture } from '../../src/control/fixture-control.ts';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { toRecord } from '../../src/domain/happening.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { connectLink } from '../../src/link/connect.ts';
import { verifies } from '../e2e/requirements.ts';
import { companyOf, storePackages } from './company.ts';
import type { Company } from './company.ts';

setDefaultTimeout(120_000);

const BATCH = 500;
let fixture: ControlFixture;
let company: Company;
const control = (): ControlFixture['role']['control'] => fixture.role.control;
const send = (method: 'GET' | 'POST', path: string, wanted: Parameters<typeof ask>[4] = {}): ReturnType<typeof ask> => ask(control(), ROOT, method, path,
  wanted);

beforeAll(async () => {
  fixture = await openControl();
  company = companyOf({ servers: 500, toolsEach: 20, people: 2_000, now: Date.now() });
  storePackages(control().packages.folder, company);
  await control().store.transaction(async (rows) => {
    for (const { kind, id, body } of company.kept) await rows.put(kind, 'default', id, body, { by: 'tests' });
  });
  const by = { admin: { id: 'sallyport|tests', may: [] }, space: 'default' };
  await control().change(by, { resource: 'company', id: 'company', verb: 'put' }, async (rows) => {
    for (const { kind, id, body } of company.configured) await rows.put(kind, 'default', id, body, { by: 'tests' });
  });
  // It was declared long ago.
  const database = new Database(join(fixture.home, 'control', 'store.db'));
  database.run("UPDATE resource SET updated_at = updated_at - ? WHERE kind IN ('binding', 'policy')", [150 * 86_400_000]);
  database.close();
  const link = connectLink({ home: fixture.home, self: 'gateway', peer: 'ledger' });
  const journal = createJournal(link, { node: 'gateway', incarnation: 'company', seenFile: join(fixture.home, 'seen-company.json') });
  const calls = company.records.filter(({ event }) => /^(?:call|result)\./.test(event));
  const written = calls.map((one) => ({ space: 'default', node: 'gateway', id: Bun.randomUUIDv7(), exchange: Bun.randomUUIDv7(), category: 'access',
    ...one } as const));
  for (let from = 0; from < written.length; from += BATCH) {
    await Promise.all(written.slice(from, from + BATCH).map((one) => journal.append(toRecord(one))));
  }
  for (const one of company.records.filter((record) => !calls.includes(record))) await control().record({ space: 'default', ...one });
  link.close();
});
afterAll(() => fixture.close());

test(verifies('review-finds', 'a campaign over 500 servers finds everything that was planted, and nothing else'), async () => {
  const { code, body } = await send('POST', '/reviews', { body: { title: 'Q4 2026' } });
  expect(code).toBe('');
  const items = objects((await send('GET', '/reviews/:id/items', { params: { id: text(body['id']) } })).body['items']);
  const found = items.filter(({ check }) => check !== 'access').map((item: JsonObject) =>
    `${text(item['check'])} ${text(part(item, 'subject', 'kind'))} ${text(part(item, 'subject', 'id'))}`);
  expect(found.toSorted()).toEqual(company.problems.toSorted());
});
