import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { text } from '../../cli/json-view.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { openIssuerFixture } from '../issuer/fixture-issuer.ts';
import type { IssuerFixture } from '../issuer/fixture-issuer.ts';

let fixture: IssuerFixture;
let token = '';
beforeAll(async () => {
  fixture = await openIssuerFixture();
  token = text((await fixture.api('POST', '/people/scim-tokens', { note: 'tests', ttlMs: 3_600_000 }))['token']);
});
afterAll(() => fixture.stop());

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

async function scim(method: string, path: string, body?: Json, given = token): Promise<Answer> {
  const response = await fetch(`${fixture.origin}/scim/v2${path}`, {
    method, headers: { authorization: `Bearer ${given}`, ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const said = await response.text();
  const value: Json = said === '' ? {} : JSON.parse(said);
  return { status: response.status, body: isObject(value) ? value : {} };
}

const patch = (path: string, ...operations: readonly JsonObject[]): Promise<Answer> =>
  scim('PATCH', path, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations });

async function create(userName: string, more: JsonObject = {}): Promise<string> {
  const { status, body } = await scim('POST', '/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, ...more });
  expect(status).toBe(201);
  return text(body['id']);
}

const isActive = async (id: string): Promise<Json | undefined> => (await scim('GET', `/Users/${id}`)).body['active'];
const revoked = (): readonly string[] => fixture.role.control.lease.current?.lease.revokedPrincipals ?? [];

describe('a directory is heard', () => {
  test('only with a token that is good, and told in the form of RFC 7644 why not', async () => {
    for (const given of ['', 'spc_wrong', `spc_${'A'.repeat(43)}`]) {
      expect(await scim('GET', '/Users', undefined, given)).toMatchObject({
        status: 401, body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '401' },
      });
    }
    const { token: second, id } = await fixture.api('POST', '/people/scim-tokens', { note: 'second', ttlMs: 3_600_000 });
    expect((await scim('GET', '/Users', undefined, text(second))).status).toBe(200);
    await fixture.api('DELETE', `/people/scim-tokens/${text(id)}`);
    expect((await scim('GET', '/Users', undefined, text(second))).status).toBe(401);
    const listed = JSON.stringify(await fixture.api('GET', '/people/scim-tokens'));
    expect(listed).not.toContain(token);
    expect(listed).not.toContain('hash');
  });

  test('with JSON of a limited size', async () => {
    expect((await scim('POST', '/Users', '{')).body).toMatchObject({ status: '400', scimType: 'invalidSyntax' });
    expect((await scim('POST', '/Users', '[]')).body).toMatchObject({ status: '400' });
    expect((await scim('POST', '/Users', `{"userName":"${'x'.repeat(2 * 1024 * 1024)}"}`)).status).toBe(413);
    expect((await scim('POST', '/Users', {})).body).toMatchObject({ scimType: 'invalidValue' });
    expect((await scim('POST', '/Users', { userName: 'a|b' })).body).toMatchObject({ scimType: 'invalidValue' });
  });

  test('and told what this service can do', async () => {
    expect((await scim('GET', '/ServiceProviderConfig')).body).toMatchObject({ patch: { supported: true }, bulk: { supported: false } });
    expect((await scim('GET', '/ResourceTypes')).body).toMatchObject({ totalResults: 2 });
    expect((await scim('GET', '/ResourceTypes/User')).body).toMatchObject({ endpoint: '/Users' });
    expect((await scim('GET', '/Schemas')).body).toMatchObject({ totalResults: 2 });
    expect((await scim('GET', '/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group')).body).toMatchObject({ name: 'Group' });
    expect((await scim('GET', '/Schemas/nothing')).status).toBe(404);
  });
});

describe('users', () => {
  test('are made once, found, paged, and replaced', async () => {
    const id = await create('ada@example.com', {
      externalId: 'ext-ada', name: { givenName: 'Ada', familyName: 'L' }, emails: [{ value: 'other@example.com' }, { value: 'ada@example.com', primary: true }],
    });
    expect(await scim('POST', '/Users', { userName: 'ADA@example.com' })).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } });
    expect(await scim('POST', '/Users', { userName: 'other', externalId: 'ext-ada' })).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } });
    const long = 'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada@example.com"';
    for (const filter of ['userName eq "ADA@EXAMPLE.COM"', 'externalId eq "ext-ada"', `id eq "${id}"`, long]) {
      const found = (await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`)).body;
      expect(found).toMatchObject({ totalResults: 1, Resources: [{ id, displayName: 'Ada L' }] });
    }
    for (const filter of ['externalId eq "EXT-ADA"', 'userName eq "nobody"']) {
      expect((await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`)).body).toMatchObject({ totalResults: 0, Resources: [] });
    }
    for (const filter of ['userName co "a"', 'password eq "x"', 'userName eq "a" or userName eq "b"', 'userName eq "a']) {
      expect(await scim('GET', `/Users?filter=${encodeURIComponent(filter)}`)).toMatchObject({ status: 400, body: { scimType: 'invalidFilter' } });
    }
    for (const name of ['b1', 'b2', 'b3']) await create(name);
    const total = Number((await scim('GET', '/Users?count=0')).body['totalResults']);
    const seen: Json[] = [];
    for (let start = 1; start <= total; start += 2) {
      const { body } = await scim('GET', `/Users?startIndex=${start}&count=2`);
      if (isArray(body['Resources'])) seen.push(...body['Resources'].map((one) => (isObject(one) ? one['id'] ?? '' : '')));
    }
    expect(new Set(seen).size).toBe(total);
    expect((await scim('GET', '/Users?startIndex=-4&count=1')).body).toMatchObject({ startIndex: 1, itemsPerPage: 1 });
    expect((await scim('GET', '/Users?count=many')).status).toBe(400);
    const replaced = await scim('PUT', `/Users/${id}`, { userName: 'ada2@example.com', active: true });
    expect(replaced).toMatchObject({ status: 200, body: { userName: 'ada2@example.com' } });
    expect((await scim('GET', `/Users/${id}`)).body['externalId']).toBeUndefined();
  });

  test.each([
    ['Okta', [{ op: 'replace', value: { active: false } }], [{ op: 'replace', value: { active: true } }]],
    ['Entra ID', [{ op: 'Replace', path: 'active', value: 'False' }], [{ op: 'Replace', path: 'active', value: 'True' }]],
    ['Entra ID, without a path', [{ op: 'Replace', value: { active: 'False', 'name.givenName': 'X' } }], [{ op: 'Add', value: { active: 'True' } }]],
    [
      'a list', [{ op: 'replace', path: 'active', value: [{ value: false }] }],
      [{ op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:active', value: true }],
    ],
  ] as const)('are switched off and on as %s says it', async (_, off, on) => {
    const id = await create(`switch-${Bun.randomUUIDv7()}`);
    const principal = `default/${fixture.origin}|${id}`;
    expect((await patch(`/Users/${id}`, ...off)).status).toBe(200);
    expect(await isActive(id)).toBe(false);
    expect(revoked()).toContain(principal);
    expect((await patch(`/Users/${id}`, ...on)).status).toBe(200);
    expect(await isActive(id)).toBe(true);
    expect(revoked()).not.toContain(principal);
    expect(fixture.role.control.lease.current?.lease.principalsNotBefore?.[principal]).toBeGreaterThan(0);
  });

  test('are not changed by what is no change of theirs', async () => {
    const id = await create('patched');
    for (const [operation, scimType] of [
      [{ op: 'remove' }, 'noTarget'], [{ op: 'replace', value: 'x' }, 'invalidValue'], [{ op: 'replace', path: 'active', value: 'perhaps' }, 'invalidValue'],
      [{ op: 'remove', path: 'userName' }, 'mutability'], [{ op: 'replace', path: 'id', value: 'x' }, 'mutability'],
      [{ op: 'replace', path: 'emails[primary gt "x"]', value: 'x' }, 'invalidPath'], [{ op: 'copy', path: 'active', value: true }, 'invalidSyntax'],
    ] as const) expect([(await patch(`/Users/${id}`, operation)).body['scimType'], operation]).toEqual([scimType, operation]);
    const half = await patch(`/Users/${id}`, { op: 'replace', path: 'displayName', value: 'New' }, { op: 'replace', path: 'active', value: 'no' });
    expect(half.status).toBe(400);
    expect((await scim('GET', `/Users/${id}`)).body['displayName']).toBeUndefined();
    expect((await patch(`/Users/${id}`, { op: 'remove', path: 'active' })).body).toMatchObject({ active: false });
    expect((await scim('GET', '/Users/nobody')).status).toBe(404);
  });

  test('who are deleted are gone for the directory and dead at every gate; the same name anew is another person', async () => {
    const id = await create('gone', { externalId: 'ext-gone' });
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await scim('GET', `/Users/${id}`)).status).toBe(404);
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(404);
    expect(revoked()).toContain(`default/${fixture.origin}|${id}`);
    expect(revoked()).toContain('default/sallyport|gone');
    const again = await create('gone', { externalId: 'ext-gone' });
    expect(again).not.toBe(id);
    expect(revoked()).toContain(`default/${fixture.origin}|${id}`);
    expect(revoked()).not.toContain('default/sallyport|gone');
    expect(fixture.role.control.lease.current?.lease.principalsNotBefore).toHaveProperty(['default/sallyport|gone']);
  });
});

