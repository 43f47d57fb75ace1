import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import type { Row, Rows } from '../../store/store.ts';
import type { By, Control } from '../control.ts';
import { declareTools } from '../servers/surface.ts';
import { wayOf } from '../servers/way.ts';
import { findStored, needStored, putStored, type StoredKind } from '../stored.ts';
import { revokeTokensOf } from '../tokens/revoke.ts';
import type { ManifestFiles } from './files.ts';
import { readIdentity, writeIdentity } from './identity.ts';
import { writeInstallation } from './installation.ts';
import { digestOfFiles, type Origin } from './on-disk.ts';
import { DEFAULT_NETWORK, readNetwork, writeNetwork } from './settings.ts';
import { writeDetect } from '../detect/settings.ts';
import { writeFlowParts } from '../flow/settings.ts';
import { pinRows } from '../packages/definition.ts';
import { withdrawListings } from '../registry/publish.ts';
import { readVaultSettings, writeVaultSettings } from '../vault/settings.ts';
import { MANAGED, readWanted } from './wanted.ts';
import type { Wanted, WantedRow } from './wanted.ts';

/** One difference between what the store has and what the manifest wants. */
export interface Difference {
  readonly resource: string;
  readonly id: string;
  readonly verb: 'add' | 'change' | 'remove';
  readonly note?: string;
}

export interface ApplyOptions {
  /** Says what would be done, and changes nothing. */
  readonly dryRun: boolean;
  /** Why, in the words of who applies it. */
  readonly reason?: string;
  /** Of a file that nobody sent. */
  readonly origin?: Origin;
}

/**
 * Makes one space of the store match a manifest, all or nothing: what it does not name is removed, what it changes is
 * changed, and a server that is reached in another way than the approved one waits for approval again.
 */
export async function applyManifest(by: By, files: ManifestFiles, { dryRun, reason, origin }: ApplyOptions, control: Control): Promise<JsonObject> {
  const now = control.now();
  const read = readWanted(files, by.space, now);
  const wanted = { ...read, rows: await pinRows(by, read, dryRun, control) };
  const manifest = { file: files.file, digest: digestOfFiles(files), ...(origin === undefined ? {} : { origin }) };
  const what = { resource: 'manifest', id: files.file, verb: 'apply', manifest, ...(reason === undefined ? {} : { reason }) };
  const differences = await control.change(by, what, (rows) => applyRows(rows, by, wanted, now), { dryRun });
  if (!dryRun) {
    control.snapshots.tell('manifest');
    await control.tellPlaces();
    await control.retention.tend();
    await control.telemetry.tend();
  }
  return {
    dryRun, differences: differences.map((one): Json => ({ ...one })), findings: wanted.findings.map((one): Json => ({ ...one })),
    snapshot: control.snapshots.current?.version ?? null,
  };
}

async function applyRows(rows: Rows, by: By, wanted: Wanted, now: number): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (const kind of MANAGED.filter((one) => !wanted.silent.includes(one))) {
    const before = new Map((await rows.list(kind, by.space)).filter(isManaged).map((row) => [row.id, row]));
    for (const row of wanted.rows.filter((one) => one.kind === kind)) {
      const difference = await applyRow(rows, by, row, before.get(row.id), now);
      if (difference !== undefined) differences.push(difference);
      before.delete(row.id);
    }
    for (const id of before.keys()) {
      await removeRow(rows, by, kind, id, now);
      differences.push({ resource: kind, id, verb: 'remove' });
    }
  }
  const settings: readonly string[] = [
    ...(await writeInstallation(rows, by, wanted.installation)),
    ...((await writeDetect(rows, by.space, wanted.detect, by.admin.id)) ? ['detect'] : []),
    ...(await writeFlowParts(rows, by.space, wanted.flows, by.admin.id)),
  ];
  return [...differences, ...(await applyNetwork(rows, by, wanted.network)), ...(await applyIdentity(rows, by, wanted.identity)),
    ...settings.map((key) => ({ resource: key, id: key, verb: 'change' }) as const),
    ...(await applyVault(rows, by, wanted.vault))];
}

/** Exceptions for calls, and what `server learn` permits for a time, are made by hand and end by themselves. */
function isManaged(row: Row): boolean {
  return row.kind !== 'exception' || row.id.startsWith('manifest-');
}

