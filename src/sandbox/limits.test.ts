import { afterAll, afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { Happening } from '../domain/happening.ts';
import type { LaunchSpec, SandboxSpec } from '../domain/server.ts';
import { defaultSandbox } from '../registry/sandbox.ts';
import { makeCgroups, removeCgroups } from './cgroup-folders.ts';
import { openCgroups } from './cgroups.ts';
import { probeJails } from './jail/probe.ts';
import { createProcessTable, type ProcessTable, type ProcessTableOptions } from './processes.ts';
import { searchPathOf } from './tools.ts';

/* Servers that go beyond what they may, held by the watchdog alone and, where this machine lets us, by the kernel. */

const MIB = 1024 * 1024;
const base = mkdtempSync('/tmp/sp-limits-');
const data = join(base, 'data');
mkdirSync(data);
const support = await probeJails();
const groups = makeCgroups(base);
const cgroups = openCgroups(groups);
afterAll(() => {
  removeCgroups(groups);
  rmSync(base, { recursive: true, force: true });
});

let recorded: Happening[] = [];
let table: ProcessTable;
const make = (options: Partial<ProcessTableOptions> = {}): ProcessTable => createProcessTable({
  home: join(base, 'home'), folder: mkdtempSync(join(base, 'r-')), searchPath: searchPathOf(process.env['PATH'], ''), support, stopMs: 50,
  record: async (happening) => void recorded.push(happening), onCrashes: async () => undefined, ...options,
});
beforeEach(() => {
  recorded = [];
  table = make();
});
afterEach(() => table.shutdown());

/** Runs a line of shell until it ends; how its end was recorded. */
async function ended(script: string, sandbox: Partial<SandboxSpec>, more: Partial<LaunchSpec> = {}): Promise<unknown> {
  const launch = { command: '/bin/sh', args: ['-c', script], env: {}, shared: false, sandbox: { ...defaultSandbox(), ...sandbox }, ...more };
  const lines = table.open({ key: 'k', origin: 'o', space: 'default', server: 'crm', launch }, {}, new AbortController().signal);
  const fault = await Array.fromAsync(lines).catch((cause: unknown) => cause);
  expect(fault instanceof SallyportError ? fault.code : fault).toBe('ERR_RUNNER_EXITED');
  return recorded.at(-1);
}
const failedBy = (cause: string): object => ({ event: 'server.failed', space: 'default', server: 'crm', detail: { cause } });

const HOARD = 'x=$(head -c 400000000 /dev/zero | tr "\\0" x); sleep 5';
const CROWD = 'for i in $(seq 60); do sleep 5 & done; echo started; wait';

test('the watchdog: memory, processes, time, silence and the last of a disk', async () => {
  expect(await ended(HOARD, { memoryBytesMax: 64 * MIB })).toMatchObject(failedBy('memory'));
  expect(await ended(CROWD, { processesMax: 16 })).toMatchObject(failedBy('processes'));
  expect(await ended('sleep 5', { wallMs: 300 })).toMatchObject(failedBy('wall'));
  expect(await ended('echo hello; sleep 5', { idleMs: 300 })).toMatchObject(failedBy('idle'));
  table = make({ diskFreeBytesMin: Number.MAX_SAFE_INTEGER });
  expect(await ended('sleep 5', { writes: [data] })).toMatchObject(failedBy('disk'));
}, 60_000);

const native = (calls: string): Partial<LaunchSpec> => ({ command: process.execPath, args: ['-e', `
  const { mmap, memset, memfd_create, shmget } = Bun.FFI.dlopen('libc.so.6', {
    mmap: { args: ['ptr', 'u64', 'i32', 'i32', 'i32', 'i64'], returns: 'ptr' }, memset: { args: ['ptr', 'i32', 'u64'], returns: 'ptr' },
    memfd_create: { args: ['cstring', 'u32'], returns: 'i32' }, shmget: { args: ['i32', 'u64', 'i32'], returns: 'i32' },
  }).symbols; ${calls}`] });

test('the watchdog sees memory that is shared, and there is none that it can\'t see', async () => {
  const shared = 'memset(mmap(null, 600e6, 3, 0x21, -1, 0), 1, 600e6); await Bun.sleep(5000);';
  expect(await ended('', { memoryBytesMax: 256 * MIB }, native(shared))).toMatchObject(failedBy('memory'));
  const unseen = 'console.error("made", memfd_create(Buffer.from("x\\0"), 0), shmget(0, 4096, 0o1600)); process.exit(1);';
  expect(await ended('', {}, native(unseen))).toMatchObject({ detail: { said: 'made -1 -1' } });
}, 30_000);

test.skipIf(cgroups === undefined)('a cgroup: memory is ended by the kernel, processes beyond the limit are none', async () => {
  if (cgroups === undefined) return;
  table = make({ cgroups });
  expect(await ended(HOARD, { memoryBytesMax: 64 * MIB })).toMatchObject(failedBy('memory'));
  const said = await ended('i=0; while [ $i -lt 60 ]; do (exec sleep 1) & i=$((i+1)); done 2>&1; exit 7', { processesMax: 16 });
  expect(said).toMatchObject({ event: 'server.failed', detail: { exitCode: 2 } });
}, 60_000);

test('how a process ended is told: by itself, by a signal, before it said anything; and what it said last, without its secrets', async () => {
  expect(await ended('echo hello; exit 3', {})).toMatchObject({ ...failedBy('crash'), detail: { cause: 'crash', exitCode: 3, linesOut: 1 } });
  expect(await ended('echo hello; kill -9 $$', {})).toMatchObject(failedBy('killed'));
  const secret = 'hunter2-hunter2';
  const spoken = await ended('cat "$FILE" >&2; echo "$KEY" >&2; exit 1', { secretFiles: { FILE: `${secret}\nsecond-line` } }, { env: { KEY: secret } });
  expect(spoken).toMatchObject({ ...failedBy('start'), code: 'ERR_RUNNER_EXITED' });
  expect(JSON.stringify(recorded)).not.toContain(secret);
  expect(JSON.stringify(recorded)).not.toContain('second-line');
  expect(JSON.stringify(recorded.at(-1))).toContain('[…]');
  const started = recorded.find(({ event }) => event === 'server.started');
  expect(started).toMatchObject({ detail: { sandbox: expect.stringMatching(/^[0-9a-f]{64}$/), heldBy: 'watchdog' } });
}, 30_000);

test('what can\'t be recorded is not started; a machine without jails starts what was accepted so, and nothing else', async () => {
  table = make({ record: () => Promise.reject(new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'no ledger')) });
  const sandbox = { ...defaultSandbox(), secretFiles: { FILE: 's3cret' } };
  const launch = { command: '/bin/sh', args: ['-c', 'echo hello; cat "$FILE"; echo; cat'], env: {}, shared: false, sandbox };
  const open = (more: Partial<LaunchSpec> = {}): AsyncIterator<unknown> => {
    const request = { key: 'k', origin: 'o', space: 'default', server: 'crm', launch: { ...launch, ...more } };
    return table.open(request, {}, new AbortController().signal)[Symbol.asyncIterator]();
  };
  expect(open().next()).rejects.toMatchObject({ code: 'ERR_JOURNAL_UNAVAILABLE' });
  table = make({ support: { kind: 'none', why: 'no user namespaces', remedy: 'allow them' } });
  expect(open().next()).rejects.toMatchObject({ code: 'ERR_SANDBOX_UNAVAILABLE', dispatched: false });
  const lines = open({ unjailed: true });
  await lines.next();
  expect([(await lines.next()).value, (await lines.next()).value]).toEqual(['hello', 's3cret']);
  expect(recorded).toMatchObject([{ event: 'server.started', detail: { sandbox: 'none' } }]);
  await lines.return?.();
  expect(recorded.at(-1)).toMatchObject({ event: 'server.stopped' });
});

test('an environment is for the server alone: what starts it obeys none of it', async () => {
  writeFileSync(join(data, 'libc.so.6'), 'not a library');
  table = make();
  // The folder is not in the jail: who obeys is outside.
  expect(await ended('echo "$LD_LIBRARY_PATH"; exit 4', {}, { env: { LD_LIBRARY_PATH: data } })).toMatchObject({ detail: { exitCode: 4, linesOut: 1 } });
  expect(await ended('echo "$LD_PRELOAD"; exit 4', {}, { env: { LD_PRELOAD: '/nonexistent.so' } })).toMatchObject({ detail: { exitCode: 4, linesOut: 1 } });
});
