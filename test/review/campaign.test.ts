import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { ask, ROOT } from '../../src/control/admins/fixture-admin.ts';
import type { ControlFixture } from '../../src/control/fixture-control.ts';
import { objects, part, text } from '../../src/cli/json-view.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { REVIEW_CHECKS } from '../../src/domain/finding.ts';
import { verifies } from '../e2e/requirements.ts';
import type { Company } from './company.ts';
import { openCompany } from './open-company.ts';

setDefaultTimeout(120_000);

let fixture: ControlFixture;
let company: Company;
let items: readonly JsonObject[];
const send = (method: 'GET' | 'POST', path: string, wanted: Parameters<typeof ask>[4] = {}): ReturnType<typeof ask> =>
  ask(fixture.role.control, ROOT, method, path, wanted);

beforeAll(async () => {
  ({ fixture, company } = await openCompany({ servers: 500, toolsEach: 5, people: 2_000 }));
  const { code, body } = await send('POST', '/reviews', { body: { title: 'Q4 2026', standIns: { group: 'owners' } } });
  expect(code).toBe('');
  items = objects((await send('GET', '/reviews/:id/items', { params: { id: text(body['id']) } })).body['items']);
});
afterAll(() => fixture.close());

test(verifies('review-finds', 'a campaign over 500 servers finds everything that was planted, and nothing else'), () => {
  const found = items.filter(({ check }) => check !== 'access')
    .map((item) => `${text(item['check'])} ${text(part(item, 'subject', 'kind'))} ${text(part(item, 'subject', 'id'))}`);
  expect(found.toSorted()).toEqual(company.problems.toSorted());
  expect(company.problems.length).toBeGreaterThanOrEqual(60);
  const kinds = new Set(['access', ...company.problems.map((problem) => problem.split(' ')[0])]);
  expect(REVIEW_CHECKS.filter((check) => !kinds.has(check))).toEqual([]);
});

test('somebody is asked of everything, and nobody of what they have themselves', () => {
  expect(items.filter((item) => item['as'] === 'nobody')).toEqual([]);
  const owned = items.filter((item) => item['as'] === 'owner');
  expect(owned.length).toBeGreaterThan(items.length / 2);
  for (const item of owned) expect(JSON.stringify(item['reviewers'])).toMatch(/^\["owner-\d+"\]$/);
});

test('a right that one person has and nobody who does the same is told as unlike its peers', () => {
  expect(items.filter((item) => item['outlier'] !== undefined).map((item) => [text(part(item, 'subject', 'id')), text(item['outlier'])])).toEqual([
    ['b-odd-one', '1 of 50 people of the group team-5 have access to srv-0'],
  ]);
});
