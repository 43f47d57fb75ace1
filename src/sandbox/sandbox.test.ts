import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { SallyportError } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { LaunchSpec } from '../domain/server.ts';
import { SIGNED_AS } from '../domain/snapshot.ts';
import { defaultSandbox } from '../registry/sandbox.ts';
import type { Happening } from '../domain/happening.ts';
import { createCrashes } from './crashes.ts';
import { probeJails } from './jail/probe.ts';
import { splitLines } from './lines.ts';
import { createProcessTable } from './processes.ts';
import type { ProcessTable, ProcessTableOptions } from './processes.ts';
import { readProcessRequest } from './request.ts';
import { findCommand, searchPathOf } from './tools.ts';

const OWNER = {};
const SERVER = { origin: 'o', space: 'default', server: 'crm' } as const;
const base = mkdtempSync('/tmp/sp-sandbox-');
afterAll(() => rmSync(base, { recursive: true, force: true }));
let folder = '';
let table: ProcessTable;
const support = await probeJails();
let recorded: Happening[] = [];
let crashing: string[] = [];
const make = (options: Partial<ProcessTableOptions> = {}): ProcessTable =>
  createProcessTable({
    home: '/nonexistent', folder, searchPath: searchPathOf(process.env['PATH'], ''), support, stopMs: 50,
    record: async (happening) => void recorded.push(happening), onCrashes: ({ server }) => {
      crashing.push(server);
      return Promise.reject(new Error('nobody could be told'));
    },
    ...options,
  });
beforeEach(() => {
  folder = mkdtempSync(join(base, 'r-'));
  recorded = [];
  crashing = [];
  table = make();
});
afterEach(() => table.shutdown());

const sh = (script: string, env: Record<string, string> = {}): LaunchSpec =>
  ({ command: '/bin/sh', args: ['-c', script], env, shared: false, sandbox: defaultSandbox() });
const open = (script: string, key = 'k', signal = new AbortController().signal): AsyncIterator<Json> =>
  table.open({ ...SERVER, key, launch: sh(script) }, OWNER, signal)[Symbol.asyncIterator]();
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(() => undefined, (cause: unknown) => (cause instanceof SallyportError ? cause.code : cause));
/** Processes of the machine that have these words in their command. */
const running = (mark: string): readonly string[] => readdirSync('/proc').filter((name) => {
  try {
    return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(mark);
  } catch {
    return false;
  }
});

test('lines go in and come out whole, in a clean environment and a private folder', async () => {
  const request = { ...SERVER, key: 'k', launch: sh('env | sort; pwd; cat', { TOKEN: 't' }) };
  const lines = table.open(request, OWNER, new AbortController().signal)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toEqual({ pid: expect.any(Number) });
  const seen: string[] = [];
  await table.send('k', '{"a":"ü"}', OWNER);
  while (!seen.at(-1)?.startsWith('{')) seen.push(String((await lines.next()).value));
  expect(seen.at(-1)).toBe('{"a":"ü"}');
  const home = seen.at(-2) ?? '';
  expect(home).toBe('/tmp');
  const names = seen.slice(0, -2).map((line) => line.split('=')[0]).filter((name) => name !== '_' && name !== 'OLDPWD' && name !== 'SHLVL');
  expect(names).toEqual(['HOME', 'LANG', 'PATH', 'PWD', 'TMPDIR', 'TOKEN']);
  await lines.return?.();
  expect(readdirSync(join(folder, 'work'))).toEqual([]);
  expect(table.status()).toEqual([]);
});

test('a process that ends by itself ends its stream with ERR_RUNNER_EXITED', async () => {
  const lines = open('echo one; exit 3');
  await lines.next();
  expect((await lines.next()).value).toBe('one');
  const fault = { code: 'ERR_RUNNER_EXITED', internal: 'crash: code 3, signal null', dispatched: true };
  expect(await lines.next().catch((cause: unknown) => cause)).toMatchObject(fault);
});

