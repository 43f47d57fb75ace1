import { describe, expect, test } from 'bun:test';
import { codeOf } from '../../test/fixtures/code-of.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Server, Surface } from '../domain/server.ts';
import { createPinKeeper } from './pins.ts';
import type { DriftSet, PinKeeper } from './pins.ts';
import { serverOf, surfaceOf, tool } from './test-servers.ts';

const approved = surfaceOf({ tools: [tool('a')] });
const server = serverOf('crm', approved);

interface World {
  readonly keeper: PinKeeper;
  readonly reports: DriftSet[];
  now: number;
  reads: number;
  says: readonly JsonObject[];
  down: boolean;
  held: PromiseWithResolvers<void> | undefined;
}

function world(): World {
  const it: World = {
    now: 1_000_000, reads: 0, says: [tool('a')], down: false, held: undefined, reports: [],
    keeper: createPinKeeper({
      staleMs: 60_000,
      unverifiedMs: 300_000,
      now: () => it.now,
      found: (_server, _key, set) => void it.reports.push(set),
      async refresh(): Promise<Surface> {
        it.reads += 1;
        const { says } = it;
        await it.held?.promise;
        if (it.down) throw new Error('down');
        return surfaceOf({ tools: says });
      },
    }),
  };
  return it;
}

function broken(failing: { readonly found?: () => void; readonly refresh?: () => Promise<Surface> }): PinKeeper {
  return createPinKeeper({ staleMs: 1, unverifiedMs: 2, now: () => 1, refresh: async () => surfaceOf({}), ...failing });
}

function fail(): never {
  throw new Error('no');
}

describe('freshness of pins', () => {
  test('many calls at once are one read; a fresh answer needs none and no waiting', async () => {
    const it = world();
    expect(it.keeper.current(server, 'k')).toBeUndefined();
    const sets = await Promise.all(Array.from({ length: 50 }, () => it.keeper.ensureFresh(server, 'k')));
    expect(it.reads).toBe(1);
    expect(sets.every((set) => set.drifts.length === 0)).toBe(true);
    expect(it.keeper.current(server, 'k')).toBe(sets[0]);
  });

  test('each credential is verified for itself', async () => {
    const it = world();
    await it.keeper.ensureFresh(server, 'alice');
    it.says = [];
    const bob = await it.keeper.ensureFresh(server, 'bob');
    expect(bob.verdict('tool', 'a')).toBe('deny');
    expect(it.keeper.current(server, 'alice')?.verdict('tool', 'a')).toBeUndefined();
  });

  test('stale: the next call waits, and drift shows in it and is reported once', async () => {
    const it = world();
    await it.keeper.ensureFresh(server, 'k');
    it.says = [tool('a', { annotations: { x: 1 } })];
    it.now += 60_000;
    expect(it.keeper.current(server, 'k')).toBeUndefined();
    expect((await it.keeper.ensureFresh(server, 'k')).verdict('tool', 'a')).toBe('deny');
    it.now += 60_000;
    await it.keeper.ensureFresh(server, 'k');
    expect(it.reports).toHaveLength(1);
  });

  test('soon stale and in use: renewed in the background while the old answer serves', async () => {
    const it = world();
    const first = await it.keeper.ensureFresh(server, 'k');
    it.now += 50_000;
    expect(it.keeper.current(server, 'k')).toBe(first);
    expect(it.reads).toBe(2);
    await Bun.sleep(0);
    expect(it.keeper.current(server, 'k')?.verifiedAt).toBe(it.now);
  });

  test('list_changed: the next call waits, and a read that began before it proves nothing', async () => {
    const it = world();
    it.held = Promise.withResolvers();
    const early = it.keeper.ensureFresh(server, 'k');
    it.keeper.invalidate(server);
    it.says = [];
    const late = it.keeper.ensureFresh(server, 'k');
    it.held.resolve();
    await early;
    expect((await late).verdict('tool', 'a')).toBe('deny');
    expect(it.reads).toBe(2);
    expect(it.keeper.current(server, 'k')?.verdict('tool', 'a')).toBe('deny');
  });

  test('a server that cannot be read: the last verification serves for a while, then calls are denied', async () => {
    const it = world();
    await it.keeper.ensureFresh(server, 'k');
    it.down = true;
    it.now += 299_999;
    expect((await it.keeper.ensureFresh(server, 'k')).drifts).toEqual([]);
    it.now += LIMITS.pinRetryMs;
    expect(await codeOf(it.keeper.ensureFresh(server, 'k'))).toBe('ERR_PIN_UNVERIFIED');
  });

  test('incident 17, first-use trust: what was never verified is denied when it cannot be read', async () => {
    const it = world();
    it.down = true;
    expect(await codeOf(it.keeper.ensureFresh(server, 'k'))).toBe('ERR_PIN_UNVERIFIED');
    expect(await codeOf(it.keeper.ensureFresh(server, 'k'))).toBe('ERR_PIN_UNVERIFIED');
    expect(it.reads).toBe(1);
    expect(await codeOf(it.keeper.ensureFresh(serverOf('new', undefined), 'k'))).toBe('ERR_SERVER_NOT_APPROVED');
  });

  test('drift that cannot be recorded, and a read that throws at once, count as not verified', async () => {
    expect(await codeOf(broken({ found: fail }).ensureFresh(server, 'k'))).toBe('ERR_PIN_UNVERIFIED');
    expect(await codeOf(broken({ refresh: fail }).ensureFresh(server, 'k'))).toBe('ERR_PIN_UNVERIFIED');
  });

  test('a new approval is compared anew', async () => {
    const it = world();
    it.says = [tool('a'), tool('b')];
    expect((await it.keeper.ensureFresh(server, 'k')).verdict('tool', 'b')).toBe('hide');
    const approvedAnew: Server = serverOf('crm', surfaceOf({ tools: it.says }));
    expect(it.keeper.current(approvedAnew, 'k')).toBeUndefined();
    expect((await it.keeper.ensureFresh(approvedAnew, 'k')).drifts).toEqual([]);
  });
});
