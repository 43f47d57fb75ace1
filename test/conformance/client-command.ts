import { z } from 'zod';
import { freePort } from '../fixtures/free-port.ts';
import { connectV2 } from '../fixtures/clients.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';

/**
 * The gateway as the suite's client under test: a gate whose one server is the URL that the harness appends, the credentials
 * that its scenario calls for, and an SDK client that calls through it. Where the gate asks for a connection, this opens the
 * page, agrees, and follows the provider's redirects, as a person's browser would.
 */
const ORIGIN = 'https://conformance-test.local';
const POLICY = 'permit(principal in Group::"testers", action, resource in Server::"fixture");';
const ROUNDS_MAX = 4;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

const CONTEXT = z.object({
  client_id: z.string(), client_secret: z.string(), private_key_pem: z.string(),
  idp_client_id: z.string(), idp_id_token: z.string(), idp_token_endpoint: z.string(),
}).partial();

const serverUrl = process.argv.at(-1) ?? '';
const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? '';
const context = CONTEXT.parse(JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}'));
const port = freePort();

async function credentials(): Promise<string> {
  process.env['CONFORMANCE_SECRET'] = context.private_key_pem ?? context.client_secret ?? '';
  const client = `clientId: "${context.client_id ?? ''}", secret: "env:CONFORMANCE_SECRET"`;
  if (scenario.includes('client-credentials')) {
    const how = context.private_key_pem === undefined ? 'client_secret_basic' : 'private_key_jwt';
    return `{ type: client-credentials, tokenUrl: "${await tokenUrl()}", authentication: ${how}, ${client} }`;
  }
  if (scenario.includes('enterprise-managed')) {
    const idp = `idpTokenUrl: "${context.idp_token_endpoint ?? ''}", idpClientId: "${context.idp_client_id ?? ''}"`;
    return `{ type: id-jag, ${idp}, tokenUrl: "${await tokenUrl()}", ${client} }`;
  }
  if (context.client_id !== undefined) return `{ type: authorization-code, issuer: "${await issuerUrl()}", ${client} }`;
  return '{ type: authorization-code, dynamicRegistration: true }';
}

async function readJson(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

/** What an administrator reads in the server's documentation. */
async function issuerUrl(): Promise<string> {
  const resource = z.object({ authorization_servers: z.array(z.string()) });
  const { origin } = new URL(serverUrl);
  const [issuer = ''] = resource.parse(await readJson(`${origin}/.well-known/oauth-protected-resource/mcp`)).authorization_servers;
  return issuer;
}

async function tokenUrl(): Promise<string> {
  return z.object({ token_endpoint: z.string() }).parse(await readJson(`${await issuerUrl()}/.well-known/oauth-authorization-server`)).token_endpoint;
}

/** Goes through a connection as a person does. False: it came to nothing. */
async function connect(url: string): Promise<boolean> {
  let cookie = '';
  const door = async (to: string, body?: string): Promise<string> => {
    const { pathname, search } = new URL(to);
    const response = await fetch(`http://127.0.0.1:${port}${pathname}${search}`, {
      redirect: 'manual', headers: { host: new URL(ORIGIN).host, origin: ORIGIN, cookie, ...(body === undefined ? {} : FORM) },
      ...(body === undefined ? {} : { method: 'POST', body }),
    });
    cookie = response.headers.getSetCookie().map((one) => one.split(';')[0] ?? '').find((one) => one.includes('browser=')) ?? cookie;
    return response.text();
  };
  const form = /name="form" value="([^"]+)"/.exec(await door(url))?.[1] ?? '';
  const leaving = await door(url, new URLSearchParams({ form, answer: 'yes' }).toString());
  let next = /content="0;url=([^"]+)"/.exec(leaving)?.[1]?.replaceAll('&amp;', '&');
  console.error(`connect: ${next ?? leaving}`);
  for (let hop = 0; hop < 5 && next !== undefined; hop += 1) {
    if (new URL(next).origin === ORIGIN) {
      const end = await door(next);
      console.error(`connected: ${end.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ').slice(0, 300)}`);
      return end.includes('is connected');
    }
    const response = await fetch(next, { redirect: 'manual' });
    const location: string | null = response.headers.get('location');
    next = location === null ? undefined : new URL(location, next).href;
  }
  return false;
}

async function connecting<T>(work: () => Promise<T>): Promise<T> {
  for (let round = 0; ; round += 1) {
    try {
      return await work();
    } catch (fault) {
      const { data } = z.object({ data: z.object({ elicitations: z.array(z.object({ url: z.string() })) }).optional() }).catch({}).parse(fault);
      const url = data?.elicitations[0]?.url ?? /"remedy":"Open (\S+) in a browser/.exec(fault instanceof Error ? fault.message : '')?.[1];
      console.error(`fault: ${fault instanceof Error ? fault.message : 'unknown'}`);
      if (url === undefined || round >= ROUNDS_MAX || !(await connect(url))) throw fault;
    }
  }
}

/**
 * This scenario counts authorizations and knows one account: the second must be the step-up. Enrolment made the first, as the
 * registry; the caller goes on with the same account, as a person would who had connected it before.
 */
async function shareConnection(gate: Gate): Promise<void> {
  const { keep, store } = gate.control().connections.parts;
  const holder = { space: 'default', server: 'fixture', actors: [] };
  const found = await keep.find(store, { ...holder, principal: 'sallyport|registry', agent: 'sallyport|registry' });
  if (found === undefined) throw new Error('enrolment made no connection');
  const { sealed: _, ...body } = found.body;
  await keep.write(store, 'default', { ...body, principal: 'sallyport|tester', agent: 'tester' }, await keep.open(found));
}

async function run(gate: Gate): Promise<void> {
  const { idp_id_token: identity } = context;
  for (const principal of identity === undefined ? [] : ['sallyport|registry', 'sallyport|tester']) {
    await gate.control().connections.keepIdentity({
      principal, issuer: new URL(context.idp_token_endpoint ?? '').origin, idToken: identity ?? '', expiresAt: Date.now() + 3_600_000,
    });
  }
  await connecting(() => gate.enrol('fixture'));
  if (scenario === 'auth/scope-step-up') await shareConnection(gate);
  const client = await connecting(async () => connectV2(`${gate.url}/mcp/fixture`, await gate.token(), 'auto'));
  await connecting(() => client.listTools());
  const answer = await connecting(() => client.callTool({ name: 'test-tool', arguments: {} }));
  console.error(`answer: ${JSON.stringify(answer)}`);
  await client.close();
}

const gate = await startGate({
  policy: POLICY,
  manifest: `control: { listen: "127.0.0.1:${port}", publicUrl: "${ORIGIN}" }\n`
    + `servers: { fixture: { url: "${serverUrl}", allowPrivate: true, owner: tests, credentials: ${await credentials()} } }\n`,
});
let code = 0;
try {
  await run(gate);
} catch (fault) {
  console.error(fault instanceof Error ? fault.message : fault);
  code = 1;
} finally {
  await gate.stop();
}
process.exit(code);
