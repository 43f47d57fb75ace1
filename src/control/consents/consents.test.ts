import { afterAll, beforeAll, expect, test } from 'bun:test';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import { keepConsent, listConsents, revokeConsent } from './consents.ts';

const ISSUER = 'https://localhost:7444';
const AGREED = {
  person: 'ann', client: 'desk', clientName: 'Desk', resource: 'https://localhost:7443/mcp/crm', scopes: ['crm.read'],
  redirect: 'http://127.0.0.1/', remembered: false,
};

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

test('taking a consent back ends every sign-in that came of it; one that is too many has ended before', async () => {
  const { control } = fixture.role;
  const grants = Array.from({ length: 52 }, (_, n) => `grant-${n}`);
  for (const grant of grants) await keepConsent(control, ISSUER, { ...AGREED, grants: [grant] });
  const dead = (): readonly string[] => control.lease.current?.lease.revokedCredentials ?? [];
  expect(dead().toSorted()).toEqual([`${ISSUER}|grant-0`, `${ISSUER}|grant-1`]);
  for (const consent of await listConsents(control.store, control.now(), 'ann')) await revokeConsent(control, ISSUER, consent, 'sallyport|ann');
  expect(dead().toSorted()).toEqual(grants.map((grant) => `${ISSUER}|${grant}`).toSorted());
  expect(await listConsents(control.store, control.now(), 'ann')).toEqual([]);
}, 20_000);
