import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type ConnectionOptions } from 'node:tls';
import { startGateway } from '../../src/roles/gateway.ts';
import { makeCertificate } from '../fixtures/certificate.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, type RecordingServer } from '../fixtures/recording-server.ts';
import { ask, modernHeaders } from './asking.ts';
import { verifies } from './requirements.ts';

const POLICY = 'permit(principal, action, resource in Server::"trusted");';

let folder: string;
let gate: Gate;
let ca: string;
let servers: Readonly<Record<'trusted' | 'selfsigned' | 'misnamed', RecordingServer>>;
let old: Old;

interface Old {
  readonly url: string;
  readonly handshakes: () => number;
  readonly stop: () => void;
}

/** A server with a good certificate that speaks no more than TLS 1.2. */
async function startOld(certificate: { readonly key: string; readonly cert: string }): Promise<Old> {
  let handshakes = 0;
  const server = createServer({ ...certificate, maxVersion: 'TLSv1.2' }, (socket) => {
    handshakes += 1;
    socket.end('HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n');
  });
  server.on('tlsClientError', () => undefined);
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : 0);
  });
  return { url: `https://localhost:${await promise}/mcp`, handshakes: () => handshakes, stop: () => void server.close() };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tls-'));
  const [good, stranger] = await Promise.all([makeCertificate(['localhost']), makeCertificate(['localhost'])]);
  writeFileSync(join(folder, 'roots.pem'), good.cert);
  servers = {
    trusted: startRecordingServer({ tls: good }),
    selfsigned: startRecordingServer({ tls: stranger }),
    misnamed: startRecordingServer({ tls: good }),
  };
  old = await startOld(good);
  // A certificate of a trusted root, but for another name than the one that is asked for.
  const urls = {
    trusted: servers.trusted.url,
    selfsigned: servers.selfsigned.url,
    misnamed: servers.misnamed.url.replace('localhost', '127.0.0.1'),
    old: old.url,
  };
  const entries = Object.entries(urls)
    .map(([id, url]) => `  ${id}: { url: "${url}", allowPrivate: true, owner: tests }\n`)
    .join('');
  gate = await startGate({
    secure: true,
    policy: POLICY,
    manifest: `network: { extraRoots: "${join(folder, 'roots.pem')}" }\nservers:\n${entries}`,
  });
  ca = readFileSync(join(gate.home, 'ca', 'ca.pem'), 'utf8');
}, 30_000);

afterAll(async () => {
  await gate.stop();
  for (const server of Object.values(servers)) await server.stop();
  old.stop();
  rmSync(folder, { recursive: true });
});

/** The protocol that was agreed on, or the code that the handshake failed with. */
function handshake(port: number, options: ConnectionOptions): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ...options }, () => {
    resolve(socket.getProtocol() ?? 'none');
    socket.destroy();
  });
  socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  socket.on('close', () => resolve('closed'));
  return promise;
}

function gatePort(): number {
  return Number(new URL(gate.url).port);
}

function scan(id: string): Promise<string> {
  return gate.admin('POST', `/servers/${id}/scan`, {}).then(() => 'read', String);
}

describe(verifies('tls-only-13', 'the gate'), () => {
  test('speaks TLS 1.3, and proves its name by the local CA', async () => {
    expect(gate.url).toStartWith('https://localhost:');
    expect(await handshake(gatePort(), { ca })).toBe('TLSv1.3');
  });

  test('refuses TLS 1.2, which this client can speak', async () => {
    expect(await handshake(Number(new URL(old.url).port), { rejectUnauthorized: false, maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
    for (const maxVersion of ['TLSv1.2', 'TLSv1.1', 'TLSv1'] as const) {
      expect(await handshake(gatePort(), { ca, minVersion: 'TLSv1', maxVersion })).not.toMatch(/^TLSv/);
    }
  });

  test('is believed by nobody without the local CA, nor under another name', async () => {
    expect(await handshake(gatePort(), {})).not.toMatch(/^TLSv/);
    expect(await handshake(gatePort(), { ca, servername: 'elsewhere.example' })).not.toMatch(/^TLSv/);
  });

  test('serves no cleartext on that port', async () => {
    expect(await codeOf(fetch(`http://localhost:${gatePort()}/healthz`).then((response) => response.text()))).not.toBe('fulfilled');
  });

  test('serves a governed call', async () => {
    await gate.enrol('trusted');
    const token = await gate.token();
    const params = {
      name: 'read_note',
      arguments: {},
      _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} },
    };
    const answer = await ask(`${gate.url}/mcp/trusted`, {
      method: 'POST',
      headers: modernHeaders(token, 'tools/call', params),
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
      tls: { ca },
    });
    expect(answer.result).toBeDefined();
  });
});

describe(verifies('incident-9-loopback', 'cleartext is for loopback alone'), () => {
  const ADDRESSES = [
    '0.0.0.0:0',
    '[::]:0',
    '192.0.2.1:0',
    '10.0.0.1:0',
    'gate.example:0',
    '127.evil.example:0',
    '127.0.0.1.evil.example:0',
    'localhost.evil.example:0',
    '[::ffff:10.0.0.1]:0',
    '128.0.0.1:0',
  ];
  test.each(ADDRESSES)('%s is refused before anything is opened', async (listen) => {
    expect(await codeOf(startGateway({ home: join(folder, 'unused'), node: 'gateway', listen, insecureLoopback: true }))).toBe(
      'ERR_CONFIG_INVALID',
    );
  });
});

describe(verifies('tls-upstream', 'an upstream'), () => {
  test('that a declared root vouches for is read', async () => expect(await scan('trusted')).toBe('read'));

  test.each(['selfsigned', 'misnamed', 'old'])('%s: is refused, and told nothing', async (id) => {
    expect(await scan(id)).toContain('ERR_UPSTREAM_TLS');
    expect([servers.selfsigned.heard.length, servers.misnamed.heard.length, old.handshakes()]).toEqual([0, 0, 1]);
  });

  test('the failure is recorded', async () => {
    const failed = (await gate.records({ event: 'call.failed' })).filter(({ code }) => code === 'ERR_UPSTREAM_TLS');
    expect(failed.map(({ server }) => server)).toEqual(expect.arrayContaining(['selfsigned', 'misnamed', 'old']));
  });
});
