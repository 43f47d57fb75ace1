import { afterEach, beforeEach, expect, test } from 'bun:test';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { openAuthority } from './authority.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ca-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('a leaf is signed by the CA, names what it was issued for, and its key was never control\'s', async () => {
  const authority = await openAuthority(join(home, 'control'), join(home, 'ca'), new Date());
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const leaf = new X509Certificate(
    await authority.issue(publicKey.export({ type: 'spki', format: 'pem' }), ['localhost', '127.0.0.1', '::1'], new Date()),
  );
  const ca = new X509Certificate(authority.certificate);
  expect(leaf.verify(ca.publicKey)).toBe(true);
  expect(leaf.checkHost('localhost')).toBe('localhost');
  expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(leaf.checkHost('evil.example')).toBeUndefined();
  expect(leaf.ca).toBe(false);
  expect(leaf.publicKey.equals(publicKey)).toBe(true);
});

test('the authority is made once, and its key is for its owner only', async () => {
  const first = await openAuthority(join(home, 'control'), join(home, 'ca'), new Date());
  const second = await openAuthority(join(home, 'control'), join(home, 'ca'), new Date());
  expect(second.certificate).toBe(first.certificate);
  expect(statSync(join(home, 'control', 'ca.key.pem')).mode & 0o777).toBe(0o600);
});

test('TLS with the leaf works on 1.3 only', async () => {
  const authority = await openAuthority(join(home, 'control'), join(home, 'ca'), new Date());
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = await authority.issue(publicKey.export({ type: 'spki', format: 'pem' }), ['localhost', '127.0.0.1'], new Date());
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', tls: { cert, key, minVersion: 0x0304 } as Bun.TLSOptions, fetch: () => new Response('hi') });
  const url = `https://localhost:${server.port}/`;
  try {
    expect(await (await fetch(url, { tls: { ca: authority.certificate } })).text()).toBe('hi');
    expect(fetch(url)).rejects.toThrow();
    const version = await new Promise<string>((resolve) => {
      const socket = connect({ port: server.port ?? 0, host: '127.0.0.1', maxVersion: 'TLSv1.2', rejectUnauthorized: false }, () => resolve('connected'));
      socket.on('error', () => resolve('refused'));
    });
    expect(version).toBe('refused');
  } finally {
    await server.stop(true);
  }
});
