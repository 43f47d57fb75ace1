import 'reflect-metadata';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isObject, type Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Role } from '../../domain/role.ts';
import { openAuthority, readRequest, type Authority } from '../authority.ts';
import { connectLink, type Link } from '../connect.ts';
import type { Handler, Refusal } from '../handler.ts';
import { ensureRoleKey } from '../keys.ts';
import { serveLink, type Enrol, type LinkServer } from '../serve.ts';
import { Credentials } from './credentials.ts';
import { joinMachines } from './join.ts';
import { readMachine, type MachineName } from './machine.ts';
import { writeJoinToken } from './token.ts';

const LIFE_MS = 60_000;
/** What is heard of one that hangs up without a word. */
const NOTHING = /^$|^error/;
const SECRET = 'a secret that is good once';
const endings: (() => void | Promise<void>)[] = [];
let root: string;
let authority: Authority;
let refusals: Refusal[];
/** What a clock says; tests that let time pass move it. */
let skewMs: number;
const now = (): number => Date.now() + skewMs;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'sp-m-'));
  endings.push(() => rmSync(root, { recursive: true, force: true }));
  authority = await openAuthority(join(root, 'control', 'control'), join(root, 'control', 'ca'), new Date());
  refusals = [];
  skewMs = 0;
});

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

const homeOf = (name: string): string => join(root, name);

/** What control would sign, without asking it. */
async function enrolled(who: MachineName, home = homeOf(`${who.role}-${who.node}`), by = authority, lifeMs = LIFE_MS): Promise<Credentials> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = await by.issueMachine(publicKey.export({ type: 'spki', format: 'pem' }), who, new Date(), lifeMs);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  return Credentials.keep(home, who.role, who.node, { key, certificate, authority: by.certificate, control: '' }, now);
}

/** The same key, certified anew. */
async function renew(credentials: Credentials, lifeMs = LIFE_MS): Promise<void> {
  const key = new X509Certificate(credentials.certificate).publicKey.export({ type: 'spki', format: 'pem' });
  credentials.adopt(await authority.issueMachine(key, credentials, new Date(), lifeMs));
}

async function serve(
  credentials: Credentials, handlers: Readonly<Record<string, Handler>>, enrol?: Enrol,
): Promise<{ readonly port: number; readonly server: LinkServer }> {
  const home = homeOf(`${credentials.role}-${credentials.node}`);
  const server = await serveLink({ home, self: credentials.role, handlers, onRefused: (refusal) => refusals.push(refusal) });
  endings.push(() => server.close());
  return { port: server.open({ hostname: '127.0.0.1', port: 0 }, credentials, enrol).port, server };
}

function dial(credentials: Credentials, peer: Role, port: number, node?: string): Link {
  const machine = { address: { hostname: '127.0.0.1', port }, credentials: () => credentials };
  const home = homeOf(`${credentials.role}-${credentials.node}`);
  const link = connectLink({ home, self: credentials.role, peer, machine, ...(node === undefined ? {} : { node }) });
  endings.push(() => link.close());
  return link;
}

const ECHO: Readonly<Record<string, Handler>> = {
  'ledger.append': { text: (text, caller) => ({ text, role: caller.role, node: caller.node ?? '' }) },
  'ledger.query': { call: (body) => body },
  'ledger.tail': {
    stream: async function* tail(_body, _caller, signal) {
      yield 'first';
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    },
  },
};

/** A raw TLS client: what it got, and how it ended. */
async function raw(port: number, options: ConnectionOptions, says: string | Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let heard = '';
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => void socket.write(says));
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')));
  socket.on('error', (fault) => resolve(`error ${fault.message}`)).on('close', () => resolve(heard));
  return promise;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A certificate that says all that ours say, and is signed by whoever wrote it. */
async function signedBy(made: Promise<CryptoKeyPair>, issuer: string, uri: string): Promise<string> {
  const { privateKey: signingKey, publicKey } = await made;
  const { clientAuth, serverAuth } = x509.ExtendedKeyUsage;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: 'CN=x', issuer, publicKey, signingKey, signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - 1000), notAfter: new Date(Date.now() + LIFE_MS),
    extensions: [new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]), new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }])],
  });
  return certificate.toString('pem');
}

function frame(kind: number, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(9);
  head.writeUInt32BE(body.length + 5, 0);
  head.writeUInt8(kind, 4);
  return Buffer.concat([head, body]);
}

