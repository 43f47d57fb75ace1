import { afterAll, beforeAll, expect, test } from 'bun:test';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { openControl } from './fixture-control.ts';
import type { ControlFixture } from './fixture-control.ts';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

test('what control keeps for its door is out of every gateway\'s reach', async () => {
  await fixture.role.control.state.set('session/one', 'mine', 60_000);
  for (const ask of [{ op: 'get' }, { op: 'set', value: 'theirs', ttlMs: 1000 }, { op: 'delete' }, { op: 'increment', by: 1, ttlMs: 1000 }]) {
    expect(await codeOf(fixture.asGateway.call('control.state', { key: '~control/session/one', ...ask }))).toBe('ERR_REQUEST_INVALID');
  }
  await fixture.asGateway.call('control.state', { op: 'set', key: 'session/one', value: 'theirs', ttlMs: 1000 });
  expect(await fixture.role.control.state.get('session/one')).toBe('mine');
});
