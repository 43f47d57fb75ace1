import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { objects } from '../../cli/json-view.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin } from '../route.ts';

/** Who reads records without the right to see names tries to find out whose a pseudonym is. */
const ANN = person('ann');
let fixture: ControlFixture;
const control = (): ControlFixture['role']['control'] => fixture.role.control;
const pseudonym = (): string => control().retention.pseudonyms.of(ANN.id);

beforeAll(async () => {
  fixture = await openControl();
  // Refused, and on record with who tried.
  await ask(control(), ANN, 'PUT', '/toolsets/:id', { params: { id: 'hers' }, body: { members: [] } });
});
afterAll(() => fixture.close());

const find = (admin: Admin, query: Readonly<Record<string, string>>): ReturnType<typeof ask> => ask(control(), admin, 'GET', '/audit/records', { query });

describe('without the right to see names', () => {
  test.each([
    `principal = "${ANN.id}"`, `principal != "${ANN.id}"`, `not (event = config.changed and principal in (p_00000000000000000000, "${ANN.id}"))`,
    'principal ~ "*|a*"', 'principal !~ "*ann*" count by principal', `principal = "${ANN.id.toUpperCase()}"`,
  ])('nobody is asked for by a name or a part of it: %s', async (filter) => {
    expect((await find(ROOT, { filter })).code).toBe('ERR_ADMIN_FORBIDDEN');
  });

  test('nor is anybody held or erased by a name: what is on record of it shows the pseudonym', async () => {
    for (const path of ['/audit/holds', '/audit/erase']) {
      const { code } = await ask(control(), ROOT, 'POST', path, { body: { person: ANN.id, reason: 'curious' } });
      expect([path, code]).toEqual([path, 'ERR_ADMIN_FORBIDDEN']);
    }
    expect((await ask(control(), ROOT, 'POST', '/audit/holds', { body: { person: pseudonym(), reason: 'a lawsuit' } })).code).toBe('');
  });

  test('nor in any other way', async () => {
    expect((await find(ROOT, { principal: ANN.id })).code).toBe('ERR_ADMIN_FORBIDDEN');
    for (const path of ['/audit/tail', '/audit/sessions']) {
      expect([path, (await ask(control(), ROOT, 'GET', path, { query: { principal: ANN.id } })).code]).toEqual([path, 'ERR_ADMIN_FORBIDDEN']);
    }
  });

  test('people are asked for by their pseudonyms, machines by their names', async () => {
    for (const query of [{ filter: `principal = ${pseudonym()} and event = admin.refused` }, { principal: pseudonym(), event: 'admin.refused' }]) {
      expect(objects((await find(ROOT, query)).body['records'])).toMatchObject([{ principal: pseudonym() }]);
    }
    expect(objects((await find(ROOT, { filter: 'has principal and principal = "sallyport|control"' })).body['records'])).not.toEqual([]);
  });
});

test('who had names revealed may ask by them', async () => {
  expect((await ask(control(), ROOT, 'POST', '/audit/reveal', { body: { reason: 'an incident' } })).code).toBe('');
  expect(objects((await find(ROOT, { filter: 'principal ~ "*|ann"' })).body['records'])).not.toEqual([]);
  expect(objects((await find(ROOT, { principal: ANN.id, reveal: 'true' })).body['records'])).not.toEqual([]);
});
