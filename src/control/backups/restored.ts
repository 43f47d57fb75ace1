import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { LOST } from '../../flow/labels.ts';
import { decodeJson } from '../../store/body.ts';
import type { Kind, Rows } from '../../store/store.ts';
import { revoked } from '../links/nodes.ts';
import { LINK_NODE } from '../links/schema.ts';
import { listStored, putStored } from '../stored.ts';

/*
 * What comes back from a backup, and what doesn't. A backup cannot know what was revoked, used up or ended after it was made:
 * whatever opens something by being shown must not open it again.
 */

const ID = 'restored';

const RESTORED = z.strictObject({
  at: z.int(),
  backup: z.strictObject({ id: z.uuid(), createdAt: z.int(), installation: z.string() }),
  /** The newest snapshot in it. */
  snapshot: z.int(),
  /** The ledger's checkpoint in it; root in base64. */
  ledger: z.strictObject({ origin: z.string(), size: z.int(), root: z.string() }).exactOptional(),
  /** Whether it is on record, and what was issued before is void. */
  settled: z.boolean(),
  /** Whether two people must order that it goes on: where people hold recovery keys. */
  needsOrder: z.boolean(),
});
/** That this store was read from a backup, which, and whether it may go on from there. */
export type Restored = z.infer<typeof RESTORED>;

export async function readRestored(rows: Pick<Rows, 'get'>): Promise<Restored | undefined> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return row === undefined ? undefined : RESTORED.parse(row.body);
}

export async function writeRestored(rows: Rows, restored: Restored, by: string): Promise<void> {
  await rows.put('setting', DEFAULT_SPACE, ID, decodeJson(JSON.stringify(restored)), { by });
}

/** A row as it lies in the database. */
export type Cells = Readonly<Record<string, string | number>>;

/** The row that says it, for a store that is filled. */
export function restoredRow(restored: Restored): Cells {
  const { at } = restored;
  return { kind: 'setting', space: DEFAULT_SPACE, id: ID, body: JSON.stringify(restored), version: 1, updated_at: at, updated_by: 'sallyport|restore' };
}

/** Rows that are left behind: each of them opens something, once or until it ends, for whoever shows or answers it. */
const DEAD: readonly Kind[] = ['link-token', 'opening', 'proposal', 'approval', 'approval-of', 'quarantined'];

/**
 * A row as it comes back; undefined: it does not. Flow contexts have lost what they carried since. Machines are shut out until they
 * join anew: a key that was revoked since would be renewed for ever. What is configuration control voids itself, on record.
 */
export function afterRestore(row: Cells, now: number): Cells | undefined {
  const kind = row['kind'];
  if (DEAD.some((one) => one === kind)) return undefined;
  if (kind === 'link-node') return { ...row, body: JSON.stringify(revoked(LINK_NODE.parse(JSON.parse(String(row['body']))), now)) };
  if (kind !== 'context') return row;
  const body: Json = JSON.parse(String(row['body']));
  if (!isObject(body)) return undefined;
  return { ...row, body: JSON.stringify({ ...body, labels: { ...LOST }, gaps: true }) };
}

/** Voids the credentials that are configuration: which of them were revoked after the backup, nobody knows. How many. */
export async function voidCredentials(rows: Rows, now: number, by: string): Promise<{ readonly tokens: number; readonly scimTokens: number }> {
  const tokens = (await listStored(rows, 'token')).filter(({ body }) => body.revokedAt === undefined);
  for (const { space, id, body } of tokens) await putStored(rows, 'token', space, id, { ...body, revokedAt: now }, by);
  const scimTokens = await listStored(rows, 'scim-token');
  for (const { space, id } of scimTokens) await rows.delete('scim-token', space, id, { by });
  return { tokens: tokens.length, scimTokens: scimTokens.length };
}
