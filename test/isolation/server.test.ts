import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Exchange } from '../../src/domain/exchange.ts';
import { isArray, isObject, type Json } from '../../src/domain/json.ts';
import type { JournalRecord } from '../../src/domain/record.ts';
import type { SandboxSpec } from '../../src/domain/server.ts';
import { connectLink } from '../../src/link/connect.ts';
import { defaultSandbox, sandboxOf } from '../../src/registry/sandbox.ts';
import { runLedger } from '../../src/roles/ledger.ts';
import { startRunner } from '../../src/roles/runner.ts';
import { createStdioUpstream } from '../../src/upstream/stdio.ts';
import type { Cell } from './matrix.ts';
import { ELSEWHERE, SERVER_CELLS } from './server-matrix.ts';
import { signedExchange } from '../fixtures/signed-launch.ts';
import { codec, exchangeOf as unsigned, requestOf, resultIn, sendAll } from '../fixtures/upstream-exchange.ts';
import { removeHome } from '../fixtures/record-judge.ts';

/*
 * Arbitrary code in the sandbox of a local server, through the runner as it is: what it tries, and how that ends. Everything
 * that it is after exists on this machine, and can be had from outside of the sandbox.
 */

const MARKER = `marker-${crypto.randomUUID()}`;
const MIB = 1024 * 1024;
const home = mkdtempSync('/tmp/sp-hostile-');
const exchangeOf: typeof unsigned = (endpoint, who) => signedExchange(home, unsigned(endpoint, who));
const data = mkdtempSync('/tmp/sp-hostile-data-');
const person = mkdtempSync(join(homedir(), '.sp-hostile-'));
const [own, siblings] = [join(data, 'own'), join(data, 'sibling')];
const abstract = `sp-hostile-${process.pid}`;
const FILES = {
  vault: join(home, 'control', 'vault.key'), registry: join(home, 'control', 'store.db'), log: join(home, 'ledger', 'log', 'marker'),
  key: join(home, 'ledger', 'copy-of-key.pem'), sibling: join(siblings, 'file'), home: join(person, 'file'), link: join(home, 'run', 'runner', 'gateway', 's'),
};
const HOSTILE = [process.execPath, join(import.meta.dir, 'hostile-server.ts')] as const;

let ledger: Awaited<ReturnType<typeof runLedger>>;
let runner: Awaited<ReturnType<typeof startRunner>>;
let link: ReturnType<typeof connectLink>;
const listeners: Server[] = [];
const closers: (() => void)[] = [];
let targets: { readonly [name: string]: Json };

beforeAll(async () => {
  for (const folder of [own, siblings]) mkdirSync(folder);
  ledger = await runLedger({ home, strict: false });
  runner = await startRunner({ home });
  link = connectLink({ home, self: 'gateway', peer: 'runner' });
  for (const path of [FILES.vault, FILES.registry, FILES.log, FILES.key, FILES.sibling, FILES.home]) {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, MARKER, { mode: 0o600 });
  }
  const listen = (at: Parameters<Server['listen']>[0]): Promise<void> => new Promise((resolve) => {
    const server = createServer((socket) => socket.end('hello'));
    listeners.push(server);
    server.listen(at, resolve);
  });
  await listen({ host: '127.0.0.1', port: 0 });
  await listen({ path: join(own, 'sock') });
  await listen({ path: `\0${abstract}` });
  const address = listeners[0]?.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  targets = { files: FILES, marker: MARKER, own, port, abstract, hostPid: process.pid };
});

afterAll(async () => {
  for (const close of closers) close();
  for (const server of listeners) server.close();
  link.close();
  await runner.close();
  await ledger.close();
  removeHome(home);
  for (const folder of [data, person]) rmSync(folder, { recursive: true, force: true });
});

function serverOf([command, ...args]: readonly [string, ...string[]], sandbox: Partial<SandboxSpec>, env: Record<string, string> = {}): Exchange {
  const spec = sandboxOf({ command, args }, { ...defaultSandbox(), ...sandbox });
  return exchangeOf({ transport: 'stdio', launch: { command, args, env, shared: false, sandbox: spec } }, { agent: crypto.randomUUID() });
}

function upstream(): ReturnType<typeof createStdioUpstream> {
  const made = createStdioUpstream({ codec, link, release: async () => ({ value: MARKER }) });
  closers.push(() => made.close());
  return made;
}

async function call(way: ReturnType<typeof createStdioUpstream>, exchange: Exchange, name: string, args: Record<string, Json> = {}): Promise<string> {
  const result = resultIn(await sendAll(way, requestOf('tools/call', { name, arguments: args }), exchange));
  const content = isObject(result) && isArray(result['content']) ? result['content'][0] : undefined;
  const text = isObject(content) ? content['text'] : undefined;
  return typeof text === 'string' ? text : '';
}

