import { describe, expect, test } from 'bun:test';
import { connect as connectTcp, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import * as fc from 'fast-check';
import { findAllowedHost, readAllowedHost, readHost } from '../domain/allowed-host.ts';
import { readClientHello } from './client-hello.ts';
import { judgeOpening } from './opening.ts';

/** The first bytes of a real client. */
async function helloOf(options: Parameters<typeof connectTls>[0]): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const server = createServer((socket) => socket.on('error', () => undefined).once('data', resolve));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const place = server.address();
  const client = connectTcp(typeof place === 'object' && place !== null ? place.port : 0, '127.0.0.1');
  const secure = connectTls({ ...options, socket: client, rejectUnauthorized: false }).on('error', () => undefined);
  const bytes = await promise;
  secure.destroy();
  server.close();
  return bytes;
}

const HELLO = await helloOf({ servername: 'api.mail.test' });
const TLS = { tls: true, port: 443 };
const PLAIN = { tls: false, port: 8080 };
const stateOf = (bytes: Uint8Array | string, of = TLS, host = 'api.mail.test'): string => judgeOpening(Buffer.from(bytes), host, of).state;

const request = (head: string): string => `${head}\r\n\r\n`;

/** The same hello in records of `size` bytes. */
function fragmented(hello: Buffer, size: number): Buffer {
  const body = hello.subarray(5);
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    parts.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(parts);
}

/** The hello with one more extension, at the end. */
function withExtension(hello: Buffer, type: number, content: Buffer): Buffer {
  const extension = Buffer.concat([Buffer.from([type >> 8, type & 255, content.length >> 8, content.length & 255]), content]);
  const bytes = Buffer.concat([hello, extension]);
  const sessionEnd = 5 + 4 + 34 + 1 + (hello[5 + 4 + 34] ?? 0);
  const ciphersEnd = sessionEnd + 2 + hello.readUInt16BE(sessionEnd);
  const extensionsAt = ciphersEnd + 1 + (hello[ciphersEnd] ?? 0);
  bytes.writeUInt16BE(hello.readUInt16BE(extensionsAt) + extension.length, extensionsAt);
  bytes.writeUIntBE(bytes.length - 9, 6, 3);
  bytes.writeUInt16BE(bytes.length - 5, 3);
  return bytes;
}

describe('a TLS hello', () => {
  test('is read whole, whatever records and packets it is split over', () => {
    expect(readClientHello(HELLO)).toMatchObject({ state: 'hello', serverName: 'api.mail.test' });
    for (const size of [1, 2, 3, 7, 100]) expect(readClientHello(fragmented(HELLO, size))).toMatchObject({ serverName: 'api.mail.test' });
    for (let length = 1; length < HELLO.length; length += 1) expect(readClientHello(HELLO.subarray(0, length)).state).toBe('partial');
    expect(readClientHello(Buffer.concat([HELLO, Buffer.from([20, 3, 3, 0, 1, 1])])).state).toBe('hello');
  });

  test('with extensions that nobody knows (GREASE) is read; an encrypted inner one is noted', () => {
    expect(readClientHello(withExtension(HELLO, 0x2a2a, Buffer.from([0])))).toMatchObject({ serverName: 'api.mail.test', ech: false });
    const hidden = withExtension(HELLO, 0xfe0d, Buffer.alloc(20));
    expect(readClientHello(hidden)).toMatchObject({ serverName: 'api.mail.test', ech: true });
    expect(judgeOpening(hidden, 'api.mail.test', TLS)).toEqual({ state: 'sound', noted: { serverName: 'api.mail.test', ech: true } });
  });

  test('that is ambiguous or broken is refused', () => {
    expect(stateOf(withExtension(HELLO, 0, Buffer.from('\0\x10\0\0\x0dapi.mail.test', 'latin1')))).toBe('refused');
    const [empty, wrong] = [Buffer.from([22, 3, 1, 0, 0]), Buffer.from(HELLO)];
    wrong[5] = 2;
    const mixed = Buffer.concat([fragmented(HELLO, 50).subarray(0, 55), Buffer.from([23, 3, 3, 0, 1])]);
    for (const bytes of [empty, wrong, mixed]) expect(stateOf(bytes)).toBe('refused');
  });

  test('must name the host, and nobody else', async () => {
    expect(stateOf(HELLO)).toBe('sound');
    expect(judgeOpening(HELLO, 'other.test', TLS)).toMatchObject({ state: 'refused', why: 'its TLS hello names api.mail.test' });
    expect(judgeOpening(HELLO, 'other.test', PLAIN)).toMatchObject({ state: 'refused' });
    expect(judgeOpening(await helloOf({}), 'api.mail.test', TLS)).toMatchObject({ state: 'refused', why: 'its TLS hello names no server' });
    expect(stateOf('GET / HTTP/1.1\r\nHost: api.mail.test\r\n\r\n')).toBe('refused');
    expect(stateOf(Buffer.concat([Buffer.from([22, 3, 1, 0x40, 0]), Buffer.alloc(40_000, 1)]))).toBe('refused');
  });

  test('never breaks the reader', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(HELLO.length), (noise, at) => {
      const bytes = Buffer.concat([HELLO.subarray(0, at), noise]);
      expect(['partial', 'other', 'malformed', 'hello']).toContain(readClientHello(bytes).state);
    }), { numRuns: 300 });
  });
});