test('roles on two machines know each other by their certificates, and the same table holds', async () => {
  const { port } = await serve(await enrolled({ role: 'ledger', node: 'ledger' }), ECHO);
  const gateway = dial(await enrolled({ role: 'gateway', node: 'b' }), 'ledger', port);
  expect(await gateway.callText('ledger.append', 'ü')).toEqual({ text: 'ü', role: 'gateway', node: 'b' });
  expect(await codeOf(gateway.call('ledger.query', {}))).toBe('ERR_LINK_FORBIDDEN');
  expect(await codeOf(gateway.call('nothing', {}))).toBe('ERR_LINK_FORBIDDEN');
  const control = dial(await enrolled({ role: 'control', node: 'control' }), 'ledger', port, 'ledger');
  expect(await control.call('ledger.query', 7)).toBe(7);
  const refusal = { code: 'ERR_LINK_FORBIDDEN', role: 'gateway', node: 'b', address: '127.0.0.1' };
  expect(refusals).toMatchObject(['ledger.query', 'nothing'].map((verb) => ({ ...refusal, verb })));
});

test('a certificate says one role on one node of one installation, for a day at most', async () => {
  const credentials = await enrolled({ role: 'gateway', node: 'b' });
  const read = new X509Certificate(credentials.certificate);
  expect(read.subjectAltName).toMatch(/^URI:spiffe:\/\/sallyport-[0-9a-f]{16}\/space\/default\/role\/gateway\/b$/);
  const ca = new X509Certificate(authority.certificate);
  const other = await openAuthority(join(root, 'other', 'control'), join(root, 'other', 'ca'), new Date());
  const key = read.publicKey.export({ type: 'spki', format: 'pem' });
  const long = await authority.issueMachine(key, { role: 'gateway', node: 'b' }, new Date(), LIMITS.linkCertificateMs + 1000);
  const door = await authority.issue(key, ['localhost'], new Date());
  const forged = await other.issueMachine(key, { role: 'gateway', node: 'b' }, new Date(), LIFE_MS);
  const uri = read.subjectAltName?.slice('URI:'.length) ?? '';
  const alike = await signedBy(crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']), ca.subject, uri);
  const own = credentials.certificate;
  for (const [pem, at] of [[long, 0], [door, 0], [forged, 0], [alike, 0], [authority.certificate, 0], [own, LIFE_MS + 1000], [own, -3_600_000]] as const) {
    expect(() => readMachine(new X509Certificate(pem), ca, Date.now() + at)).toThrow(SallyportError);
  }
  expect(readMachine(new X509Certificate(own), ca, Date.now())).toMatchObject({ role: 'gateway', node: 'b' });
});

test('forged, expired, of another role or another node: neither side goes on, and the listener has it on record', async () => {
  const ledger = await enrolled({ role: 'ledger', node: 'ledger' });
  const { port } = await serve(ledger, ECHO);
  const other = await openAuthority(join(root, 'other', 'control'), join(root, 'other', 'ca'), new Date());
  const forged = await enrolled({ role: 'gateway', node: 'x' }, homeOf('gateway-x'), other);
  expect(await raw(port, { key: forged.key, cert: forged.certificate }, frame(1, '{}'))).not.toContain('welcome');
  expect(refusals.splice(0)).toEqual([{ code: 'ERR_LINK_AUTH', address: '127.0.0.1' }]);
  // The forger's own link doesn't even believe the ledger.
  expect(await codeOf(dial(forged, 'ledger', port).callText('ledger.append', 'x'))).toBe('ERR_LINK_AUTH');
  const gateway = await enrolled({ role: 'gateway', node: 'b' });
  expect(await codeOf(dial(gateway, 'runner', port).call('runner.status', {}))).toBe('ERR_LINK_AUTH');
  expect(await codeOf(dial(gateway, 'ledger', port, 'other').callText('ledger.append', 'x'))).toBe('ERR_LINK_AUTH');
  refusals.splice(0);
  const hello = { version: 1, role: 'control', peer: 'ledger', nonce: 'n'.repeat(43) };
  expect(await raw(port, { key: gateway.key, cert: gateway.certificate }, frame(1, JSON.stringify(hello)))).not.toContain('welcome');
  expect(refusals.splice(0)).toMatchObject([{ code: 'ERR_LINK_AUTH', role: 'gateway', node: 'b' }]);
  skewMs = LIFE_MS + 1000;
  expect(await raw(port, { key: gateway.key, cert: gateway.certificate }, frame(1, '{}'))).not.toContain('welcome');
  expect(refusals.splice(0)).toEqual([{ code: 'ERR_LINK_AUTH', address: '127.0.0.1' }]);
});

test('plain, TLS 1.2, an older version, no certificate, or what somebody heard before: refused and on record', async () => {
  const ledger = await enrolled({ role: 'ledger', node: 'ledger' });
  const { port } = await serve(ledger, ECHO);
  const { key, certificate: cert } = await enrolled({ role: 'gateway', node: 'b' });
  const closed = Promise.withResolvers<void>();
  const plain = connectTcp(port, '127.0.0.1', () => void plain.write(frame(2, 'ledger.append\nx')));
  plain.on('data', () => undefined).on('error', () => undefined).on('close', () => closed.resolve());
  await closed.promise;
  expect(await raw(port, { key, cert, maxVersion: 'TLSv1.2' }, '')).toStartWith('error');
  expect(await raw(port, {}, frame(2, 'ledger.append\nx'))).toMatch(NOTHING);
  const hello = { version: 0, role: 'gateway', peer: 'ledger', nonce: 'n'.repeat(43) };
  expect(await raw(port, { key, cert }, frame(1, JSON.stringify(hello)))).toContain('ERR_LINK_AUTH');
  expect(await raw(port, { key, cert }, frame(2, 'ledger.append\nx'))).toContain('ERR_LINK_AUTH');
  expect(refusals.map(({ code, node }) => [code, node])).toEqual([
    ['ERR_LINK_AUTH', undefined], ['ERR_LINK_AUTH', undefined], ['ERR_LINK_AUTH', undefined], ['ERR_LINK_AUTH', 'b'], ['ERR_LINK_AUTH', 'b'],
  ]);
});

test('a renewed certificate is shown on what is open and serves what is new, without a gap', async () => {
  const ledger = await enrolled({ role: 'ledger', node: 'ledger' });
  const { port } = await serve(ledger, ECHO);
  const gateway = await enrolled({ role: 'gateway', node: 'b' });
  const link = dial(gateway, 'ledger', port);
  const control = dial(await enrolled({ role: 'control', node: 'control' }), 'ledger', port);
  const tail = control.stream('ledger.tail', {}, AbortSignal.timeout(20_000))[Symbol.asyncIterator]();
  expect((await tail.next()).value).toBe('first');
  await link.callText('ledger.append', 'x');
  let downs = 0;
  link.onDown(() => (downs += 1));
  await renew(ledger, LIFE_MS * 2);
  await renew(gateway, LIFE_MS * 2);
  // A call in between: both have heard of the other's renewal.
  await link.callText('ledger.append', 'x');
  skewMs = LIFE_MS + 5000;
  const late = dial(await enrolled({ role: 'gateway', node: 'c' }, homeOf('gateway-c'), authority, LIFE_MS * 3), 'ledger', port);
  expect(await late.callText('ledger.append', 'x')).toMatchObject({ node: 'c' });
  // The one that was not renewed ends; the one that was goes on.
  expect(await codeOf(tail.next())).toMatch(/ERR_LINK/);
  expect(await link.callText('ledger.append', 'x')).toMatchObject({ node: 'b' });
  expect(downs).toBe(0);
});

test('a revoked node is cut off in the middle of what it does, and stays out over restarts', async () => {
  const ledger = await enrolled({ role: 'ledger', node: 'ledger' });
  const { port } = await serve(ledger, ECHO);
  const control = await enrolled({ role: 'control', node: 'control' });
  const link = dial(control, 'ledger', port);
  const tail = link.stream('ledger.tail', {}, AbortSignal.timeout(20_000))[Symbol.asyncIterator]();
  await tail.next();
  ledger.bury([{ key: control.machine.key, until: Date.now() + LIFE_MS }]);
  expect(await codeOf(tail.next())).toMatch(/ERR_LINK/);
  await Bun.sleep(50);
  expect(await codeOf(link.call('ledger.query', 1))).toMatch(/ERR_LINK/);
  expect(refusals[0]).toEqual({ code: 'ERR_LINK_AUTH', role: 'control', node: 'control', address: '127.0.0.1' });
  const again = Credentials.open(homeOf('ledger-ledger'), 'ledger', 'ledger');
  expect(again?.isDead(control.machine)).toBe(true);
  again?.bury([]);
  expect(again?.isDead(control.machine)).toBe(true);
  // The other way round: one that calls leaves a revoked listener.
  const gateway = await enrolled({ role: 'gateway', node: 'b' });
  const out = dial(gateway, 'ledger', port);
  await out.callText('ledger.append', 'x');
  gateway.bury([{ key: ledger.machine.key, until: Date.now() + LIFE_MS }]);
  expect(await codeOf(out.callText('ledger.append', 'x'))).toMatch(/ERR_LINK/);
});

test('a machine joins by its token: the key is made there, control signs it, and its snapshot key is pinned', async () => {
  const control = await enrolled({ role: 'control', node: 'control' });
  const asked: Json[] = [];
  ensureRoleKey(homeOf('control-control'), 'control');
  const enrol: Enrol = async (said) => {
    asked.push(said);
    const { secret, request } = isObject(said) ? said : {};
    if (secret !== SECRET || typeof request !== 'string') throw new SallyportError('ERR_LINK_AUTH', 'this token is not good', { remedy: 'Make another.' });
    const certificate = await authority.issueMachine(await readRequest(request), { role: 'runner', node: 'r1' }, new Date(), LIFE_MS);
    return { certificate, controlKey: readFileSync(join(homeOf('control-control'), 'keys', 'control', 'key.pub'), 'utf8') };
  };
  const { port } = await serve(control, {}, enrol);
  const der = new X509Certificate(authority.certificate).raw.toString('base64url');
  const token = (of: object): string => writeJoinToken({ role: 'runner', node: 'r1', control: `127.0.0.1:${port}`, authority: der, secret: SECRET, ...of });
  const home = homeOf('runner-r1');
  const credentials = await joinMachines(home, { role: 'runner', node: 'r1' }, `${token({})}\n`);
  expect(credentials.machine).toMatchObject({ role: 'runner', node: 'r1' });
  expect(JSON.stringify(asked)).not.toContain('PRIVATE');
  const file = join(home, 'runner', 'link', 'r1', 'enrolled.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  chmodSync(file, 0o640);
  expect(() => Credentials.open(home, 'runner', 'r1')).toThrow('only its owner');
  chmodSync(file, 0o600);
  expect(readFileSync(join(home, 'keys', 'control', 'key.pub'), 'utf8')).toContain('PUBLIC KEY');
  expect(Credentials.open(home, 'runner', 'r1')?.machine.key).toBe(credentials.machine.key);

  expect(await codeOf(joinMachines(home, { role: 'runner', node: 'r1' }, token({ secret: 'guessed' })))).toBe('ERR_LINK_AUTH');
  expect(refusals).toEqual([{ code: 'ERR_LINK_AUTH', address: '127.0.0.1' }]);
  expect(await codeOf(joinMachines(home, { role: 'gateway', node: 'r1' }, token({})))).toBe('ERR_LINK_AUTH');
  expect(await codeOf(joinMachines(home, { role: 'runner', node: 'r1' }, 'sallyport-join.x'))).toBe('ERR_LINK_AUTH');
  // Whoever has pinned another control keeps it.
  const elsewhereHome = homeOf('pinned');
  ensureRoleKey(elsewhereHome, 'control');
  expect(await codeOf(joinMachines(elsewhereHome, { role: 'runner', node: 'r1' }, token({})))).toBe('ERR_LINK_AUTH');
  expect(Credentials.open(elsewhereHome, 'runner', 'r1')).toBeUndefined();
  const before = asked.length;
  const other = await openAuthority(join(root, 'other', 'control'), join(root, 'other', 'ca'), new Date());
  const elsewhere = new X509Certificate(other.certificate).raw.toString('base64url');
  expect(await codeOf(joinMachines(home, { role: 'runner', node: 'r1' }, token({ authority: elsewhere })))).toBe('ERR_LINK_AUTH');
  expect(asked.length).toBe(before);
});

test('those without a certificate have a limit, and take no room from those that have one', async () => {
  const control = await enrolled({ role: 'control', node: 'control' });
  const { port } = await serve(control, { 'control.present': { call: (body) => body } }, async (said) => said);
  const crowd = LIMITS.linkPendingMax + 8;
  for (let at = 0; at < crowd; at += 1) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => resolve());
    socket.on('error', () => resolve());
    endings.push(() => void socket.destroy());
    await promise;
  }
  while (refusals.length < crowd - LIMITS.linkPendingMax) await Bun.sleep(5);
  expect(refusals.every(({ code }) => code === 'ERR_LINK_UNAVAILABLE')).toBe(true);
  expect(await dial(await enrolled({ role: 'gateway', node: 'b' }), 'control', port).call('control.present', 1)).toBe(1);
});

test('who is not control lets nobody in, and its role alone is not enough for what machines ask', async () => {
  const runner = await enrolled({ role: 'runner', node: 'r1' });
  const { port } = await serve(runner, { 'runner.status': { call: () => 'up' } });
  expect(await raw(port, {}, frame(1, '{"version":1,"join":{}}'))).toMatch(NOTHING);
  expect(refusals.splice(0)).toEqual([{ code: 'ERR_LINK_AUTH', address: '127.0.0.1' }]);
  const home = homeOf('control-control');
  const handlers = { 'control.renew': { call: () => 'never' } };
  const control = await serveLink({ home, self: 'control', handlers, onRefused: (refusal) => refusals.push(refusal) });
  endings.push(() => control.close());
  const link = connectLink({ home, self: 'gateway', peer: 'control' });
  endings.push(() => link.close());
  expect(await codeOf(link.call('control.renew', {}))).toBe('ERR_LINK_FORBIDDEN');
  expect(refusals).toEqual([{ code: 'ERR_LINK_FORBIDDEN', role: 'gateway', verb: 'control.renew' }]);
});
