import { afterEach, expect, test } from 'bun:test';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Role } from '../domain/role.ts';
import { connectLink } from './connect.ts';
import type { Link } from './connect.ts';
import type { Handler, Refusal } from './handler.ts';
import { ensureRoleKey, readPeerKey } from './keys.ts';
import { ensureHome, socketPathOf } from './place.ts';
import { serveLink } from './serve.ts';
import type { LinkServer } from './serve.ts';

const endings: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'sp-link-'));
  endings.push(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

async function serve(home: string, self: Role, handlers: Readonly<Record<string, Handler>>, refusals: Refusal[] = []): Promise<LinkServer> {
  const server = await serveLink({ home, self, handlers, onRefused: (refusal) => refusals.push(refusal) });
  endings.push(() => server.close());
  return server;
}

/** A home of its own in which one finds the sockets of another. */
function makeHomeBeside(home: string): string {
  const beside = makeHome();
  symlinkSync(join(home, 'run'), join(beside, 'run'));
  return beside;
}

/** Puts a role's published key into another home. */
function publish(from: string, role: Role, to: string): void {
  mkdirSync(join(to, 'keys', role), { recursive: true });
  writeFileSync(join(to, 'keys', role, 'key.pub'), readFileSync(join(from, 'keys', role, 'key.pub')));
}

function connect(home: string, self: Role, peer: Role): Link {
  const link = connectLink({ home, self, peer });
  endings.push(() => link.close());
  return link;
}

const echo: Readonly<Record<string, Handler>> = {
  'ledger.query': { call: (body) => body },
  'ledger.append': { text: (text, caller) => ({ text, role: caller.role }) },
};

test('a call comes back with its answer, a text as it was sent, and the server knows the proven role', async () => {
  const home = makeHome();
  await serve(home, 'ledger', echo);
  const control = connect(home, 'control', 'ledger');
  expect(await control.call('ledger.query', { a: [1, 'ü', null] })).toEqual({ a: [1, 'ü', null] });
  const gateway = connect(home, 'gateway', 'ledger');
  expect(await gateway.callText('ledger.append', '{"a": 1}\n{"b":2}')).toEqual({ text: '{"a": 1}\n{"b":2}', role: 'gateway' });
});

test('many calls at once keep their answers apart, whatever their sizes', async () => {
  const home = makeHome();
  await serve(home, 'ledger', echo);
  const link = connect(home, 'control', 'ledger');
  const sizes = Array.from({ length: 300 }, (_, index) => (index * 7919) % 100_000);
  const answers = await Promise.all(sizes.map((size) => link.call('ledger.query', 'ü'.repeat(size))));
  expect(answers.map((answer) => (typeof answer === 'string' ? answer.length : -1))).toEqual(sizes);
});

test('an error crosses with its code, message and remedy, and nothing of what is internal', async () => {
  const home = makeHome();
  await serve(home, 'ledger', {
    'ledger.query': {
      call: (body) => {
        if (body === 'fault') throw new SallyportError('ERR_QUERY_INVALID', 'no such field', { remedy: 'Use another.', internal: 'secret' });
        throw new Error('secret path /root');
      },
    },
  });
  const link = connect(home, 'control', 'ledger');
  const known = await link.call('ledger.query', 'fault').catch((error: unknown) => error);
  expect(known).toMatchObject({ code: 'ERR_QUERY_INVALID', message: 'no such field', remedy: 'Use another.', internal: undefined });
  const unknown = await link.call('ledger.query', 'crash').catch((error: unknown) => error);
  expect(unknown).toMatchObject({ code: 'ERR_INTERNAL' });
  expect(String(unknown)).not.toContain('secret');
});

test('a verb that is not the caller’s, not this server’s, unknown or asked in another shape is refused and reported', async () => {
  const home = makeHome();
  const refusals: Refusal[] = [];
  await serve(home, 'ledger', { ...echo, 'control.release': { call: () => 'never' } }, refusals);
  const gateway = connect(home, 'gateway', 'ledger');
  expect(await codeOf(gateway.call('ledger.query', {}))).toBe('ERR_LINK_FORBIDDEN');
  expect(await codeOf(gateway.call('control.release', {}))).toBe('ERR_LINK_FORBIDDEN');
  expect(await codeOf(gateway.call('constructor', {}))).toBe('ERR_LINK_FORBIDDEN');
  expect(await codeOf(connect(home, 'control', 'ledger').call('ledger.tail', {}))).toBe('ERR_LINK_FORBIDDEN');
  expect(refusals.map((refusal) => [refusal.role, refusal.verb])).toEqual([
    ['gateway', 'ledger.query'],
    ['gateway', 'control.release'],
    ['gateway', 'constructor'],
    ['control', 'ledger.tail'],
  ]);
});

test('a peer without the role’s key is refused on both sides', async () => {
  const home = makeHome();
  const refusals: Refusal[] = [];
  await serve(home, 'ledger', echo, refusals);
  ensureRoleKey(home, 'control');

  const forger = makeHomeBeside(home);
  ensureRoleKey(forger, 'control');
  publish(home, 'ledger', forger);
  expect(await codeOf(connect(forger, 'control', 'ledger').call('ledger.query', {}))).toBe('ERR_LINK_AUTH');
  expect(refusals).toEqual([{ code: 'ERR_LINK_AUTH', role: 'control' }]);

  rmSync(join(home, 'keys', 'control', 'key.pub'));
  expect(await codeOf(connect(forger, 'control', 'ledger').call('ledger.query', {}))).toBe('ERR_LINK_AUTH');

  const impostor = makeHome();
  await serve(impostor, 'ledger', { 'ledger.query': { call: () => 'stolen' } });
  const deceived = makeHomeBeside(impostor);
  publish(home, 'ledger', deceived);
  expect(await codeOf(connect(deceived, 'control', 'ledger').call('ledger.query', {}))).toBe('ERR_LINK_AUTH');
});

test('a role that finds another pair’s socket is not heard there, though it can prove itself', async () => {
  const home = makeHome();
  const refusals: Refusal[] = [];
  await serve(home, 'ledger', echo, refusals);
  const thief = makeHome();
  mkdirSync(join(thief, 'run', 'ledger'), { recursive: true });
  symlinkSync(join(home, 'run', 'ledger', 'control'), join(thief, 'run', 'ledger', 'gateway'));
  ensureRoleKey(thief, 'gateway');
  publish(thief, 'gateway', home);
  publish(home, 'ledger', thief);
  expect(await codeOf(connect(thief, 'gateway', 'ledger').callText('ledger.append', 'x'))).toBe('ERR_LINK_AUTH');
  expect(refusals).toEqual([{ code: 'ERR_LINK_AUTH', role: 'gateway' }]);
  renameSync(join(thief, 'run', 'ledger', 'gateway'), join(thief, 'run', 'ledger', 'kept'));
  symlinkSync(join(home, 'run', 'ledger', 'gateway'), join(thief, 'run', 'ledger', 'gateway'));
  expect(await connect(thief, 'gateway', 'ledger').callText('ledger.append', 'x')).toEqual({ text: 'x', role: 'gateway' });
});

test('a replica has sockets of its own', async () => {
  const home = makeHome();
  await serve(home, 'gateway', { 'gateway.read': { call: () => 'first' } });
  const other = await serveLink({ home, self: 'gateway', node: 'b', handlers: { 'gateway.read': { call: () => 'second' } } });
  endings.push(() => other.close());
  expect(existsSync(join(home, 'run', 'gateway-b', 'control', 's'))).toBe(true);
  const link = connectLink({ home, self: 'control', peer: 'gateway', node: 'b' });
  endings.push(() => link.close());
  expect(await link.call('gateway.read', {})).toBe('second');
  expect(await connect(home, 'control', 'gateway').call('gateway.read', {})).toBe('first');
});

test('every folder that roles meet in can be made ahead, and a caller’s folder is no place for others', () => {
  const home = join(makeHome(), 'home');
  ensureHome(home);
  for (const folder of ['run', 'run/ledger', 'run/ledger/runner', 'run/control/gateway', 'runner', 'control']) {
    expect(statSync(join(home, folder)).mode & 0o777).toBe(0o700);
  }
  expect(statSync(join(home, 'keys', 'gateway')).mode & 0o777).toBe(0o755);
  expect(existsSync(join(home, 'run', 'runner', 'ledger'))).toBe(false);
});

test('nothing is heard of a peer that speaks first, replays, or sends more than a handshake', async () => {
  const home = makeHome();
  const refusals: Refusal[] = [];
  const heard: Json[] = [];
  await serve(home, 'ledger', { 'ledger.query': { call: (body) => heard.push(body) } }, refusals);
  const call = Buffer.from('ledger.query\n{}');
  const hello = Buffer.from('{"version":1,"role":"root","peer":"ledger","nonce":""}');
  for (const [kind, body] of [[2, call], [1, hello], [1, Buffer.alloc(LIMITS.linkHandshakeBytesMax)]] as const) {
    const closed = Promise.withResolvers<void>();
    const head = Buffer.alloc(9);
    head.writeUInt32BE(body.length + 5, 0);
    head.writeUInt8(kind, 4);
    const socket = await Bun.connect({ unix: socketPathOf(home, 'ledger', 'control'), socket: { data: () => undefined, close: () => closed.resolve() } });
    socket.write(Buffer.concat([head, body]));
    await closed.promise;
  }
  expect(heard).toEqual([]);
  expect(refusals.map((refusal) => refusal.code)).toEqual(['ERR_LINK_AUTH', 'ERR_LINK_AUTH', 'ERR_LINK_FRAME']);
});

test('a stream arrives in order and whole; back-pressure stops the source while nobody reads', async () => {
  const home = makeHome();
  const item = 'x'.repeat(64 * 1024);
  let made = 0;
  await serve(home, 'ledger', {
    'ledger.tail': {
      stream: async function* source() {
        while (made < 200) {
          made += 1;
          yield { made, item };
        }
      },
    },
    ...echo,
  });
  const link = connect(home, 'control', 'ledger');
  const seen: Json[] = [];
  let stalledAt = -1;
  for await (const value of link.stream('ledger.tail', {}, AbortSignal.timeout(20_000))) {
    if (seen.length === 0) {
      // Calls go on beside a stalled stream; each gives the source a chance to run ahead.
      for (let round = 0; round < 20; round += 1) await link.call('ledger.query', round);
      stalledAt = made;
    }
    seen.push(typeof value === 'object' && value !== null && 'made' in value ? value.made : null);
  }
  expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  expect(stalledAt).toBeLessThanOrEqual(2 + LIMITS.linkStreamWindowChars / item.length);
});

test('a stream is cancelled by its reader, ended by its server’s error, and broken by a lost link', async () => {
  const home = makeHome();
  const stopped = Promise.withResolvers<void>();
  const server = await serve(home, 'ledger', {
    'ledger.tail': {
      stream: async function* source(body, _caller, signal) {
        yield 'first';
        if (body === 'fail') throw new SallyportError('ERR_JOURNAL_CORRUPT', 'broken');
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        stopped.resolve();
      },
    },
  });
  const link = connect(home, 'control', 'ledger');
  const cancel = new AbortController();
  for await (const value of link.stream('ledger.tail', 'wait', cancel.signal)) {
    expect(value).toBe('first');
    cancel.abort();
  }
  await stopped.promise;

  const failing = Array.fromAsync(link.stream('ledger.tail', 'fail', AbortSignal.timeout(20_000)));
  expect(await codeOf(failing)).toBe('ERR_JOURNAL_CORRUPT');

  const lost = link.stream('ledger.tail', 'wait', AbortSignal.timeout(20_000))[Symbol.asyncIterator]();
  await lost.next();
  const rest = codeOf(lost.next());
  await server.close();
  expect(await rest).toBe('ERR_LINK_UNAVAILABLE');
});

test('calls fail at once while the peer is down, and work again after it is back', async () => {
  const home = makeHome();
  const link = connect(home, 'control', 'ledger');
  const first = await link.call('ledger.query', {}).catch((error: unknown) => error);
  expect(first).toMatchObject({ code: 'ERR_LINK_UNAVAILABLE', dispatched: false });

  const up = Promise.withResolvers<void>();
  const down = Promise.withResolvers<void>();
  link.onUp(() => up.resolve());
  link.onDown(() => down.resolve());
  const server = await serve(home, 'ledger', { ...echo, 'ledger.query': { call: (body) => (body === 'hang' ? new Promise<Json>(() => undefined) : body) } });
  await up.promise;
  expect(await link.call('ledger.query', 1)).toBe(1);
  const hanging = link.call('ledger.query', 'hang').catch((error: unknown) => error);
  await server.close();
  await down.promise;
  expect(await hanging).toMatchObject({ code: 'ERR_LINK_UNAVAILABLE', dispatched: true });

  const again = Promise.withResolvers<void>();
  link.onUp(() => again.resolve());
  await serve(home, 'ledger', echo);
  await again.promise;
  expect(await link.call('ledger.query', 2)).toBe(2);
});

test('a call that is never answered ends by its deadline', async () => {
  const home = makeHome();
  await serve(home, 'ledger', { 'ledger.query': { call: () => new Promise<Json>(() => undefined) } });
  const link = connect(home, 'control', 'ledger');
  expect(await codeOf(link.call('ledger.query', {}, { timeoutMs: 1 }))).toBe('ERR_LINK_UNAVAILABLE');
});

test('a frame over the limit is refused before it leaves', async () => {
  const home = makeHome();
  await serve(home, 'ledger', echo);
  const link = connect(home, 'control', 'ledger');
  expect(await codeOf(link.callText('ledger.query', 'x'.repeat(LIMITS.linkFrameBytesMax)))).toBe('ERR_LINK_FRAME');
  expect(await link.call('ledger.query', 'still up')).toBe('still up');
});

test('connections and calls under way have a limit', async () => {
  const home = makeHome();
  const refusals: Refusal[] = [];
  await serve(home, 'ledger', { 'ledger.query': { call: () => new Promise<Json>(() => undefined) } }, refusals);
  const link = connect(home, 'control', 'ledger');
  await codeOf(link.call('ledger.append', {}));
  const calls = Array.from({ length: LIMITS.linkCallsMax }, () => codeOf(link.call('ledger.query', {})));
  expect(await link.call('ledger.query', {}).catch((error: unknown) => error)).toMatchObject({ code: 'ERR_LINK_UNAVAILABLE', dispatched: false });
  link.close();
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['ERR_LINK_UNAVAILABLE']));

  const closed = Promise.withResolvers<void>();
  const raw = { unix: socketPathOf(home, 'ledger', 'gateway'), socket: { data: () => undefined, close: () => closed.resolve() } };
  const sockets = await Promise.all(Array.from({ length: LIMITS.linkConnectionsMax + 2 }, () => Bun.connect(raw)));
  await closed.promise;
  expect(refusals.map((refusal) => refusal.code)).toContain('ERR_LINK_UNAVAILABLE');
  for (const socket of sockets) socket.terminate();
});

