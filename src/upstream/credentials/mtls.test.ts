import { createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { makeCertificate } from '../../../test/fixtures/certificate.ts';
import { codec, exchangeOf, faultOf, requestOf, sendAll } from '../../../test/fixtures/upstream-exchange.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { REGISTRY_PRINCIPAL_ID } from '../../domain/principal.ts';
import type { CredentialSpec } from '../../domain/server.ts';
import { createAddressGuard } from '../address.ts';
import { createHttpUpstream } from '../http.ts';
import { createCredentials } from './leases.ts';
import { readCertificate } from './mtls.ts';

const ANSWER = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [] } });
const call = requestOf('tools/call', { name: 'echo', arguments: {} });
const spec = { type: 'mtls', secret: 'vault:crm' } as const;
const seen: (string | undefined)[] = [];
let made: Readonly<Record<'server' | 'one' | 'other', { readonly key: string; readonly cert: string }>>;
let port = 0;
let stop: () => void;

beforeAll(async () => {
  made = { server: await makeCertificate(['localhost', '127.0.0.1']), one: await makeCertificate(['one']), other: await makeCertificate(['other']) };
  const server = createServer({ ...made.server, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' }, (socket: TLSSocket) => {
    socket.on('data', (chunk: Buffer) => {
      if (!chunk.toString('latin1').startsWith('POST')) return;
      const { raw } = socket.getPeerCertificate();
      seen.push(raw === undefined ? undefined : Buffer.from(raw).toString('base64').slice(0, 200));
      socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  stop = () => server.close();
});
afterAll(() => stop());

function upstreamWith(pem: string): ReturnType<typeof createHttpUpstream> {
  const credentials = createCredentials(async () => ({ kind: 'certificate', pem, expiresAt: Number.MAX_SAFE_INTEGER }));
  return createHttpUpstream({ codec, credentials, guard: createAddressGuard() });
}

const der = (pem: string): string => pem.replaceAll(/-----[^-]+-----|\s/g, '').slice(0, 200);

test('the certificate is shown in the handshake at the pinned address, and on no connection of anybody else', async () => {
  const endpoint = { transport: 'http', url: `https://localhost:${port}/mcp`, allowPrivate: true } as const;
  const at = (credentials: CredentialSpec): Exchange => exchangeOf(endpoint, { credentials, extraRoots: made.server.cert });
  const [one, other] = [upstreamWith(made.one.cert + made.one.key), upstreamWith(made.other.cert + made.other.key)];
  await sendAll(one, call, at(spec));
  await sendAll(one, call, at({ type: 'none' }));
  await sendAll(other, call, at(spec));
  await sendAll(one, call, at(spec));
  const registry = { ...at(spec), principal: { ...at(spec).principal, id: REGISTRY_PRINCIPAL_ID }, examine: 'anonymous' } as const;
  await sendAll(one, call, registry);
  expect(seen).toEqual([der(made.one.cert), undefined, der(made.other.cert), der(made.one.cert), undefined]);
});

test('without TLS there is no handshake to show it in: nothing is sent', async () => {
  const endpoint = { transport: 'http', url: 'http://127.0.0.1:1/mcp', allowPrivate: true } as const;
  const upstream = createHttpUpstream({
    codec, guard: { reach: () => ({ origin: 'http://127.0.0.1:1', url: endpoint.url, host: '127.0.0.1:1' }), forget: () => undefined },
    credentials: createCredentials(async () => ({ kind: 'certificate', pem: made.one.cert + made.one.key, expiresAt: Number.MAX_SAFE_INTEGER })),
  });
  const fault = await faultOf(sendAll(upstream, call, exchangeOf(endpoint, { credentials: spec })));
  expect(fault).toMatchObject({ code: 'ERR_UPSTREAM_CREDENTIAL', dispatched: false });
});

test('a secret that is not one key and its own certificate is refused without a word of it', () => {
  const { one, other } = made;
  expect(readCertificate(one.key + one.cert, 'crm', Date.now())).toMatchObject({ key: one.key.trim() });
  for (const pem of [one.cert, one.key, one.cert + other.key, one.cert + one.key + other.key, 'nothing']) {
    expect(() => readCertificate(pem, 'crm', Date.now())).toThrow('No credential for server crm is available.');
  }
  expect(() => readCertificate(one.cert + one.key, 'crm', Date.now() + 3 * 86_400_000)).toThrow('No credential');
});
