import { findingsOf } from '../../discover/correlate/findings.ts';
import type { InventoryFinding } from '../../discover/correlate/findings.ts';
import { takeInventory } from '../../discover/correlate/judge.ts';
import type { Inventory, JudgedAsset } from '../../discover/correlate/judge.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Control } from '../control.ts';
import { listStored, putStored } from '../stored.ts';
import { createTurn } from '../turn.ts';
import { forgetOld, listEvidence } from './evidence.ts';
import { isMeant } from './ignored.ts';
import { readRegistered } from './registered.ts';
import type { StoredAsset } from './schema.ts';
import { silentFindings } from './sensors.ts';
import { readTraffic } from './traffic.ts';

type Parts = Pick<Control, 'store' | 'ledger' | 'record' | 'now' | 'report'>;

/** The inventory of one space at one moment. */
export interface Taken extends Inventory {
  readonly findings: readonly InventoryFinding[];
  /** Asset → until when nobody wants to hear of it (epoch ms), and why. */
  readonly ignored: ReadonlyMap<string, { readonly reason: string; readonly until: number; readonly by: string }>;
  /** False: the ledger did not say what passed the gate. */
  readonly knowsTraffic: boolean;
}

export interface InventoryKeeper {
  take(space: string): Promise<Taken>;
  /** Evidence of a space has changed: what is another by that goes on record soon. */
  changed(space: string): void;
  /** Looks at once, at every space of which there is evidence; time makes things stale, too. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const BY = 'sallyport|control';
/** After a comparison it rests for so many times as long. */
const REST_SHARE = 20;

/** Compares what was seen with what is registered, for who asks, and for the record. */
export function createInventory(parts: Parts): InventoryKeeper {
  const turn = createTurn();
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const settleOne = (space: string): Promise<void> => turn(() => settleSpace(parts, space)).catch((error: unknown) => {
    parts.report(`the inventory of ${space} could not be compared: ${error instanceof Error ? error.message : 'unknown'}`);
  });
  let [restMs, isClosed]: [number, boolean] = [LIMITS.inventorySettleMs, false];
  const wait = (): void => {
    if (isClosed || timer !== undefined || waiting.size === 0) return;
    timer = setTimeout(() => void settleWaiting(), restMs);
    timer.unref();
  };
  const settleWaiting = async (): Promise<void> => {
    const [spaces, since] = [[...waiting], performance.now()];
    waiting.clear();
    for (const space of spaces) await settleOne(space);
    // A large inventory that changes all the time takes a small share of the machine, whatever is reported.
    restMs = Math.max(LIMITS.inventorySettleMs, (performance.now() - since) * REST_SHARE);
    timer = undefined;
    wait();
  };
  return {
    take: (space) => takeOf(parts, space),
    changed: (space) => {
      waiting.add(space);
      wait();
    },
    settle: async () => {
      await forgetOld(parts.store, parts.now());
      const seen = (await parts.store.list('evidence')).map(({ space }) => space);
      const known = (await parts.store.list('asset')).map(({ space }) => space);
      for (const space of new Set([...seen, ...known])) await settleOne(space);
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await turn(async () => undefined);
    },
  };
}

async function takeOf(parts: Parts, space: string): Promise<Taken> {
  const { store } = parts;
  const now = parts.now();
  const traffic = await readTraffic(parts, space);
  const kept = await listEvidence(store, space);
  const inventory = takeInventory([...kept, ...traffic.evidence], await readRegistered(store, space, traffic, now), now);
  const silent = space === DEFAULT_SPACE ? await silentFindings(store, now) : [];
  const notes = (await listStored(store, 'ignored-asset', space)).map(({ body }) => body).filter(({ until }) => until > now);
  const ignored = new Map(inventory.assets.flatMap((asset) => {
    const note = notes.find((one) => isMeant(one, asset));
    return note === undefined ? [] : [[asset.id, note] as const];
  }));
  return { ...inventory, findings: [...silent, ...findingsOf(inventory.assets)], ignored, knowsTraffic: traffic.isKnown };
}

/** Puts on record which servers are new, and which stand otherwise than when that was done last. */
async function settleSpace(parts: Parts, space: string): Promise<void> {
  const { store, record } = parts;
  const { assets } = await takeOf(parts, space);
  const known = new Map((await listStored(store, 'asset', space)).map(({ id, body }) => [id, body]));
  const servers = assets.filter(({ kind }) => kind === 'server');
  const changed = servers.filter(({ id, status }) => known.get(id)?.status !== status || !known.has(id));
  const ids = new Set(servers.map(({ id }) => id));
  const removed = [...known].filter(([id]) => !ids.has(id));
  // What is more than that waits for the next look, in which it still is another than what is on record.
  for (const asset of changed.slice(0, LIMITS.inventoryRecordsMax)) {
    const before = known.get(asset.id);
    const event = before === undefined ? 'inventory.found' : 'inventory.changed';
    // What was declared and stands as it should is on record already: by its declaration.
    const isNews = before !== undefined || asset.status !== 'sanctioned' || asset.evidence.length > asset.servers.length;
    if (isNews) await record({ event, space, principal: BY, principalKind: 'workload', detail: detailOf(asset, before) });
    await putStored(store, 'asset', space, asset.id, rowOf(asset), BY);
  }
  for (const [id, before] of removed.slice(0, LIMITS.inventoryRecordsMax)) {
    await record({
      event: 'inventory.changed', space, principal: BY, principalKind: 'workload',
      detail: { asset: id, key: before.key, name: before.name, before: before.status ?? 'known', status: 'forgotten' },
    });
    await store.delete('asset', space, id, { by: BY });
  }
}

function rowOf({ kind, status, name, keys }: JudgedAsset): StoredAsset {
  return { kind, name, key: keys[0] ?? '', ...(status === undefined ? {} : { status }) };
}

function detailOf(asset: JudgedAsset, before: StoredAsset | undefined): JsonObject {
  const { id, keys, name, status, confidence, sensors, hosts, servers, why } = asset;
  return {
    asset: id, key: keys[0] ?? '', name, status: status ?? 'known', ...(before === undefined ? {} : { before: before.status ?? 'known' }), confidence,
    sensors, hosts: hosts.slice(0, SHOWN_MAX), servers: servers.slice(0, SHOWN_MAX), why: why.slice(0, SHOWN_MAX),
  };
}

const SHOWN_MAX = 5;