async function applyRow(rows: Rows, by: By, row: WantedRow, before: Row | undefined, now: number): Promise<Difference | undefined> {
  const { kind, id } = row;
  const verb = before === undefined ? 'add' : 'change';
  if (kind === 'server') {
    const merged = mergeServer(row.body, before?.body, by);
    if (Bun.deepEquals(merged.body, before?.body)) return undefined;
    await rows.put('server', by.space, id, merged.body, { by: by.admin.id });
    // What it said elsewhere is not what it says here.
    for (const one of merged.isMoved ? (['candidate', 'drift', 'exposure'] as const) : []) await rows.delete(one, by.space, id, { by: by.admin.id });
    await redeclare(rows, by, id);
    return { resource: kind, id, verb, ...(merged.note === undefined ? {} : { note: merged.note }) };
  }
  const kept = kind === 'exception' ? { ...asObject(row.body), createdAt: asObject(before?.body)['createdAt'] ?? now } : row.body;
  if (Bun.deepEquals(kept, before?.body)) return undefined;
  await rows.put(kind, by.space, id, kept, { by: by.admin.id });
  return { resource: kind, id, verb };
}

interface Merged {
  readonly body: Json;
  readonly note?: string;
  readonly isMoved: boolean;
}

/**
 * What an administrator approved was reached in one certain way, and shown one certain secret; another way is another server
 * until it is approved too, by somebody else than whoever wants it so.
 */
function mergeServer(wanted: Json, before: Json | undefined, { admin }: By): Merged {
  const now = asObject(wanted);
  const declaredBy = admin.proof === undefined ? {} : { declaredBy: admin.id };
  if (before === undefined) return { body: { ...now, status: 'declared', ...declaredBy }, note: 'waits for scan and approval', isMoved: false };
  const old = asObject(before);
  // Effects that were confirmed at approval stay where the manifest is silent.
  const tools = { ...asObject(old['tools']), ...asObject(now['tools']) };
  const isMoved = !Bun.deepEquals(wayOf(now), wayOf(old));
  const stays = Object.fromEntries(['reason', 'status', 'declaredBy', 'moved'].flatMap((name) => (old[name] === undefined ? [] : [[name, old[name]]])));
  if (!isMoved) return { body: { ...now, tools, ...stays }, isMoved };
  const moved = { ...now, tools, ...stays, ...declaredBy, status: 'declared', moved: true };
  return { body: moved, note: 'it is reached in another way: waits for scan and approval again', isMoved };
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** Effects and labels that the manifest confirms hold at once, also for tools that are already approved. */
async function redeclare(rows: Rows, by: By, id: string): Promise<void> {
  const baseline = await findStored(rows, 'baseline', by.space, id);
  if (baseline === undefined) return;
  const { body } = await needStored(rows, 'server', by.space, id);
  await putStored(rows, 'baseline', by.space, id, { ...baseline.body, surface: declareTools(baseline.body.surface, body.tools) }, by.admin.id);
}

/** What is known of a thing goes with it: one that comes back under its name has to show itself anew. */
const BESIDE: Readonly<Partial<Record<WantedRow['kind'], readonly StoredKind[]>>> = {
  server: ['baseline', 'candidate', 'drift', 'exposure', 'refused'], vendor: ['disclosure', 'disclosure-submitted'],
};

async function removeRow(rows: Rows, by: By, kind: WantedRow['kind'], id: string, now: number): Promise<void> {
  if (kind === 'agent') await revokeTokensOf(rows, by.space, id, by.admin.id, now);
  if (kind === 'server') await withdrawListings(rows, by.space, id, by.admin.id, now);
  for (const one of [kind, ...BESIDE[kind] ?? []]) await rows.delete(one, by.space, id, { by: by.admin.id });
}

/** Whose tokens are taken is never left as it was: an issuer that the file does not name is out. */
async function applyIdentity(rows: Rows, by: By, wanted: Wanted['identity']): Promise<readonly Difference[]> {
  if (Bun.deepEquals(await readIdentity(rows, by.space), wanted)) return [];
  await writeIdentity(rows, by.space, wanted, by.admin.id);
  return [{ resource: 'identity', id: 'identity', verb: 'change' }];
}

async function applyVault(rows: Rows, by: By, wanted: Wanted['vault']): Promise<readonly Difference[]> {
  if (wanted === undefined || Bun.deepEquals(await readVaultSettings(rows), wanted)) return [];
  await writeVaultSettings(rows, wanted, by.admin.id);
  return [{ resource: 'vault', id: 'vault', verb: 'change' }];
}

async function applyNetwork(rows: Rows, by: By, wanted: Wanted['network']): Promise<readonly Difference[]> {
  if (wanted === undefined) return [];
  const before = await readNetwork(rows);
  const listen = wanted.listen ?? DEFAULT_NETWORK.listen;
  const next = { ...DEFAULT_NETWORK, publicUrl: `https://${listen.replace(/^127\.0\.0\.1(?=:|$)/, 'localhost')}`, ...wanted, listen };
  if (Bun.deepEquals(before, next)) return [];
  await writeNetwork(rows, next, by.admin.id);
  return [{ resource: 'network', id: 'network', verb: 'change' }];
}
