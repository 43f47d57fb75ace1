import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint, decodeJwt } from 'jose';
import { createSignedInTicket } from '../../src/cli/signed-in-ticket.ts';
import { openSignIns } from '../../src/cli/sign-ins.ts';
import { httpOver } from '../../src/cli/http-over.ts';
import { objects, text } from '../../src/cli/json-view.ts';
import { openBrowser } from '../fixtures/browser.ts';
import { startCountingServer, type CountingServer } from '../fixtures/counting-server.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { allow, openAccount } from '../fixtures/oauth-client.ts';
import { endOf, startProgram, type Ran } from '../fixtures/program.ts';
import { verifies } from './requirements.ts';

/** People who administer from their own machines: the program as they run it, each with a home that has nothing to do with control's. */
const PASSWORD = 'quiet lemon boats at noon';
const PEOPLE = { ada: ['owners'], bob: ['owners'], eve: ['auditors'], gus: ['auditors'], nil: [] } as const;
type Name = keyof typeof PEOPLE;

setDefaultTimeout(90_000);

let folder: string;
let gate: Gate;
let server: CountingServer;
let ca: string;
let api: string;

beforeAll(async () => {
  folder = mkdtempSync('/tmp/sp-administer-');
  server = startCountingServer(join(folder, 'charges'));
  gate = await startGate({
    issuer: true, secure: true,
    manifest: `admins: [{ group: owners, role: admin, space: "*" }, { group: auditors, role: auditor, space: "*" }]
servers:
  crm: { url: "${server.url}", allowPrivate: true, owner: tests, tools: { charge: { effect: read } } }
`,
    policy: 'permit(principal is Person, action, resource);',
  });
  await gate.enrol('crm');
  await gate.admin('PUT', '/administration', { twoPersons: false });
  for (const [name, groups] of Object.entries(PEOPLE)) await openAccount(gate, { name, password: PASSWORD }, groups);
  await gate.admin('PUT', '/administration', {});
  ca = join(gate.home, 'ca', 'ca.pem');
  api = `${gate.controlUrl}/api/v1`;
  for (const name of ['ada', 'bob', 'eve', 'gus'] as const) expect(await signIn(name)).toMatchObject({ code: 0, out: expect.stringContaining('Signed in at') });
});

