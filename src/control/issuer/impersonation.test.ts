import { afterAll, beforeAll, expect, test } from 'bun:test';
import { decodeJwt } from 'jose';
import { text } from '../../cli/json-view.ts';
import { isObject, type Json } from '../../domain/json.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { CRM, openIssuerFixture, type IssuerFixture } from './fixture-issuer.ts';

/** The id of somebody's row, which is the subject of their tokens. */
const VICTIM = '01980000-0000-7000-8000-00000000abcd';
const MALLORY = person('mallory', 'desk-team');
const CLIENT = { name: 'bot', authentication: 'client_secret_basic', grantTypes: ['client_credentials'] };

let issuer: IssuerFixture;
beforeAll(async () => {
  issuer = await openIssuerFixture();
  await issuer.person(VICTIM);
  await ask(issuer.role.control, ROOT, 'POST', '/admins', { body: { to: { group: 'desk-team' }, role: 'admin', space: 'default' } });
});
afterAll(() => issuer.stop());

const register = (id: string): ReturnType<typeof ask> => ask(issuer.role.control, MALLORY, 'POST', '/clients', { body: { ...CLIENT, id } });

async function subjectOf(client: string, secret: string): Promise<string | undefined> {
  await issuer.agent('evil', client);
  const response = await fetch(`${issuer.origin}/oauth/token`, {
    method: 'POST', headers: { authorization: `Basic ${btoa(`${client}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: CRM }),
  });
  const answer: Json = JSON.parse(await response.text());
  return isObject(answer) && typeof answer['access_token'] === 'string' ? decodeJwt(answer['access_token']).sub : undefined;
}

test('a client is the subject of its own tokens, so it can\'t be called as a person is', async () => {
  const { code, body } = await register(VICTIM);
  expect([code, code === '' ? await subjectOf(VICTIM, text(body['secret'])) : undefined]).toEqual(['ERR_REQUEST_INVALID', undefined]);
  const bot = await register('bot');
  expect(await subjectOf('bot', text(bot.body['secret']))).toBe('bot');
});
