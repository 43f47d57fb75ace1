import { z } from 'zod';

const COUNT = z.int().nonnegative();
const WEIGHT = z.enum(['more', 'less', 'same']);

const MANIFEST = z.object({
  file: z.string(), digest: z.string(),
  origin: z.object({ file: z.string(), uid: z.number(), owner: z.string(), changedAt: z.number() }).exactOptional(),
});

/** A signed version: who, when (epoch ms), what, why. `accepted`: a person took what was stored as it was. `restores`: what it brought back. */
const VERSION_ROW = z.object({
  number: COUNT, at: z.number(), author: z.string(), via: z.string(), approvers: z.array(z.string()), space: z.string(), action: z.string(), id: z.string(),
  changes: COUNT, snapshot: COUNT, digest: z.string(), root: z.string(), previous: z.string(), reason: z.string().exactOptional(),
  restores: z.number().exactOptional(), accepted: z.literal(true).exactOptional(), manifest: MANIFEST.exactOptional(),
});
export type VersionRow = z.infer<typeof VERSION_ROW>;

const ROW = {
  number: 7, at: 1_790_000_000_000, author: 'https://localhost:7444|0198c4d2', via: 'session', approvers: [], space: 'default', action: 'servers.approve',
  id: 'crm', changes: 2, snapshot: 5, digest: '1'.repeat(64), root: '2'.repeat(64), previous: '3'.repeat(64),
} as const;

/** What is in force. `problem`: what is stored is not what was signed. `manifest`: the file that control was started with, as it lies on the disk. */
export const CONFIGURATION = z.object({
  head: VERSION_ROW.nullable(), problem: z.string().nullable(), applied: z.object({ file: z.string(), digest: z.string() }).nullable(),
  manifest: MANIFEST.partial({ digest: true }).extend({
    state: z.enum(['applied', 'changed', 'bad']), watched: z.boolean(), problem: z.string().exactOptional(),
  }).nullable(),
}).meta({
  examples: [{
    head: ROW, problem: null, applied: { file: '/etc/sallyport/sallyport.yaml', digest: '4'.repeat(64) },
    manifest: { file: '/etc/sallyport/sallyport.yaml', state: 'applied', watched: true, digest: '4'.repeat(64) },
  }],
});
export type ConfigurationShown = z.infer<typeof CONFIGURATION>;

export const VERSIONS = z.object({ versions: z.array(VERSION_ROW) }).meta({ examples: [{ versions: [ROW] }] });
export type Versions = z.infer<typeof VERSIONS>;

/** What differs, and whether more can happen afterwards; no secret stands in it. Null: it is not there. */
const DIFFERENCE = z.object({
  resource: z.string(), space: z.string(), id: z.string(), verb: z.enum(['add', 'change', 'remove']), weight: WEIGHT,
  parts: z.array(z.object({ path: z.string(), before: z.json(), after: z.json(), weight: WEIGHT })),
});
export type DifferenceRow = z.infer<typeof DIFFERENCE>;

const DIFFERED = {
  resource: 'server', space: 'default', id: 'crm', verb: 'change', weight: 'more',
  parts: [{ path: 'status', before: 'scanned', after: 'approved', weight: 'more' }],
} as const;

/** The version with the space's manifest after it. */
export const VERSION_SHOWN = VERSION_ROW.extend({
  manifestAfter: z.string(), policies: z.array(z.object({ file: z.string(), text: z.string() })), differences: z.array(DIFFERENCE),
}).meta({ examples: [{ ...ROW, manifestAfter: 'apiVersion: sallyport/v1\n', policies: [], differences: [DIFFERED] }] });
export type VersionShown = z.infer<typeof VERSION_SHOWN>;

/** Who can get a call of which tool through. `permits` null: that could not be found out for all of it; `problem` says why, where it is known. */
const PERMIT = z.object({
  caller: z.string(), space: z.string(), tool: z.string(), before: z.enum(['open', 'guarded', 'closed']), after: z.enum(['open', 'guarded', 'closed']),
  more: z.boolean(),
});
export type PermitRow = z.infer<typeof PERMIT>;

export const COMPARISON = z.object({
  differences: z.array(DIFFERENCE), permits: z.array(PERMIT).nullable(), problem: z.string().exactOptional(),
}).meta({
  examples: [{
    differences: [DIFFERED],
    permits: [{ caller: 'group support', space: 'default', tool: 'crm/search_contacts', before: 'closed', after: 'open', more: true }],
  }],
});
export type Comparison = z.infer<typeof COMPARISON>;

export const VERIFIED = z.object({ versions: COUNT, digest: z.string().nullable(), holds: z.literal(true) }).meta({
  examples: [{ versions: 7, digest: ROW.digest, holds: true }],
});
export type Verified = z.infer<typeof VERIFIED>;

/** `changes`: how many rows are others than before. `snapshot`: what is in force then; null: none. */
export const ROLLED_BACK = z.object({ version: COUNT, dryRun: z.boolean(), changes: COUNT, snapshot: COUNT.nullable() }).meta({
  examples: [{ version: 5, dryRun: false, changes: 3, snapshot: 8 }],
});
