import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createHash, X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { makeCertificate } from '../fixtures/certificate.ts';
import { freePort } from '../fixtures/free-port.ts';
import { modernRequest, readCalled, toolParams, type Called } from '../fixtures/modern-call.ts';
import { makeKeys, openTokenGate, type TokenGate } from '../fixtures/token-gate.ts';

/** Certificate-bound tokens (RFC 8705) at the door that shows the gate what a caller presented. */
type Certificate = Awaited<ReturnType<typeof makeCertificate>>;
let world: TokenGate;
let mine: Certificate;
let theirs: Certificate;
const port = freePort();

beforeAll(async () => {
  [mine, theirs] = [await makeCertificate(['agent']), await makeCertificate(['thief'])];
  world = await openTokenGate({
    keys: await makeKeys(), secure: true, policy: 'permit(principal, action, resource) when { context.proof == "mtls" };',
    gateway: `, mtls: { listen: "127.0.0.1:${port}", publicUrl: "https://localhost:${port}" }`,
  });
}, 30_000);
afterAll(() => world.stop());

const boundTo = ({ cert }: Certificate): Promise<string> =>
  world.token({ claims: { cnf: { 'x5t#S256': createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url') } } });

/** One call over a real handshake; `node:https`, as the runtime's fetch pools connections whatever certificate they have. */
function call(token: string, certificate: Certificate | undefined, headers: Readonly<Record<string, string | readonly string[]>> = {}): Promise<Called> {
  const sent = modernRequest(token, 'tools/call', toolParams('search_contacts', { query: 'ada' }));
  const { promise, resolve, reject } = Promise.withResolvers<Called>();
  const all = { ...Object.fromEntries(new Headers(sent.headers)), ...headers, host: `localhost:${port}` };
  const asking = request({
    host: '127.0.0.1', port, path: '/mcp/crm', method: 'POST', agent: false, servername: 'localhost', minVersion: 'TLSv1.3',
    ca: readFileSync(join(world.gate.home, 'ca', 'ca.pem')), ...certificate, headers: all,
  }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve(readCalled(response.statusCode ?? 0, text)));
  });
  asking.on('error', reject).end(typeof sent.body === 'string' ? sent.body : '');
  return promise;
}

test('[tokens-bound] the token passes with the certificate that it is bound to, and policy sees the proof', async () => {
  expect((await call(await boundTo(mine), mine)).result).toBeDefined();
  // Over the same policy a token that nothing binds is worth nothing here.
  expect((await call(await world.token(), mine)).code).toBe('ERR_PROOF_REQUIRED');
});

test('[tokens-bound] whoever took the token is refused: with their own certificate, with none, with mine in a header', async () => {
  const token = await boundTo(mine);
  expect((await call(token, theirs)).code).toBe('ERR_TOKEN_INVALID');
  expect((await call(token, undefined)).code).toBe('ERR_TOKEN_INVALID');
  const der = new X509Certificate(mine.cert).raw.toString('base64');
  expect((await call(token, undefined, { 'client-cert': `:${der}:` })).code).toBe('ERR_TOKEN_INVALID');
});

test('[tokens-bound] two tokens are none, whichever of them a parser would take', async () => {
  const good = `Bearer ${await boundTo(mine)}`;
  expect((await call('', mine, { authorization: [good, good] })).code).toBe('ERR_HEADER_REPEATED');
});

test('[tokens-bound] the door is the gate\'s like the other: names, limits, metadata', async () => {
  expect((await call(await boundTo(mine), mine, { origin: 'https://evil.example' })).code).toBe('ERR_ORIGIN_FORBIDDEN');
  const metadata = await fetch(`${world.gate.url}/.well-known/oauth-protected-resource/mcp/crm`, { tls: { rejectUnauthorized: false } });
  expect(await metadata.json()).toMatchObject({ tls_client_certificate_bound_access_tokens: true });
});