test('a stale socket file is replaced, a live one is not, and the socket is nobody else’s', async () => {
  const home = makeHome();
  const script = `
    import { serveLink } from ${JSON.stringify(join(import.meta.dir, 'serve.ts'))};
    await serveLink({ home: ${JSON.stringify(home)}, self: 'ledger', handlers: {} });
    process.kill(process.pid, 'SIGKILL');`;
  await Bun.spawn([process.execPath, '-e', script]).exited;
  const path = join(home, 'run', 'ledger', 'gateway', 's');
  expect(existsSync(path)).toBe(true);
  const server = await serve(home, 'ledger', echo);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  for (const folder of ['run', 'run/ledger', 'run/ledger/gateway', 'ledger']) expect(statSync(join(home, folder)).mode & 0o777).toBe(0o700);
  expect(await codeOf(serveLink({ home, self: 'ledger', handlers: {} }))).toBe('ERR_ALREADY_RUNNING');
  await server.close();
  expect(existsSync(path)).toBe(false);
});

test('a role key is private, made once, and its published half is not another’s', () => {
  const home = makeHome();
  const key = ensureRoleKey(home, 'gateway');
  expect(ensureRoleKey(home, 'gateway').equals(key)).toBe(true);
  expect(statSync(join(home, 'gateway', 'key.pem')).mode & 0o777).toBe(0o600);
  expect(readPeerKey(home, 'gateway').asymmetricKeyType).toBe('ed25519');

  chmodSync(join(home, 'gateway', 'key.pem'), 0o644);
  expect(() => ensureRoleKey(home, 'gateway')).toThrow('only its owner');
  chmodSync(join(home, 'gateway', 'key.pem'), 0o600);
  ensureRoleKey(home, 'runner');
  writeFileSync(join(home, 'keys', 'gateway', 'key.pub'), readFileSync(join(home, 'keys', 'runner', 'key.pub')));
  expect(() => ensureRoleKey(home, 'gateway')).toThrow('not this role');
});
