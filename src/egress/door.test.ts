import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { makeCertificate } from '../../test/fixtures/certificate.ts';
import { stageEgress, startHost, type EgressStage, type TestHost } from '../../test/fixtures/egress-stage.ts';
import { LIMITS } from '../domain/limits.ts';
import { openDoor } from './door.ts';
import { writeAsked, writeConnect, writeTicket } from './jailed/preface.ts';

let stage: EgressStage;
let host: TestHost;
let echo: Server;
let echoPort: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  stage = stageEgress();
  host = await startHost(await makeCertificate(['api.mail.test']));
  echo = createServer((socket) => void socket.on('error', () => undefined).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const place = echo.address();
  echoPort = typeof place === 'object' && place !== null ? place.port : 0;
  stage.networks.set('mailer', [`api.mail.test:${host.port} in 127.0.0.0/8`, `echo.test:${echoPort} in 127.0.0.1/32 without tls`]);
  stage.names.set('api.mail.test', ['127.0.0.1']);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await stage.close();
  await host.close();
  echo.close();
});

interface Process {
  readonly path: string;
  readonly ticket: string;
  readonly id: string;
}

async function announce(server = 'mailer'): Promise<Process> {
  const [id, ticket] = [randomBytes(8).toString('hex'), randomBytes(32).toString('base64url')];
  await stage.door.admit({ id, ticket, space: 'default', server });
  return { id, ticket, path: join(stage.folder, 'jails', id, 's') };
}

function open(path: string, ...lines: readonly string[]): Socket {
  const socket = connect(path).on('error', () => undefined);
  sockets.push(socket);
  for (const line of lines) socket.write(line);
  return socket;
}

/** What a socket says until it is closed, or until there is a whole line. */
function said(socket: Socket, wholeLine = false): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  socket.on('data', (chunk: Uint8Array) => {
    text += Buffer.from(chunk).toString();
    if (wholeLine && text.includes('\n')) resolve(text);
  }).on('close', () => resolve(text));
  return promise;
}

async function greet({ path, ticket }: Process): Promise<string> {
  const { session }: { session?: string } = JSON.parse(await said(open(path, writeTicket(ticket)), true) || '{}');
  return session ?? '';
}

/** A connection that is open: what goes in comes back. */
async function opened(process: Process, session: string): Promise<Socket> {
  const socket = open(process.path, writeConnect(session, 'echo.test', echoPort), 'hello\n');
  expect(await said(socket, true)).toBe('hello\n');
  return socket;
}

/** Asks the mail API over TLS, in the name of `servername`. */
async function ask({ path }: Process, session: string, servername: string): Promise<string> {
  const socket = open(path, writeConnect(session, 'api.mail.test', host.port));
  const secure = connectTls({ socket, servername, rejectUnauthorized: false }).on('error', () => undefined);
  secure.write('GET /x HTTP/1.1\r\nhost: api.mail.test\r\nconnection: close\r\n\r\n');
  return said(secure);
}

