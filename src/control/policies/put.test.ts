import { afterAll, beforeAll, expect, test } from 'bun:test';
import { objects, part, text } from '../../cli/json-view.ts';
import { ask, ROOT } from '../admins/fixture-admin.ts';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

const put = (source: string, was?: string): ReturnType<typeof ask> =>
  ask(fixture.role.control, ROOT, 'PUT', '/policies', { body: { file: 'a.cedar', source, ...(was === undefined ? {} : { was }) } });

test('what somebody else wrote meanwhile is not written over by who names what they read', async () => {
  expect((await put('// mine', 'of something that is not there')).code).toBe('ERR_CONFLICT');
  const { body: { digest } } = await put('// mine', '');
  expect((await put('// theirs')).code).toBe('');
  expect((await put('// mine, more', text(digest))).code).toBe('ERR_CONFLICT');
  expect((await put('// new', '')).code).toBe('ERR_CONFLICT');
  const [now] = objects(part((await ask(fixture.role.control, ROOT, 'GET', '/policies')).body, 'policies'));
  expect(now).toMatchObject({ source: '// theirs' });
  expect((await put('// both', text(now?.['digest']))).code).toBe('');
});