describe('an opening without TLS', () => {
  test.each([
    ['for another host', 'GET / HTTP/1.1\r\nHost: evil.test'],
    ['for another port', 'GET / HTTP/1.1\r\nHost: api.mail.test:9999'],
    ['for another by its target', 'GET http://evil.test/ HTTP/1.1\r\nHost: api.mail.test'],
    ['for two', 'GET / HTTP/1.1\r\nHost: api.mail.test\r\nHost: api.mail.test'],
    ['with a folded host', 'GET / HTTP/1.1\r\nHost:\r\n evil.test'],
    ['with a host behind a space', 'GET / HTTP/1.1\r\n Host : evil.test'],
    ['with a line ended by CR', 'GET / HTTP/1.1\r\nX: a\rHost: evil.test'],
    ['that asks for a tunnel', 'CONNECT api.mail.test:8080 HTTP/1.1\r\nHost: api.mail.test:8080'],
    ['in lower case that asks for one', 'connect evil.test:443 HTTP/1.1'],
    ['behind empty lines', '\r\n\nGET / HTTP/1.1\r\nHost: evil.test'],
    ['of HTTP/2', 'PRI * HTTP/2.0'],
    ['oddly written', 'GET  / http/1.1\r\nHost: evil.test'],
  ])('that is a request %s is refused', (_, head) => {
    expect(stateOf(request(head), PLAIN)).toBe('refused');
  });

  test('is not decided before its line has ended, whatever bytes its target has', () => {
    for (const begun of ['GET /\u00e9', `${'A'.repeat(40)} /\u00ff`, '\r\nget \u0000']) expect(stateOf(Buffer.from(begun, 'latin1'), PLAIN)).toBe('more');
    expect(stateOf(Buffer.from(request('GET /\u00e9 HTTP/1.1\r\nHost: evil.test'), 'latin1'), PLAIN)).toBe('refused');
  });

  test('is no tunnel, not even to its host', () => {
    const found = judgeOpening(Buffer.from(request('CONNECT / HTTP/1.1')), 'api.mail.test', PLAIN);
    expect(found).toEqual({ state: 'refused', why: 'it asks for a tunnel' });
  });

  test('is for its host, or says something else', () => {
    const [own, mixed] = ['Host: api.mail.test', 'host: API.mail.test:8080\r\nA: b'];
    for (const head of [`GET / HTTP/1.1\r\n${own}`, `POST /x HTTP/1.1\r\n${mixed}`, 'GET / HTTP/1.0', `OPTIONS * HTTP/1.1\r\n${own}`]) {
      expect(stateOf(request(head), PLAIN)).toBe('sound');
      expect(stateOf(head, PLAIN)).toBe('more');
    }
    for (const bytes of ['EHLO desk\r\n', 'SSH-2.0-x\r\n', Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])]) expect(stateOf(bytes, PLAIN)).toBe('sound');
    expect(stateOf('GE', PLAIN)).toBe('more');
    expect(stateOf('A'.repeat(40_000), PLAIN)).toBe('refused');
  });
});

describe('an entry of an allow-list', () => {
  test('is a name, a port, and what is declared of it', () => {
    expect(readAllowedHost('api.mail.test:443')).toEqual({ host: 'api.mail.test', anyBelow: false, port: 443, tls: true });
    const whole = { host: 'mail.test', anyBelow: true, port: 5432, within: '10.0.0.0/8', tls: false };
    expect(readAllowedHost('*.mail.test:5432 in 10.0.0.0/8 without tls')).toEqual(whole);
  });

  test.each([
    '127.0.0.1:80', '127.1:80', '0x7f.1:80', '0x7f000001:80', '2130706433:80', '[::1]:80', '::1:80', 'a.1:80', 'a.0x1:80',
    '*:443', '*.com:443', '*.*.test:1', 'a.test', 'a.test:0',
    'a.test:65536', 'A.test:443', 'a.test.:443', '-a.test:443', 'a..test:443', 'a_b.test:443',
    'a.test:443 in 10.0.0.0', 'a.test:443 without', ' a.test:443', 'a.test:443\n', 'a*.test:443',
    'a.test:443 in 10.0.0.0/8 in 0.0.0.0/0', 'ä.test:443', 'user@a.test:443', 'a.test:0443', 'https://a.test:443',
  ])('%j is none', (text) => expect(readAllowedHost(text)).toBeUndefined());

  test('with a star is for names below, and an exact one goes before it', () => {
    const entries = ['*.wide.test:443', 'own.wide.test:443 without tls'].flatMap((text) => readAllowedHost(text) ?? []);
    const at = (host: string, port = 443): string | undefined => findAllowedHost(entries, host, port)?.host;
    expect([at('a.wide.test'), at('a.b.wide.test'), at('own.wide.test')]).toEqual(['wide.test', 'wide.test', 'own.wide.test']);
    expect([at('wide.test'), at('evilwide.test'), at('a.wide.test.evil.test'), at('a.wide.test', 80)]).toEqual([undefined, undefined, undefined, undefined]);
    for (const host of ['127.0.0.1', '0x7f.1', '::1', 'a\0.wide.test', 'a.wide.test ', '']) expect(readHost(host)).toBeUndefined();
    expect(readHost('A.Wide.test.')).toBe('a.wide.test');
  });
});
