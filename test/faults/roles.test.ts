import { afterEach, beforeEach, expect, test } from 'bun:test';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startCountingServer, type CountingServer } from '../fixtures/counting-server.ts';
import { sandboxed } from '../fixtures/sandbox-reads.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, type Called } from '../fixtures/modern-call.ts';

/** What is lost with each role behind the gateway, and no more: the whole gate, of which a role goes away and comes back. */
let folder: string;
let remote: CountingServer;
let gate: Gate;
let token: string;

const LEASE_MS = 2_000;

beforeEach(async () => {
  folder = mkdtempSync('/tmp/sp-roles-');
  remote = startCountingServer(join(folder, 'remote'));
  const local = [process.execPath, join(import.meta.dir, '../fixtures/counting-stdio.ts'), join(folder, 'local')];
  gate = await startGate({
    policy: 'permit(principal in Group::"testers", action, resource);', leaseMs: LEASE_MS,
    // What these ask the flow for waits for control, which test/flow/outage.test.ts is about.
    manifest: `defaults: { untrusted-destination: off, uncleared-sink: off, rule-of-two: off, poisoned-memory: off, undisclosed-vendor: off }
servers:
  remote: { url: "${remote.url}", allowPrivate: true, owner: tests }
  local: { command: ${JSON.stringify(local)}, owner: tests, ${sandboxed([folder])} }\n`,
  });
  await gate.enrol('remote', 'local');
  token = await gate.token();
  for (const server of ['remote', 'local']) expect((await call(server)).result).toBeDefined();
}, 30_000);

afterEach(async () => {
  await gate.stop();
  await remote.stop();
  rmSync(folder, { recursive: true });
});

const call = (server: string): Promise<Called> => callTool(`${gate.url}/mcp/${server}`, token, 'charge', { id: crypto.randomUUID() });

const effects = (): readonly number[] => [remote.effects, readFileSync(join(folder, 'local'), 'utf8').split('\n').length];

async function untilAnswered(server: string): Promise<void> {
  while ((await call(server)).result === undefined) await Bun.sleep(10);
}

test('without the ledger nothing is sent and clients get 503; with it all is back, and what was refused left no effect', async () => {
  await gate.down('ledger');
  const before = effects();
  for (const server of ['remote', 'local', 'remote']) {
    expect(await call(server)).toMatchObject({ status: 503, code: 'ERR_JOURNAL_UNAVAILABLE' });
  }
  expect(effects()).toEqual(before);
  await gate.up('ledger');
  await untilAnswered('remote');
  await untilAnswered('local');
}, 30_000);

test('a call that is under way when the ledger goes is not answered without its record', async () => {
  await gate.down('ledger');
  const waiting = call('remote');
  await Bun.sleep(200);
  const before = effects();
  await gate.up('ledger');
  expect((await waiting).result).toBeDefined();
  expect(effects()[0]).toBe((before[0] ?? 0) + 1);
  // Control finds the ledger again in its own time.
  const read = (): ReturnType<Gate['records']> => gate.records({ server: 'remote', order: 'newest', limit: '2' });
  let records = await read().catch(() => undefined);
  while (records === undefined) records = await read().catch(() => undefined);
  expect(records.map(({ event }) => event)).toEqual(['result.delivered', 'call.permitted']);
}, 30_000);

test('without control gateways decide as long as their lease lasts, then deny; with it they decide again', async () => {
  await gate.down('control');
  expect(await call('remote')).toMatchObject({ status: 200, code: undefined });
  expect(await call('local')).toMatchObject({ status: 200, code: undefined });
  while ((await call('remote')).code !== 'ERR_LEASE_EXPIRED') await Bun.sleep(20);
  const before = effects();
  for (const server of ['remote', 'local']) expect(await call(server)).toMatchObject({ status: 503, code: 'ERR_LEASE_EXPIRED' });
  expect(effects()).toEqual(before);
  await gate.up('control');
  await untilAnswered('remote');
  await untilAnswered('local');
}, 30_000);

test('without the runner only local servers are away; with it they are back', async () => {
  await gate.down('runner');
  expect((await call('remote')).result).toBeDefined();
  expect((await call('local')).code).toBe('ERR_RUNNER_EXITED');
  expect((await call('remote')).result).toBeDefined();
  await gate.up('runner');
  await untilAnswered('local');
}, 30_000);

/** A small file system of its own under the ledger's files; only root may mount one. */
function mountSmall(at: string): boolean {
  const kept = join(folder, 'kept');
  cpSync(at, kept, { recursive: true });
  const mounted = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=24m,mode=0700', 'tmpfs', at], { stderr: 'pipe' });
  if (mounted.exitCode === 0) {
    cpSync(kept, at, { recursive: true });
    return true;
  }
  console.log(`roles: a full disk is not tried here: ${mounted.stderr.toString().trim() || 'mount failed'}`);
  return false;
}

test('with a full disk nothing is sent; with room again all is back', async () => {
  await gate.down('ledger');
  const place = join(gate.home, 'ledger');
  if (!mountSmall(place)) return gate.up('ledger');
  try {
    await gate.up('ledger');
    await untilAnswered('remote');
    const filler = join(place, 'filler');
    const fill = Bun.spawnSync(['dd', 'if=/dev/zero', `of=${filler}`, 'bs=64k'], { stderr: 'pipe' });
    expect(fill.exitCode).not.toBe(0);
    // The reserve is for those who are known; when that is used up, too, nothing passes.
    let refused = await call('remote');
    for (let more = 0; refused.result !== undefined && more < 20_000; more += 1) {
      if (more % 50 === 0) Bun.spawnSync(['dd', 'if=/dev/zero', `of=${filler}.${more}`, 'bs=64k'], { stderr: 'pipe' });
      refused = await call('remote');
    }
    expect(refused).toMatchObject({ status: 503, code: 'ERR_JOURNAL_UNAVAILABLE' });
    const before = effects();
    for (const server of ['remote', 'local']) expect((await call(server)).code).toBe('ERR_JOURNAL_UNAVAILABLE');
    expect(effects()).toEqual(before);
    Bun.spawnSync(['sh', '-c', 'rm -f "$1"*', 'sh', filler]);
    await untilAnswered('remote');
    await untilAnswered('local');
  } finally {
    await gate.down('ledger');
    Bun.spawnSync(['umount', '-l', place]);
    await gate.up('ledger');
  }
}, 60_000);
