import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type Json } from '../../src/domain/json.ts';
import type { LaunchSpec } from '../../src/domain/server.ts';
import { sandboxOf } from '../../src/registry/sandbox.ts';
import { makeCgroups, removeCgroups } from '../../src/sandbox/cgroup-folders.ts';
import { openCgroups } from '../../src/sandbox/cgroups.ts';
import { probeJails, type JailSupport } from '../../src/sandbox/jail/probe.ts';
import { createProcessTable, type ProcessTable } from '../../src/sandbox/processes.ts';
import { searchPathOf } from '../../src/sandbox/tools.ts';
import { VERSION } from '../payload.ts';
import type { Figure } from '../figures.ts';
import { median } from '../figures.ts';
import type { Bench } from '../targets/target.ts';

const ROUNDS = 9;
const CALLS = 400;
const PROGRAM = join(import.meta.dir, '..', '..', 'node_modules', '@modelcontextprotocol', 'server-everything', 'dist', 'index.js');
const OWNER = {};

/** What a sandbox costs a published server on stdio: each call, and its start; both kinds take turns, so a slow minute falls on both. */
export async function measureSandbox(bench: Bench): Promise<Figure[]> {
  const support = await probeJails();
  if (support.kind === 'none') throw new Error(`no sandboxes here: ${support.why}`);
  const folder = mkdtempSync(join(bench.folder, 'sandbox-'));
  const groups = makeCgroups(folder);
  const cgroups = openCgroups(groups);
  const make = (kind: string, of: JailSupport): ProcessTable => createProcessTable({
    home: join(folder, 'home'), folder: join(folder, kind), searchPath: searchPathOf(process.env['PATH'], ''), support: of,
    record: async () => undefined, onCrashes: async () => undefined, ...(cgroups === undefined || of.kind === 'none' ? {} : { cgroups }),
  });
  const tables = [make('jailed', support), make('bare', { kind: 'none', why: 'measured without', remedy: '' })] as const;
  try {
    // The first start of each reads what is then in memory: cached is what is measured.
    for (const table of tables) await run(table, 1);
    const rounds: (readonly Run[])[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push([await run(tables[0], CALLS), await run(tables[1], CALLS)]);
    const of = (pick: (one: Run) => number, place: number): number => median(rounds.map((round) => pick(round[place] ?? { callUs: 0, startMs: 0 })));
    const ratio = median(rounds.map(([jailed, bare]) => (jailed?.callUs ?? 0) / (bare?.callUs ?? 1)));
    const [startMs, bareMs] = [of((one) => one.startMs, 0), of((one) => one.startMs, 1)];
    return [
      { section: 'sandbox', name: 'call of a sandboxed server, against the same without', value: ratio, unit: '×', target: '≤ 1.2 ×', met: ratio <= 1.2 },
      { section: 'sandbox', name: 'such a call', value: of((one) => one.callUs, 0), unit: 'µs' },
      { section: 'sandbox', name: 'start of a cached server to its first answer', value: startMs, unit: 'ms', target: '≤ 400 ms', met: startMs <= 400 },
      { section: 'sandbox', name: 'of which the sandbox adds', value: startMs - bareMs, unit: 'ms' },
    ];
  } finally {
    for (const table of tables) await table.shutdown();
    removeCgroups(groups);
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Run {
  readonly callUs: number;
  readonly startMs: number;
}

/** One process: its start to the answer of `initialize`, and calls one after the other. */
async function run(table: ProcessTable, calls: number): Promise<Run> {
  const key = crypto.randomUUID();
  const begun = performance.now();
  const lines = table.open({ key, origin: key, space: 'default', server: 'everything', launch: launchOf() }, OWNER, new AbortController().signal);
  const items = lines[Symbol.asyncIterator]();
  await items.next();
  let id = 0;
  const ask = async (method: string, params: Json): Promise<void> => {
    id += 1;
    await table.send(key, JSON.stringify({ jsonrpc: '2.0', id, method, params }), OWNER);
    for (;;) {
      const { value } = await items.next();
      const message: Json = typeof value === 'string' ? JSON.parse(value) : null;
      if (isObject(message) && message['id'] === id) return;
    }
  };
  await ask('initialize', { protocolVersion: VERSION.legacy, capabilities: {}, clientInfo: { name: 'sallyport-bench', version: '0' } });
  const startMs = performance.now() - begun;
  await table.send(key, JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }), OWNER);
  const before = performance.now();
  for (let call = 0; call < calls; call++) await ask('tools/call', { name: 'echo', arguments: { message: 'x' } });
  const callUs = ((performance.now() - before) * 1000) / calls;
  await items.return?.();
  return { callUs, startMs };
}

function launchOf(): LaunchSpec {
  const [command, args] = ['node', [PROGRAM]];
  return { command, args, env: {}, shared: false, sandbox: sandboxOf({ command, args }), unjailed: true };
}
