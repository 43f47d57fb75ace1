import { z } from 'zod';
import { ASSET_STATUSES } from '../../discover/correlate/asset.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { ASSET_KINDS } from '../../domain/observation.ts';

const COUNT = z.int().nonnegative();

/** One thing, however many sensors saw it; times are epoch ms. Names, places and keys are what strangers wrote. */
const ASSET_CORE = z.object({
  id: z.string(), kind: z.enum(ASSET_KINDS), name: z.string(), keys: z.array(z.string()), status: z.enum(ASSET_STATUSES).exactOptional(),
  why: z.array(z.string()), servers: z.array(z.string()), sensors: z.array(z.string()), risks: z.array(z.string()), hosts: z.array(z.string()),
  persons: z.array(z.string()), clients: z.array(z.string()), confidence: z.number(), firstSeenAt: z.number(), lastSeenAt: z.number(),
  runs: z.object({ kind: z.string(), url: z.string().exactOptional() }).exactOptional(),
  ignored: z.object({ reason: z.string(), until: z.number(), by: z.string() }).exactOptional(),
});

const ASSET_ROW = ASSET_CORE.extend({ places: z.array(z.string()) });
export type AssetRow = z.infer<typeof ASSET_ROW>;

const CORE = {
  id: '3f1c9a7e2b40', kind: 'server', name: 'stock', keys: ['package:npm/stock-levels-mcp'], status: 'rogue', why: ['nobody registered it'], servers: [],
  sensors: ['client-file'], risks: ['remote-fetch'], hosts: ['laptop-7'], persons: ['mia'], clients: ['claude-code'], confidence: 95,
  firstSeenAt: 1_790_000_000_000, lastSeenAt: 1_790_000_900_000, runs: { kind: 'package' },
} as const;

/** `next` is what to give as `after` for those that follow. `hints`: names that are no assets. */
export const ASSETS = z.object({
  assets: z.array(ASSET_ROW), total: COUNT, hints: COUNT, knowsTraffic: z.boolean(), next: z.string().exactOptional(),
}).meta({ examples: [{ assets: [{ ...CORE, places: ['client-file: laptop-7: /home/mia/.mcp.json:3'] }], total: 1, hints: 0, knowsTraffic: true }] });
export type Assets = z.infer<typeof ASSETS>;

/** `goneAt`: when it was not seen again where it had been. */
const EVIDENCE = z.object({
  sensor: z.string(), host: z.string().exactOptional(), place: z.string(), client: z.string().exactOptional(), person: z.string().exactOptional(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])), firstSeenAt: z.number(), seenAt: z.number(), goneAt: z.number().exactOptional(),
});
export type EvidenceRow = z.infer<typeof EVIDENCE>;

export const ASSET_SHOWN = ASSET_CORE.extend({ evidence: z.array(EVIDENCE) }).meta({
  examples: [{
    ...CORE, evidence: [{
      sensor: 'client-file', host: 'laptop-7', place: '/home/mia/.mcp.json:3', client: 'claude-code', person: 'mia', facts: { transport: 'stdio' },
      firstSeenAt: CORE.firstSeenAt, seenAt: CORE.lastSeenAt,
    }],
  }],
});
export type AssetShown = z.infer<typeof ASSET_SHOWN>;

/** `asset` is empty where it is about a sensor. */
const INVENTORY_FINDING = z.object({
  id: z.string(), rule: z.string(), severity: z.enum(SEVERITIES), asset: z.string(), name: z.string(), seen: z.array(z.string()), remedy: z.string(),
  firstSeenAt: z.number(), lastSeenAt: z.number(),
});
export type InventoryFindingRow = z.infer<typeof INVENTORY_FINDING>;

export const INVENTORY_FINDINGS = z.object({ findings: z.array(INVENTORY_FINDING), total: COUNT }).meta({
  examples: [{
    findings: [{
      id: '9b2e4c6a8d01', rule: 'rogue', severity: 'medium', asset: CORE.id, name: 'stock', seen: ['nobody registered it'],
      remedy: 'Bring it under the gate (sallyport discover adopt), or stop it and remove it from the client.', firstSeenAt: CORE.firstSeenAt,
      lastSeenAt: CORE.lastSeenAt,
    }],
    total: 1,
  }],
});
export type InventoryFindings = z.infer<typeof INVENTORY_FINDINGS>;

/** `queued`: observations that wait on its disk; `dropped`: those that it had no room for. */
const SENSOR_ROW = z.object({
  node: z.string(), host: z.string(), state: z.enum(['watching', 'stopped', 'silent']), seenAt: z.number(), since: z.number(), everyMs: z.number(),
  queued: COUNT, dropped: COUNT,
});
export type SensorRow = z.infer<typeof SENSOR_ROW>;

export const SENSORS_HEARD = z.object({ sensors: z.array(SENSOR_ROW) }).meta({
  examples: [{
    sensors: [{
      node: 'laptop-7', host: 'laptop-7', state: 'watching', seenAt: CORE.lastSeenAt, since: CORE.firstSeenAt, everyMs: 300_000, queued: 0, dropped: 0,
    }],
  }],
});
export type SensorsHeard = z.infer<typeof SENSORS_HEARD>;

export const ASSET_IGNORED = z.object({ id: z.string(), until: z.number() }).meta({ examples: [{ id: CORE.id, until: 1_791_000_000_000 }] });
