import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Server } from '../../domain/server.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { pinsOf } from '../../registry/canonical.ts';
import { diffDefinitions } from '../../registry/diff.ts';
import type { SnapshotRow } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { listStored } from '../stored.ts';

/** Hides people in what is no record: configuration and policies. */
export interface Disguise {
  json(value: JsonObject): JsonObject;
  text(value: string): string;
}

const DIGEST_CHARS = 16;

/** What stood around the records: the definitions of their tools and how these changed, the snapshots they were decided by, policies. */
export async function gatherOthers(
  control: Control, space: string, records: readonly JsonObject[], disguise: Disguise,
): Promise<{ readonly others: ReadonlyMap<string, string>; readonly gaps: readonly string[] }> {
  const others = new Map<string, string>();
  const gaps: string[] = [];
  const versions = [...new Set(records.flatMap(({ snapshot }) => (typeof snapshot === 'number' && snapshot > 0 ? [snapshot] : [])))].toSorted((a, b) => a - b);
  const rows: SnapshotRow[] = [];
  for (const version of versions) {
    const row = await control.store.snapshots.get(version);
    if (row === undefined) gaps.push(`snapshot ${version} is not stored any more`);
    else rows.push(row);
  }
  const named = namesIn(records);
  const changes = new Map<string, { digest: string; definition: JsonObject; version: number }>();
  const texts: string[] = [];
  for (const row of rows) {
    const snapshot: Snapshot = JSON.parse(row.bytes);
    const servers = snapshot.servers.filter((server) => server.space === space && named.servers.has(server.id));
    others.set(`configuration/snapshot-${row.version}.json`, pretty(disguise.json(configurationOf(row, snapshot, servers, named, space))));
    for (const server of servers) addDefinitions(server, row.version, named.definitions, { others, changes, texts });
  }
  for (const digest of named.definitions) {
    const isThere = [...others.keys()].some((name) => name.endsWith(`/${digest.slice(0, DIGEST_CHARS)}.json`));
    if (!isThere) gaps.push(`the definition ${digest} is in no stored snapshot`);
  }
  if (texts.length > 0) others.set('definitions/changes.txt', texts.join('\n'));
  await addPolicies(control, space, rows.at(-1), disguise, { others, gaps });
  return { others, gaps };
}

interface Named {
  readonly servers: ReadonlySet<string>;
  readonly agents: ReadonlySet<string>;
  readonly policies: ReadonlySet<string>;
  readonly definitions: ReadonlySet<string>;
}

function namesIn(records: readonly JsonObject[]): Named {
  const all = (field: string): ReadonlySet<string> => new Set(records.flatMap((record) => textsOf(record[field])));
  return { servers: all('server'), agents: new Set([...all('agent'), ...all('actors')]), policies: all('policies'), definitions: all('definition') };
}

function textsOf(value: Json | undefined): readonly string[] {
  return (isArray(value) ? value : [value]).flatMap((item) => (typeof item === 'string' && item !== '' ? [item] : []));
}

/** What of a snapshot concerns these records; the whole is named by the digest and signature of its bytes. */
function configurationOf(
  { version, bytes, signature, createdAt }: SnapshotRow, { policy, agents, limits }: Snapshot, servers: readonly Server[], named: Named, space: string,
): JsonObject {
  const programs = isObject(policy) && isArray(policy['policies']) ? policy['policies'] : [];
  return {
    version, createdAt, sha256: createHash('sha256').update(bytes).digest('hex'), signature,
    servers: plain(servers.map(({ baseline, ...server }) => ({ ...server, baseline: { ...baseline, surface: undefined } }))),
    agents: plain(agents.filter((agent) => agent.space === space && named.agents.has(agent.id))),
    policies: programs.filter((program) => isObject(program) && typeof program['id'] === 'string' && named.policies.has(program['id'])),
    limits: plain(limits),
  };
}

/** Stored JSON; the types only lack the index signature. */
function plain(value: object): Json {
  const json: Json = JSON.parse(JSON.stringify(value));
  return json;
}

function pretty(value: Json): string {
  return `${JSON.stringify(value, undefined, 1)}\n`;
}

interface Definitions {
  readonly others: Map<string, string>;
  readonly changes: Map<string, { digest: string; definition: JsonObject; version: number }>;
  readonly texts: string[];
}

/** The definitions that records name, and the changes of those tools between the snapshots in which they stand. */
function addDefinitions(server: Server, version: number, wanted: ReadonlySet<string>, { others, changes, texts }: Definitions): void {
  if (server.baseline === undefined) return;
  for (const { kind, name, digest, definition } of pinsOf(server.baseline.surface)) {
    const key = `${server.id} ${kind} ${name}`;
    const before = changes.get(key);
    const file = `definitions/${server.id}/${digest.slice(0, DIGEST_CHARS)}.json`;
    if (wanted.has(digest)) others.set(file, pretty({ server: server.id, kind, name, digest, definition }));
    if (before !== undefined && before.digest !== digest) {
      texts.push(`${key}, snapshot ${before.version} to ${version}\n${diffDefinitions(before.definition, definition)}`);
    }
    changes.set(key, { digest, definition, version });
  }
}

interface Gathered {
  readonly others: Map<string, string>;
  readonly gaps: string[];
}

/** Policies' text is kept as it is now; where that is younger than the records, it says so. */
async function addPolicies(control: Control, space: string, last: SnapshotRow | undefined, disguise: Disguise, { others, gaps }: Gathered): Promise<void> {
  const updated = new Map((await control.store.list('policy', space)).map(({ id, updatedAt }) => [id, updatedAt]));
  for (const [at, { id, body }] of (await listStored(control.store, 'policy', space)).entries()) {
    others.set(`policies/${at + 1}.cedar`, disguise.text(`// ${body.file}\n${body.source}`));
    if (last === undefined || (updated.get(id) ?? 0) <= last.createdAt) continue;
    gaps.push(`${body.file} was changed after snapshot ${last.version}; configuration/ has the compiled form that was in force`);
  }
}
