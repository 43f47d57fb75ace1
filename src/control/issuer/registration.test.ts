import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Browser, CRM, openIssuerFixture, type IssuerFixture } from './fixture-issuer.ts';
import { configure } from '../fixture-control.ts';

let issuer: IssuerFixture;
beforeAll(async () => {
  issuer = await openIssuerFixture();
});
afterAll(() => issuer.stop());

const REDIRECT = 'http://127.0.0.1/callback';

function register(token: string | undefined, metadata: Readonly<Record<string, unknown>>): Promise<Response> {
  return fetch(`${issuer.origin}/oauth/register`, {
    method: 'POST', headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ client_name: 'Somebody', redirect_uris: [REDIRECT], ...metadata }),
  });
}

async function invite(): Promise<string> {
  const { token } = await issuer.api('POST', '/issuer/registration-tokens');
  return typeof token === 'string' ? token : '';
}

test('nobody registers a client where registration is off, as it is by default', async () => {
  expect((await register(undefined, {})).status).toBe(404);
  expect(await invite().catch(String)).toContain('cannot register themselves');
});

test('where it is open, a token of an administrator\'s registers one harmless client, once', async () => {
  const control = { listen: new URL(issuer.origin).host.replace('localhost', '127.0.0.1'), registration: 'initial-token' };
  const network = { listen: '127.0.0.1:7443', publicUrl: 'https://localhost:7443', internal: [], origins: [], control };
  await configure(issuer.role.control, 'setting', 'default', 'network', network);
  await issuer.restart();
  expect((await register(undefined, {})).status).toBe(401);
  expect((await register('guessed-guessed-guessed-guessed', {})).status).toBe(401);
  const bad: readonly Readonly<Record<string, unknown>>[] = [
    { redirect_uris: ['http://evil.example/callback'] }, { redirect_uris: ['https://*.evil.example/'] }, { token_endpoint_auth_method: 'client_secret_basic' },
    { grant_types: ['client_credentials'] }, { grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:token-exchange'] },
  ];
  for (const metadata of bad) expect((await register(await invite(), metadata)).status).toBe(400);
  const token = await invite();
  const made = await register(token, {});
  expect(made.status).toBe(201);
  expect(await made.json()).toMatchObject({ token_endpoint_auth_method: 'none', application_type: 'native', redirect_uris: [REDIRECT] });
  expect((await register(token, {})).status).toBe(401);
  const shared = await invite();
  const several = await Promise.all(Array.from({ length: 8 }, () => register(shared, {})));
  expect(several.filter(({ status }) => status === 201)).toHaveLength(1);
  expect((await issuer.records('client.changed')).map(({ action }) => action)).toContain('client.register');
});

test('a client that registered itself is shown as one: nobody here entered it', async () => {
  await issuer.person('ann');
  const made: unknown = await (await register(await invite(), { client_name: 'Payroll' })).json();
  const id = typeof made === 'object' && made !== null && 'client_id' in made ? String(made.client_id) : '';
  const url = new URL(`${issuer.origin}/oauth/authorize`);
  const asked = {
    client_id: id, response_type: 'code', redirect_uri: REDIRECT, scope: 'crm.read', resource: CRM,
    code_challenge: 'x'.repeat(43), code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  const browser = new Browser(issuer, 'ann');
  const at = new URL((await browser.fetch(url)).headers.get('location') ?? '', url);
  const request = new Request(at.href, { headers: { cookie: browser.cookies(at.pathname) } });
  const { client } = await issuer.role.control.interactions().details(request, at.pathname.split('/').at(-1) ?? '');
  expect(client).toMatchObject({ name: 'Payroll', origin: 'dynamic' });
});
