import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createLocalJWKSet, jwtVerify, type JWK } from 'jose';
import { text } from '../../cli/json-view.ts';
import { readClaims, type Vouched } from '../../identity/claims.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { embeddedIssuer, readPublished } from './published.ts';
import { CRM, openIssuerFixture, type IssuerFixture } from './fixture-issuer.ts';

/** Of another space, and called alike: its built-in scopes are spelt as those of the default space's are. */
const OTHER_CRM = 'https://localhost:7443/s/hr/mcp/crm';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';

let issuer: IssuerFixture;
const secrets: Record<string, string> = {};
beforeAll(async () => {
  issuer = await openIssuerFixture();
  for (const id of ['batch', 'nightly']) await register(id, { authentication: 'client_secret_basic', grantTypes: ['client_credentials', EXCHANGE] });
  for (const id of ['desk', 'second']) await register(id, { authentication: 'client_secret_basic', grantTypes: [EXCHANGE] });
  const { control } = issuer.role;
  const server = await control.store.get('server', 'default', 'crm');
  await control.store.put('server', 'hr', 'crm', server?.body ?? {}, { by: 'tests' });
  const agent = await control.store.get('agent', 'default', 'desk');
  await control.store.put('agent', 'hr', 'desk', agent?.body ?? {}, { by: 'tests' });
});
afterAll(() => issuer.stop());

async function register(id: string, metadata: JsonObject): Promise<void> {
  secrets[id] = text((await issuer.client(id, metadata))['secret']);
}

async function ask(client: string, parameters: Readonly<Record<string, string>>): Promise<JsonObject> {
  const response = await fetch(`${issuer.origin}/oauth/token`, {
    method: 'POST', headers: { authorization: `Basic ${btoa(`${client}:${secrets[client] ?? ''}`)}` }, body: new URLSearchParams(parameters),
  });
  const answer: Json = JSON.parse(await response.text());
  return isObject(answer) ? answer : {};
}

async function workload(client = 'batch'): Promise<string> {
  return text((await ask(client, { grant_type: 'client_credentials', resource: CRM, scope: 'crm.read' }))['access_token']);
}

function exchange(client: string, subject: string, resource = CRM): Promise<JsonObject> {
  return ask(client, { grant_type: EXCHANGE, subject_token: subject, subject_token_type: ACCESS, resource });
}

/** What a gateway takes the token for. */
async function vouchedBy(token: Json | undefined): Promise<Vouched> {
  const published = await readPublished(issuer.role.control.store);
  if (published === undefined || !isArray(published.jwks['keys'])) throw new Error('no keys');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the issuer's own keys
  const { payload } = await jwtVerify(text(token), createLocalJWKSet({ keys: published.jwks['keys'] as unknown as JWK[] }));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was JSON a moment ago
  return readClaims(payload as JsonObject, embeddedIssuer(published, ['default']), 'digest');
}

test('a token of one space is exchanged for none of another, where a server is called the same', async () => {
  expect((await exchange('desk', await workload()))['error']).toBeUndefined();
  expect((await exchange('desk', await workload(), OTHER_CRM))['error']).toBe('invalid_target');
});

test('a workload that is acted for stays a workload, and its own agent in the chain: its ceiling and its kill switch hold', async () => {
  const one = await exchange('desk', await workload());
  expect(await vouchedBy(one['access_token'])).toMatchObject({
    subject: 'batch', client: 'desk', kind: 'workload', actors: [`${issuer.origin}|desk`, `${issuer.origin}|batch`],
  });
  const two = await exchange('second', text(one['access_token']));
  expect(await vouchedBy(two['access_token'])).toMatchObject({ subject: 'batch', client: 'second', kind: 'workload' });
  expect((await exchange('batch', text(one['access_token'])))['error']).toBe('invalid_grant');
});