afterAll(async () => {
  await gate.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

function start(name: Name, args: readonly string[]): ReturnType<typeof startProgram> {
  return startProgram([...args, '--home', join(folder, name)], { HOME: folder, SALLYPORT_CONTROL: gate.controlUrl });
}

function run(name: Name, ...args: readonly string[]): Promise<Ran> {
  return endOf(start(name, args));
}

/** Signs in in a browser of the person's own; gives what the program said, or the page where it went no further. */
async function signIn(name: Name, ...args: readonly string[]): Promise<Ran> {
  const child = start(name, ['sign-in', '--ca', ca, ...args]);
  const browser = openBrowser({ ca: readFileSync(ca, 'utf8') });
  let visited: Promise<unknown> | undefined;
  const ran = await endOf(child, (err) => {
    const at = /https:\/\/\S+\/oauth\/authorize\S+\n/.exec(err)?.[0].trim();
    if (at !== undefined) visited ??= allow(browser, at, { name, password: PASSWORD }).catch((fault: unknown) => (child.kill(), fault));
  });
  return { ...ran, err: `${ran.err}${String(await visited)}` };
}

interface Shown {
  readonly resource?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the API, or another resource, answers to a token that somebody kept, shown as the program itself would, or otherwise. */
async function show(name: Name, url: string, more: Shown = {}): Promise<Response> {
  const ticket = createSignedInTicket(more.resource ?? api, openSignIns(join(folder, name)), httpOver);
  for (let tries = 0; ; tries += 1) {
    const headers = { ...await ticket.present(await ticket.token(), { method: 'GET', url }), ...more.headers };
    const response = await fetch(url, { headers, tls: { ca: readFileSync(ca, 'utf8') } });
    if (!ticket.heard(response) || tries > 2) return response;
  }
}

interface Kept {
  readonly accessToken: string;
  readonly key: Readonly<Record<string, string>>;
}

function kept(name: Name, resource = api): Kept {
  const home = join(folder, name, 'sign-ins');
  const files = readdirSync(home).map((file) => readFileSync(join(home, file), 'utf8'));
  const found = files.map((file): Kept & { readonly resource: string } => JSON.parse(file)).find((one) => one.resource === resource);
  if (found === undefined) throw new Error(`${name} never signed in at ${resource}`);
  return found;
}

async function challengeTo(response: Response): Promise<string> {
  return `${response.status} ${/\berror="([a-z_]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1] ?? ''}`;
}

describe('people who administer from the command line', () => {
  test(verifies('administer-cli', 'one person proposes a wide change, another approves it, and nobody approves their own'), async () => {
    const me = await run('ada', 'admin', 'whoami', '--json');
    expect(JSON.parse(me.out)).toMatchObject({ via: 'token', roles: ['admin'], organisation: true });
    const proposed = await run('ada', 'admin', 'add', 'auditor', '--group', 'guests');
    expect(proposed.err).toContain('ERR_PROPOSAL_STORED');
    const id = /as proposal ([0-9a-f-]{36})/.exec(proposed.err)?.[1] ?? '';
    const { digest } = JSON.parse((await run('bob', 'proposal', 'show', id, '--json')).out);
    expect((await run('ada', 'proposal', 'approve', id, '--digest', digest)).err).toContain('ERR_SECOND_PERSON');
    expect((await run('eve', 'proposal', 'approve', id, '--digest', digest)).err).toContain('ERR_ADMIN_FORBIDDEN');
    expect(await run('bob', 'proposal', 'approve', id, '--digest', digest)).toMatchObject({ code: 0, out: expect.stringContaining('done') });
    expect((await run('bob', 'admin', 'list')).out).toContain('guests');
    const names = [kept('ada'), kept('bob')].map(({ accessToken }) => `${gate.controlUrl}|${decodeJwt(accessToken).sub ?? ''}`);
    const [change] = (await gate.records({ event: 'config.changed' })).filter((record) => JSON.stringify(record).includes('guests'));
    expect(change).toMatchObject({ principal: names[0], detail: { by: { via: 'token', approvals: [names[1]] } } });
  });

  test('what was approved and could not be done is said to be not done', async () => {
    const proposed = async (...args: readonly string[]): Promise<string> => /as proposal ([0-9a-f-]{36})/.exec((await run('ada', ...args)).err)?.[1] ?? '';
    const approved = async (id: string): Promise<Ran> => {
      const { digest } = JSON.parse((await run('bob', 'proposal', 'show', id, '--json')).out);
      return run('bob', 'proposal', 'approve', id, '--digest', digest);
    };
    expect(await approved(await proposed('admin', 'add', 'auditor', '--group', 'visitors'))).toMatchObject({ code: 0 });
    const grants: { readonly id: string; readonly to: { readonly group?: string } }[] = JSON.parse((await run('bob', 'admin', 'list', '--json')).out).admins;
    const id = grants.find(({ to }) => to.group === 'visitors')?.id ?? '';
    const [first, second] = [await proposed('admin', 'remove', id), await proposed('admin', 'remove', id)];
    expect(await approved(first)).toMatchObject({ code: 0, out: expect.stringContaining('done') });
    expect(await approved(second)).toMatchObject({ code: 1, err: expect.stringContaining('approved, not done: ERR_NOT_FOUND') });
    expect((await run('bob', 'proposal', 'list')).out).toContain('approved, not done: ERR_NOT_FOUND');
  });

  test('an auditor reads and does not change', async () => {
    expect((await run('eve', 'audit', 'query', '--json')).code).toBe(0);
    for (const args of [['kill', 'all', '--reason', 'odd'], ['admin', 'add', 'admin', '--group', 'auditors']]) {
      expect(await run('eve', ...args)).toMatchObject({ code: 1, err: expect.stringContaining('ERR_ADMIN_FORBIDDEN') });
    }
  });

  test('a sign-in for less is good for less, whatever its person may', async () => {
    expect((await signIn('bob', '--scope', 'admin.read')).code).toBe(0);
    expect((await run('bob', 'server', 'list')).out).toContain('crm');
    expect((await run('bob', 'audit', 'query')).err).toContain('this sign-in is not for audit');
    expect(await challengeTo(await show('bob', `${api}/audit/records`))).toBe('403 insufficient_scope');
    expect((await signIn('bob')).code).toBe(0);
  });

  test('what must not cross a network is not asked for', async () => {
    for (const args of [['vault', 'unlock'], ['vault', 'set', 'crm'], ['break-glass', 'open']]) {
      expect(await run('ada', ...args)).toMatchObject({ code: 2, err: expect.stringContaining('on the machine that runs control') });
    }
  });

  test('a sign-in is renewed as it is used, and stays as old as it is', async () => {
    const [file = ''] = readdirSync(join(folder, 'eve', 'sign-ins')).map((name) => join(folder, 'eve', 'sign-ins', name));
    const before = kept('eve');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), expiresAt: 0 }), { mode: 0o600 });
    expect((await run('eve', 'admin', 'whoami')).code).toBe(0);
    const after = kept('eve');
    expect(after.accessToken).not.toBe(before.accessToken);
    expect(decodeJwt(after.accessToken)['auth_time']).toBe(decodeJwt(before.accessToken)['auth_time']);
  });

  test('who administers nothing signs in for nothing', async () => {
    expect((await signIn('nil')).err).toContain('You administer nothing here.');
    expect((await run('nil', 'status')).err).toContain(`sallyport sign-in --control ${gate.controlUrl}`);
  });
});