async function records(): Promise<readonly JournalRecord[]> {
  const control = connectLink({ home, self: 'control', peer: 'ledger' });
  const answer = await control.call('ledger.query', { space: 'default', order: 'oldest', limit: 1000 });
  control.close();
  const entries = isObject(answer) && isArray(answer['entries']) ? answer['entries'] : [];
  return entries.map((entry) => JSON.parse(JSON.stringify(isObject(entry) ? entry['record'] : {})));
}

/** Tested one by one, below or elsewhere. */
const ALONE: readonly string[] = ['spawn', 'outlive-parent', 'fork-bomb', 'fill-memory'];
const attemptOf = ({ id }: Cell): string => id.slice('server/'.length);
const hostile = (sandbox: Partial<SandboxSpec> = {}): Exchange =>
  serverOf(HOSTILE, { writes: [own], memoryBytesMax: 512 * MIB, tmpBytesMax: 8 * MIB, ...sandbox });

describe('a hostile server', () => {
  test('cannot do what it tries, one by one, while another one has its secrets', async () => {
    const way = upstream();
    const exchange = hostile();
    const sibling = serverOf([process.execPath, '-e', TELLING], { writes: [siblings], secretFiles: { SECRET_FILE: 'vault:one' } }, { SECRET: 'vault:two' });
    // The sibling has its secrets, both ways.
    expect(await call(way, sibling, 'tell')).toBe(`${MARKER} ${MARKER} /run/secrets/SECRET_FILE`);
    const names: readonly string[] = JSON.parse(await call(way, exchange, 'names'));
    expect(names.toSorted()).toEqual(SERVER_CELLS.map(attemptOf).filter((attempt) => !ELSEWHERE.includes(attempt)).toSorted());
    const ended: string[] = [];
    for (const attempt of names.filter((one) => !ALONE.includes(one))) ended.push(`${attempt} ${await call(way, exchange, 'try', { attempt, targets })}`);
    expect(ended.filter((how) => !/^\S+ no: /.test(how))).toEqual([]);
    expect(readFileSync(FILES.registry, 'utf8')).toBe(MARKER);
    expect(await call(way, exchange, 'try', { attempt: 'spawn', targets })).toBe('yes: in the same sandbox');
  }, 60_000);

  test('takes what it started with it', async () => {
    const way = upstream();
    const exchange = hostile();
    expect(await call(way, exchange, 'try', { attempt: 'outlive-parent', targets })).toStartWith('yes');
    while (!(await grows())) await Bun.sleep(1);
    way.close();
    while (await grows()) await Bun.sleep(1);
  }, 30_000);

  test('that takes all memory is ended, and that is on record', async () => {
    const before = (await records()).length;
    await call(upstream(), hostile({ memoryBytesMax: 256 * MIB }), 'try', { attempt: 'fill-memory', targets }).catch(() => '');
    let failed: JournalRecord | undefined;
    while (failed === undefined) {
      await Bun.sleep(20);
      failed = (await records()).slice(before).find(({ event }) => event === 'server.failed');
    }
    expect(failed).toMatchObject({ category: 'error', code: 'ERR_RUNNER_EXITED', detail: { cause: 'memory' } });
  }, 60_000);

  test('that forks without end finds no more processes, or is ended', async () => {
    const way = upstream();
    await call(way, hostile({ processesMax: 48 }), 'try', { attempt: 'fork-bomb', targets }).catch(() => '');
    // Where the kernel counts processes the bomb finds no more; where it doesn't, it is noticed.
    await Bun.sleep(500);
    expect(readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isShell(name)).length).toBeLessThan(200);
    way.close();
    while (readdirSync('/proc').some(isShell)) await Bun.sleep(10);
  }, 60_000);
});

/** Whether what outlives its parent still writes. */
async function grows(): Promise<boolean> {
  const before = sizeOfAlive();
  await Bun.sleep(200);
  return sizeOfAlive() > before;
}

function sizeOfAlive(): number {
  return statSync(join(own, 'alive'), { throwIfNoEntry: false })?.size ?? 0;
}

const BOMB = 'f() { f | f & }';
/** Whether a process of the machine is one of the bomb's. */
function isShell(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(BOMB);
  } catch {
    return false;
  }
}

/** A server that tells the secrets that it was given. */
const TELLING = `
  const say = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
  for await (const line of console) {
    const { id, method } = JSON.parse(line);
    if (method === 'initialize') say({ id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } });
    else if (method === 'tools/call') {
      const [file, variable] = [await Bun.file(process.env.SECRET_FILE).text(), process.env.SECRET];
      say({ id, result: { content: [{ type: 'text', text: [file, variable, process.env.SECRET_FILE].join(' ') }] } });
    } else if (id !== undefined) say({ id, error: { code: -32601, message: 'Method not found' } });
  }`;