describe('a connection', () => {
  test('is on record before a byte leaves, and with how it ended', async () => {
    const process = await announce();
    expect(await ask(process, await greet(process), 'api.mail.test')).toContain('hello from');
    const [before, after] = [await stage.until('connection.opened'), await stage.until('connection.closed')];
    expect(before).toMatchObject({ server: 'mailer', address: '127.0.0.1', detail: { host: 'api.mail.test', port: host.port, serverName: 'api.mail.test' } });
    expect(after).toMatchObject({ exchange: before.exchange, detail: { ended: expect.stringMatching(/closed|broke/), sentBytes: expect.any(Number) } });
  });

  test('that can\'t be recorded is none', async () => {
    const process = await announce();
    const session = await greet(process);
    stage.broken = true;
    expect(await ask(process, session, 'api.mail.test')).toBe('');
    expect(await said(open(process.path, writeConnect(session, 'echo.test', echoPort), 'hello\n'))).toBe('');
    expect(host.heard).toEqual([]);
  });

  test('in another host\'s name, or in clear, is refused before it is made', async () => {
    const process = await announce();
    const session = await greet(process);
    expect(await ask(process, session, 'evil.test')).toBe('');
    expect((await stage.until('connection.refused')).reason).toContain('names evil.test');
    expect(await said(open(process.path, writeConnect(session, 'api.mail.test', host.port), 'GET / HTTP/1.1\r\n'))).toBe('');
    expect(await said(open(process.path, writeConnect(session, 'echo.test', echoPort), 'CONNECT evil.test:443 HTTP/1.1\r\n\r\n'))).toBe('');
    const codes = stage.events().filter(([event]) => event === 'connection.refused').map(([, code]) => code);
    expect(codes).toEqual(['ERR_EGRESS_OPENING', 'ERR_EGRESS_OPENING', 'ERR_EGRESS_OPENING']);
    expect(host.heard).toEqual([]);
  });

  test('to a host is one, in whichever letters its name is written', async () => {
    const process = await announce();
    const session = await greet(process);
    const socket = open(process.path, writeConnect(session, 'ECHO.test.', echoPort), 'hello\n');
    expect(await said(socket, true)).toBe('hello\n');
    expect(await stage.until('connection.opened')).toMatchObject({ node: 'e1', detail: { host: 'echo.test' } });
  });

  const others = ['other.test', '127.0.0.1', '0x7f.1', '127.1', '::1', 'localhost', 'api.mail.test.evil.test', 'api.mail.test\0', ''];

  test.each(others)('to %j is refused', async (name) => {
    const process = await announce();
    expect(await said(open(process.path, writeConnect(await greet(process), name, host.port)))).toBe('');
    expect(stage.events()).toEqual([['connection.refused', 'ERR_EGRESS_FORBIDDEN', expect.any(String)]]);
  });

  test.each([
    '10.0.0.1', '127.0.0.1', '169.254.169.254', '0.0.0.0', '100.64.0.1', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', 'fe80::1', 'fd00:ec2::254', '224.0.0.1',
    '93.184.215.14 192.168.0.1',
  ])('to a name that leads to %s is refused', async (addresses) => {
    stage.networks.set('mailer', [`api.mail.test:${host.port}`]);
    stage.names.set('api.mail.test', addresses.split(' '));
    const process = await announce();
    expect(await ask(process, await greet(process), 'api.mail.test')).toBe('');
    expect(stage.events()).toEqual([['connection.refused', 'ERR_EGRESS_ADDRESS', 'api.mail.test']]);
  });

  test('to the address that gives out the machine\'s credentials is refused whatever the entry says', async () => {
    stage.networks.set('mailer', [`api.mail.test:${host.port} in 0.0.0.0/0`]);
    stage.names.set('api.mail.test', ['169.254.169.254']);
    const process = await announce();
    expect(await ask(process, await greet(process), 'api.mail.test')).toBe('');
    expect(stage.events()).toEqual([['connection.refused', 'ERR_EGRESS_ADDRESS', 'api.mail.test']]);
  });

  test('goes to the address that was checked, whatever the name says a moment later', async () => {
    const asked: string[] = [];
    stage.names.get = (name: string) => {
      asked.push(name);
      return asked.length === 1 ? ['127.0.0.1'] : ['169.254.169.254'];
    };
    const process = await announce();
    const session = await greet(process);
    for (const _ of [1, 2]) expect(await ask(process, session, 'api.mail.test')).toContain('hello from');
    expect(asked).toEqual(['api.mail.test']);
  });
});

describe('a ticket', () => {
  test('is worth one session, of its own process', async () => {
    const [one, other] = [await announce(), await announce('other')];
    expect(await greet({ ...one, ticket: other.ticket })).toBe('');
    const session = await greet(one);
    expect(session).not.toBe('');
    expect(await greet(one)).toBe('');
    await greet(other);
    expect(await said(open(other.path, writeConnect(session, 'echo.test', echoPort), 'hello\n'))).toBe('');
    expect(await said(open(one.path, writeConnect('x'.repeat(43), 'echo.test', echoPort)))).toBe('');
    const refused = stage.events().filter(([event]) => event === 'connection.refused').map(([, code]) => code);
    expect(refused).toEqual(['ERR_EGRESS_TICKET', 'ERR_EGRESS_TICKET', 'ERR_EGRESS_TICKET', 'ERR_EGRESS_TICKET']);
    await opened(one, session);
  });

  test('is taken again by an egress that was started anew, where the runner announces it again', async () => {
    const process = await announce();
    await greet(process);
    await stage.door.close();
    expect(await greet(process)).toBe('');
    const next = stageEgress();
    const door = openDoor({ ...next.parts, folder: join(stage.folder, 'jails') });
    await door.admit({ ...process, space: 'default', server: 'mailer' });
    expect(await greet(process)).not.toBe('');
    await door.close();
    await next.close();
  });

  test('that nobody comes with ends, and with a session all that it opened', async () => {
    const process = await announce();
    const control = open(process.path, writeTicket(process.ticket));
    const { session }: { session: string } = JSON.parse(await said(control, true));
    const socket = await opened(process, session);
    control.destroy();
    await said(socket);
    expect(await stage.until('connection.closed')).toMatchObject({ code: 'ERR_EGRESS_TICKET' });
    expect(stage.door.processes).toBe(0);
  });
});