describe('a token for the API', () => {
  test(verifies('administer-bound', 'is worth nothing without its key, and each proof is good once'), async () => {
    const { accessToken } = kept('ada');
    const tls = { ca: readFileSync(ca, 'utf8') };
    const own = await show('ada', `${api}/me`);
    expect(own.status).toBe(200);
    const bearer = await fetch(`${api}/me`, { headers: { authorization: `Bearer ${accessToken}` }, tls });
    expect(await challengeTo(bearer)).toBe('401 invalid_token');
    expect(await challengeTo(await fetch(`${api}/me`, { headers: { authorization: `DPoP ${accessToken}` }, tls }))).toBe('401 invalid_dpop_proof');
    const foreign = await show('bob', `${api}/me`, { headers: { authorization: `DPoP ${accessToken}` } });
    expect(await challengeTo(foreign)).toBe('401 invalid_dpop_proof');
    expect(await calculateJwkThumbprint({ ...kept('ada').key, kty: 'EC' })).toBe(text(Object(decodeJwt(accessToken)['cnf']).jkt));

    const ticket = createSignedInTicket(api, openSignIns(join(folder, 'ada')), httpOver);
    const proveFor = async (method: string, path: string): Promise<Readonly<Record<string, string>>> =>
      ticket.present(await ticket.token(), { method, url: `${api}${path}` });
    const send = async (headers: Readonly<Record<string, string>>, path = '/me'): Promise<string> => {
      const response = await fetch(`${api}${path}`, { headers, tls });
      ticket.heard(response);
      return challengeTo(response);
    };
    expect(await send(await proveFor('GET', '/me'))).toBe('401 use_dpop_nonce');
    const proof = await proveFor('GET', '/me');
    expect(await send(proof)).toBe('200 ');
    expect(await send(proof)).toBe('401 invalid_dpop_proof');
    expect(await send(await proveFor('POST', '/me'))).toBe('401 invalid_dpop_proof');
    expect(await send(await proveFor('GET', '/servers'))).toBe('401 invalid_dpop_proof');
    expect(await send({ ...await proveFor('GET', '/me'), dpop: 'a.b.c' })).toBe('401 invalid_dpop_proof');
    const refused = await gate.records({ event: 'admin.refused' });
    expect(refused.map(({ code, action }) => `${text(code)} ${text(action)}`)).toContain('ERR_PROOF_INVALID api');
    expect(JSON.stringify(refused)).not.toContain(accessToken);
  });

  test(verifies('administer-bound', 'is refused at a gate, and a route\'s token is refused here'), async () => {
    const route = `${gate.url}/mcp/crm`;
    expect((await signIn('ada', route)).code).toBe(0);
    expect(await challengeTo(await show('ada', `${api}/me`, { resource: route }))).toBe('401 invalid_token');
    expect(await challengeTo(await show('ada', route))).toBe('401 invalid_token');
    expect((await run('ada', 'admin', 'whoami')).code).toBe(0);
  });

  test('is agreed to by a person who is told what it is for', async () => {
    const at = new URL('/oauth/authorize', gate.controlUrl);
    at.search = new URLSearchParams({
      client_id: 'sallyport-cli', redirect_uri: 'http://127.0.0.1:1/callback', response_type: 'code', scope: 'admin.read admin.stop', resource: api, state: 's',
      code_challenge: 'c'.repeat(43), code_challenge_method: 'S256',
    }).toString();
    const browser = openBrowser({ ca: readFileSync(ca, 'utf8'), stops: ({ port }) => port === '1' });
    const page = await (await browser.open(at.href)).submit({ name: 'ada', password: PASSWORD }, '/sign-in/password');
    const told = ['It could administer Sallyport in the roles that you hold', 'See the configuration', 'Stop and revoke'];
    for (const part of told) expect(page.text).toContain(part);
    for (const part of ['Change the configuration', 'Say who administers']) expect(page.text).not.toContain(part);
    expect((await page.submit({ answer: 'no' })).url).toContain('error=access_denied');
  });

  test('is asked for by nobody but the command line itself', async () => {
    const redirect = 'https://desk.example/callback';
    const made = await gate.admin('POST', '/clients', {
      id: 'desk', name: 'Desk', redirectUris: [redirect], authentication: 'client_secret_basic',
      grantTypes: ['authorization_code', 'client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    });
    const expiresAt = Math.floor(Date.now() / 1000 + 86_400) * 1000;
    await gate.admin('PUT', '/agents/desk', { owner: 't', purpose: 't', clients: [`${gate.controlUrl}|desk`], allow: '*', expiresAt });
    const tls = { ca: readFileSync(ca, 'utf8') };
    const at = new URL('/oauth/authorize', gate.controlUrl);
    at.search = new URLSearchParams({
      client_id: 'desk', redirect_uri: redirect, response_type: 'code', scope: 'admin.read', resource: api, state: 's', code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
    }).toString();
    expect((await fetch(at, { redirect: 'manual', tls })).headers.get('location')).toContain('error=invalid_target');
    const { accessToken } = kept('ada');
    const subject = { subject_token: accessToken, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
    for (const grant of [{ grant_type: 'client_credentials' }, { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', ...subject }]) {
      const answer = await fetch(`${gate.controlUrl}/oauth/token`, {
        method: 'POST', tls, headers: { authorization: `Basic ${btoa(`desk:${text(made['secret'])}`)}` },
        body: new URLSearchParams({ resource: api, scope: 'admin.read', ...grant }),
      });
      expect(await answer.json()).toMatchObject({ error: 'invalid_target' });
    }
  });
});

describe('a sign-in ends', () => {
  test(verifies('administer-cli', 'with its person: requests are refused at once, and a stream ends'), async () => {
    const tail = start('gus', ['audit', 'tail', '--json']);
    const lines = tail.stdout.pipeThrough(new TextDecoderStream()).getReader();
    // Something to see: until it is seen, the stream may not have begun.
    const seen = lines.read().then(() => true);
    while (!(await Promise.race([seen, run('eve', 'kill', 'all', '--reason', 'odd').then(() => false)]))) await Bun.sleep(10);
    const people = objects((await gate.admin('GET', '/people'))['people']);
    const gus = text(people.find(({ userName }) => userName === 'gus')?.['id']);
    // What `kill principal` and `admin add` are told is shown where people are listed.
    expect((await run('ada', 'person', 'list')).out).toContain(`${gate.controlUrl}|${gus}`);
    await gate.admin('POST', `/people/${gus}/deactivate`);
    expect(await challengeTo(await show('gus', `${api}/me`))).toBe('401 invalid_token');
    expect((await run('gus', 'admin', 'whoami')).code).toBe(1);
    for (let end = await lines.read(); !end.done; end = await lines.read());
    await tail.exited;
  });

  test('with the account that it began with', async () => {
    expect((await run('bob', 'admin', 'whoami')).code).toBe(0);
    expect((await run('ada', 'account', 'disable', 'bob')).code).toBe(0);
    expect(await challengeTo(await show('bob', `${api}/me`))).toBe('401 invalid_token');
  });

  test('when they sign out, and nothing is left of it', async () => {
    const before = await show('eve', `${api}/me`);
    expect(before.status).toBe(200);
    const { accessToken } = kept('eve');
    expect((await run('eve', 'sign-in', '--out')).code).toBe(0);
    expect(readdirSync(join(folder, 'eve', 'sign-ins'))).toEqual([]);
    const proved = await show('ada', `${api}/me`, { headers: { authorization: `DPoP ${accessToken}` } });
    expect(await challengeTo(proved)).toBe('401 invalid_token');
    expect((await run('eve', 'status')).err).toContain('ERR_SIGN_IN');
  });
});
