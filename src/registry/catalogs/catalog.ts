import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { digestOf } from '../canonical.ts';
import type { ServerJson } from '../server-json/shape.ts';
import { readDockerCatalog } from './docker.ts';
import { readUpstream } from './upstream.ts';

export const UPSTREAM_STATUSES = ['active', 'deprecated', 'deleted'] as const;

/** One version of a server as somebody else's registry has it. Nothing of it is in force; it is what can be asked for. */
export interface CatalogEntry {
  readonly server: ServerJson;
  /** SHA-256 (hex) of the canonical `server`: one name and version means one of these, for ever. */
  readonly digest: string;
  readonly status: (typeof UPSTREAM_STATUSES)[number];
  /** When that registry says that it published it (epoch ms); absent: it says nothing. */
  readonly publishedAt?: number;
}

export interface Catalog {
  readonly form: 'registry' | 'docker';
  readonly entries: readonly CatalogEntry[];
  /** What could not be read, with its place in the file. */
  readonly skipped: readonly { readonly at: string; readonly reason: string }[];
}

/** Before a digest is taken. */
export type UpstreamEntry = Omit<CatalogEntry, 'digest'>;
/** Every entry of a file, each read or refused with a reason. */
export type Found = { readonly at: string } & ({ readonly entry: UpstreamEntry } | { readonly reason: string });

/**
 * Reads an export of an MCP registry (its list answers, single documents, or one of those a line) or a catalogue of Docker's (YAML).
 * An entry that is broken is skipped with its place; a version that is there twice counts once, and twice with another content not at
 * all. Throws `ERR_CATALOG_INVALID` for a file that is neither, or too large.
 */
export function readCatalog(text: string, file: string): Catalog {
  const docker = /\.ya?ml$/i.test(file);
  const bytesMax = docker ? LIMITS.catalogYamlBytesMax : LIMITS.catalogBytesMax;
  if (Buffer.byteLength(text) > bytesMax) throw notOne(file, `it has more than ${bytesMax} bytes`);
  const found = docker ? readDockerCatalog(text) : readUpstream(text);
  if (found === undefined) throw notOne(file, docker ? 'it has no `registry:` of servers' : 'it is no answer of a registry, and no server.json');
  const skipped = found.flatMap((one) => ('reason' in one ? [{ at: one.at, reason: one.reason }] : []));
  const byVersion = new Map<string, { readonly at: string; readonly entry: CatalogEntry }>();
  const twice = new Set<string>();
  for (const one of found) {
    if (!('entry' in one)) continue;
    const entry = { ...one.entry, digest: digestOfServer(one.entry.server) };
    const key = `${entry.server.name} ${entry.server.version}`;
    const before = byVersion.get(key);
    if (before !== undefined && before.entry.digest !== entry.digest) {
      twice.add(key);
      skipped.push({ at: one.at, reason: `the same name and version as ${before.at}, with another content` });
    }
    byVersion.set(key, before ?? { at: one.at, entry });
  }
  const entries = [...byVersion].filter(([key]) => !twice.has(key)).map(([, { entry }]) => entry);
  if (entries.length > LIMITS.catalogEntriesMax) throw notOne(file, `it has more than ${LIMITS.catalogEntriesMax} entries`);
  return { form: docker ? 'docker' : 'registry', entries, skipped };
}

export function digestOfServer(server: ServerJson): string {
  const json: Json = JSON.parse(JSON.stringify(server));
  return digestOf(json);
}

function notOne(file: string, why: string): SallyportError {
  return new SallyportError('ERR_CATALOG_INVALID', `${file} is no catalogue: ${why}`, {
    remedy: 'Give the JSON of GET /v0.1/servers, one such answer a line, a server.json, or a catalog.yaml of Docker\'s.',
  });
}