test.each(['abort', 'close', 'return', 'shutdown'])('%s ends everything that it started, even what ignores SIGTERM', async (way) => {
  const controller = new AbortController();
  const mark = `${process.pid}${Math.floor(Math.random() * 1e9)}`;
  const lines = open(`trap "" TERM; (trap "" TERM; exec sleep ${mark}) & echo started; wait; exec sleep ${mark}`, 'k', controller.signal);
  await lines.next();
  await lines.next();
  while (running(mark).length < 2) await Bun.sleep(1);
  if (way === 'abort') controller.abort();
  if (way === 'close') await table.close('k', OWNER);
  if (way === 'shutdown') await table.shutdown();
  if (way === 'return') await lines.return?.();
  else expect((await lines.next()).done).toBeTrue();
  // Signals take effect in their own time; what never dies fails by the test's time limit.
  while (running(mark).length > 0) await Bun.sleep(1);
});

test('nobody but its opener speaks to a process, and a message is one line', async () => {
  const lines = open('cat');
  await lines.next();
  expect(await codeOf(table.send('k', '{}', {}))).toBe('ERR_NOT_FOUND');
  expect(await codeOf(table.close('k', {}))).toBe('ERR_NOT_FOUND');
  expect(await codeOf(table.send('k', '{}\n{}', OWNER))).toBe('ERR_REQUEST_INVALID');
  expect(await codeOf(open('cat').next())).toBe('ERR_CONFLICT');
  await lines.return?.();
  expect(await codeOf(table.send('k', '{}', OWNER))).toBe('ERR_NOT_FOUND');
});

test('there is a limit on processes, and a place is free again when one ends', async () => {
  table = make({ processesMax: 1 });
  const one = open('cat', 'one');
  await one.next();
  expect(await codeOf(open('cat', 'two').next())).toBe('ERR_RUNNER_LIMIT');
  await one.return?.();
  const two = open('cat', 'two');
  expect((await two.next()).done).toBeFalse();
  await two.return?.();
});

test('what crashes at start three times is refused for a while; what worked is not', async () => {
  let clock = 0;
  table = make({ now: () => clock });
  const crash = async (): Promise<unknown> => {
    const lines = open('exit 1');
    return codeOf(lines.next().then(() => lines.next()));
  };
  for (const _ of [1, 2, 3]) {
    expect(await crash()).toBe('ERR_RUNNER_EXITED');
    clock += 10_000;
  }
  expect(await crash()).toBe('ERR_RUNNER_SPAWN');
  expect(crashing).toEqual(['crm']);
  clock += LIMITS.stdioCrashHoldMs;
  expect(await crash()).toBe('ERR_RUNNER_EXITED');
  const lines = open('echo hello');
  clock += 10_000;
  await lines.next();
  await lines.next();
  expect(await codeOf(lines.next())).toBe('ERR_RUNNER_EXITED');
  const records = createCrashes(() => 0);
  records.crashed({ ...SERVER, origin: 'x' });
  records.worked({ ...SERVER, origin: 'x' });
  await records.permit('x');
});

test('a command that is not there is told apart from one that fails, before anything is dispatched', async () => {
  const launch = { command: 'sallyport-no-such-command', args: [], env: {}, shared: false, sandbox: defaultSandbox() };
  const lines = table.open({ ...SERVER, key: 'k', launch }, OWNER, new AbortController().signal)[Symbol.asyncIterator]();
  expect(await lines.next().catch((cause: unknown) => cause)).toMatchObject({ code: 'ERR_RUNNER_SPAWN', dispatched: false });
});

test('stderr is kept for the operator up to its limit and never stops the process', async () => {
  const lines = open('head -c 2000000 /dev/zero | tr "\\0" x >&2; echo done; cat');
  await lines.next();
  expect((await lines.next()).value).toBe('done');
  await lines.return?.();
  const [log = ''] = readdirSync(join(folder, 'log'));
  const kept = readFileSync(join(folder, 'log', log)).byteLength;
  expect(kept).toBeGreaterThan(1_000);
  expect(kept).toBeLessThanOrEqual(LIMITS.stdioStderrBytesMax);
});

test('an endless line and bad UTF-8 end the process', async () => {
  const endless = open('head -c 40000000 /dev/zero | tr "\\0" x; sleep 100', 'a');
  await endless.next();
  expect(await codeOf(endless.next())).toBe('ERR_UPSTREAM_TOO_LARGE');
  const bad = open('printf "\\377\\n"; sleep 100', 'b');
  await bad.next();
  expect(await codeOf(bad.next())).toBe('ERR_UPSTREAM_PROTOCOL');
  expect(table.status()).toEqual([]);
});