describe('what is open ends', () => {
  const ways: readonly (readonly [code: string, what: string, act: (on: EgressStage) => void])[] = [
    ['ERR_KILLED', 'a switch of its own', ({ killed }) => void killed.servers.push('default/mailer')],
    ['ERR_KILLED', 'the switch of everything', ({ killed }) => void (killed.all = true)],
    ['ERR_KILLED', 'the switch of its space', ({ killed }) => void killed.spaces.push('default')],
    ['ERR_EGRESS_FORBIDDEN', 'a host that is blocked', ({ blockedHosts }) => void blockedHosts.push('red/echo.test', 'default/*.test')],
    ['ERR_LEASE_EXPIRED', 'control that is away', (on) => void (on.expired = true)],
    ['ERR_EGRESS_FORBIDDEN', 'a list that was changed', ({ networks }) => void networks.set('mailer', [])],
    ['ERR_SERVER_UNKNOWN', 'a server that is gone', ({ networks }) => void networks.delete('mailer')],
    ['ERR_SERVER_NOT_APPROVED', 'an approval that was taken back', ({ unapproved }) => void unapproved.add('mailer')],
    ['ERR_INTERNAL', 'a judge that breaks', ({ networks }) => void Object.defineProperty(networks, Symbol.iterator, { value: undefined })],
  ];

  test.each(ways)('by %s (%s), and nothing is opened any more', async (code, _, act) => {
    const process = await announce();
    const session = await greet(process);
    const socket = await opened(process, session);
    act(stage);
    stage.door.sweep();
    await said(socket);
    expect(await stage.until('connection.closed')).toMatchObject({ code });
    expect(await said(open(process.path, writeConnect(session, 'echo.test', echoPort), 'hello\n'))).toBe('');
    expect(await stage.until('connection.refused')).toMatchObject({ code });
  });

  test('when nobody uses it', async () => {
    await stage.close();
    stage = stageEgress({ idleMs: 50 });
    stage.networks.set('mailer', [`echo.test:${echoPort} in 127.0.0.1/32 without tls`]);
    const process = await announce();
    await said(await opened(process, await greet(process)));
    expect(await stage.until('connection.closed')).toMatchObject({ detail: { ended: 'idle' } });
  });
});

describe('nobody', () => {
  test('keeps a place by saying nothing, or one byte at a time', async () => {
    await stage.close();
    stage = stageEgress({ prefaceMs: 200, openingMs: 300 });
    stage.networks.set('mailer', [`api.mail.test:${host.port} in 127.0.0.1/32`, `echo.test:${echoPort} in 127.0.0.1/32 without tls`]);
    const process = await announce();
    const session = await greet(process);
    const silent = Array.from({ length: LIMITS.egressPrefacesMax }, () => open(process.path, '{'));
    await Promise.all(silent.map((socket) => said(socket)));
    const slow = open(process.path, writeConnect(session, 'api.mail.test', host.port));
    const timer = setInterval(() => slow.write(Buffer.from([22])), 20);
    await said(slow);
    clearInterval(timer);
    expect((await stage.until('connection.refused')).reason).toMatch(/too long|malformed|not TLS/);
    await said(open(process.path, 'x'.repeat(LIMITS.egressPrefaceBytesMax + 1)));
    await opened(process, session);
  });

  test('opens more connections than there may be; when they end there is room again', async () => {
    const process = await announce();
    const session = await greet(process);
    const all = await Promise.all(Array.from({ length: LIMITS.egressConnectionsPerServerMax }, () => opened(process, session)));
    expect(stage.door.connections).toBe(LIMITS.egressConnectionsPerServerMax);
    await said(open(process.path, writeConnect(session, 'echo.test', echoPort)));
    expect(await stage.until('connection.refused')).toMatchObject({ code: 'ERR_EGRESS_LIMIT' });
    for (const socket of all) socket.destroy();
    await stage.until('connection.closed', all.length);
    await opened(process, session);
  });

  test('fills the log by asking for what there is not', async () => {
    const process = await announce();
    const control = open(process.path, writeTicket(process.ticket));
    await said(control, true);
    for (let at = 0; at < 500; at += 1) control.write(writeAsked(`x${at}.evil.test`));
    await stage.until('connection.refused', 50);
    control.end();
    while (stage.door.processes > 0) await Bun.sleep(5);
    await stage.flush();
    const counted = await stage.until('flood.refused');
    expect(stage.records.length).toBeLessThan(70);
    expect(counted).toMatchObject({ server: 'mailer', detail: { codes: { ERR_EGRESS_FORBIDDEN: expect.any(Number) } } });
  });
});