describe('groups', () => {
  test('hold people; members come and go in every dialect', async () => {
    const [a, b, c] = [await create('ga'), await create('gb'), await create('gc')];
    const { status, body } = await scim('POST', '/Groups', { displayName: 'Security', members: [{ value: a }] });
    expect(status).toBe(201);
    const path = `/Groups/${text(body['id'])}`;
    const members = async (): Promise<readonly Json[]> => {
      const list = (await scim('GET', path)).body['members'];
      return isArray(list) ? list.map((one) => (isObject(one) ? one['value'] ?? '' : '')) : [];
    };
    await patch(path, { op: 'add', path: 'members', value: [{ value: b }, { value: c }] });
    expect(await members()).toEqual([a, b, c]);
    await patch(path, { op: 'remove', path: `members[value eq "${b}"]` });
    expect(await members()).toEqual([a, c]);
    await patch(path, { op: 'Remove', path: 'members', value: [{ value: c }] });
    expect(await members()).toEqual([a]);
    await patch(path, { op: 'Add', value: { members: [{ value: c }], displayName: 'SecOps' } });
    expect(await members()).toEqual([a, c]);
    await patch(path, { op: 'replace', path: 'members', value: [{ value: b }] });
    expect(await members()).toEqual([b]);
    expect((await scim('GET', `/Users/${b}`)).body['groups']).toEqual([{ display: 'SecOps' }]);
    expect((await patch(path, { op: 'add', path: 'members', value: [{ value: 'nobody' }] })).body).toMatchObject({ scimType: 'invalidValue' });
    expect((await scim('POST', '/Groups', { displayName: 'secops' })).body).toMatchObject({ scimType: 'uniqueness' });
    expect((await scim('GET', '/Groups?filter=displayName%20eq%20%22SecOps%22&excludedAttributes=members')).body).toMatchObject({ totalResults: 1 });
    expect((await scim('GET', `${path}?excludedAttributes=members`)).body['members']).toBeUndefined();
    await patch(path, { op: 'remove', path: 'members' });
    expect(await members()).toEqual([]);
    await scim('PUT', path, { displayName: 'SecOps', members: [{ value: a }] });
    expect(await members()).toEqual([a]);
    expect((await scim('DELETE', path)).status).toBe(204);
    expect((await scim('GET', path)).status).toBe(404);
  });

  test('what a directory did is in the record, in its name', async () => {
    const records = JSON.stringify(await fixture.records('config.changed'));
    expect(records).toContain('sallyport|scim/');
    expect(records).toContain('person.remove');
    expect(records).not.toContain(token);
  });
});