test('lines do not depend on how the bytes were cut', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.infiniteStream(fc.integer({ min: 1, max: 9 })), async (texts, cuts) => {
    const wanted = texts.map((text) => text.replaceAll(/[\r\n]/g, '')).filter((text) => text !== '');
    const bytes = Buffer.from(wanted.map((text) => `${text}\r\n`).join('\n'));
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length;) {
        const end = at + (cuts.next().value ?? 1);
        yield bytes.subarray(at, end);
        at = end;
      }
    }
    expect(await Array.fromAsync(splitLines(chunks()))).toEqual(wanted);
  }));
});

test('commands are found absolutely or by their bare name, never relative to a folder', () => {
  const path = searchPathOf('/work/node_modules/.bin:relative:/usr/bin', '/own/.bin');
  expect(path).toEqual(['/usr/bin', '/usr/local/bin', '/bin', '/own/.bin']);
  expect(findCommand('sh', path)).toBe('/usr/bin/sh');
  for (const command of ['./sh', 'bin/sh', '../bin/sh', '', 'sh\0', '/etc/passwd', '/bin']) expect(findCommand(command, path)).toBeUndefined();
});

describe('what the gateway asks to start', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const sandbox = { ...defaultSandbox() };
  const launch = { command: 'x', args: ['a'], env: { A: 'b' }, shared: false, sandbox };
  const signed = (bytes: string, as: string = SIGNED_AS.launch): JsonObject =>
    ({ bytes, signature: sign(null, Buffer.from(as + bytes), privateKey).toString('base64url') });
  const ordered = (one: unknown): JsonObject => signed(JSON.stringify({ space: 'default', server: 'crm', launch: one }));
  const read = (order: Json, secrets: Json = {}): unknown => readProcessRequest({ key: 'k', origin: 'o', order, secrets }, publicKey);

  test('is a launch of the closed type', () => {
    expect(read(ordered(launch))).toEqual({ ...SERVER, key: 'k', launch });
    for (const bad of [
      { ...launch, shell: true }, { ...launch, uid: 0 }, { ...launch, args: 'a' }, { ...launch, args: [1] }, { ...launch, env: { 'A=B': '' } },
      { ...launch, cwd: 'relative' },
      { ...launch, sandbox: { ...sandbox, uid: 0 } }, { ...launch, sandbox: { ...sandbox, reads: ['/a/../b'] } },
      { ...launch, sandbox: { ...sandbox, memoryBytesMax: 1e18 } },
      { ...launch, sandbox: { ...sandbox, processesMax: 0 } }, { ...launch, sandbox: { reads: [] } }, { ...launch, unjailed: false },
      { ...launch, package: { name: 'x' } },
      { ...launch, command: 'x\0' }, { command: 'x', args: [], env: {} }, null, [],
    ]) expect(() => read(ordered(bad))).toThrow('not a launch');
    expect(() => readProcessRequest({ key: '../k', origin: 'o', order: ordered(launch), secrets: {} }, publicKey)).toThrow('not a launch');
  });

  test('is what control signed as a launch, to the letter', () => {
    const good = ordered(launch);
    const bytes = JSON.stringify({ space: 'default', server: 'crm', launch });
    for (const order of [
      { ...good, bytes: bytes.replace('"x"', '"y"') }, { ...good, signature: '' }, { ...good, signature: 'AAAA' },
      signed(bytes, SIGNED_AS.snapshot), { bytes, signature: 1 }, null,
    ]) expect(() => read(order)).toThrow(/only what control signed|not a launch/);
  });

  test('gets the secrets that it refers to, and nothing is started without one', () => {
    const keyed = { ...launch, env: { A: 'vault:a', B: 'b' }, sandbox: { ...sandbox, secretFiles: { F: 'vault:f' } } };
    expect(read(ordered(keyed), { 'vault:a': 's3cret', 'vault:f': 'file', b: 'other' })).toMatchObject({
      launch: { env: { A: 's3cret', B: 'b' }, sandbox: { secretFiles: { F: 'file' } } },
    });
    expect(() => read(ordered(keyed), { 'vault:a': 's3cret' })).toThrow('not a launch');
  });
});
