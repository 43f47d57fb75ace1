import type { ConfiguredServer } from '../../domain/configured-server.ts';
import { LIMITS } from '../../domain/limits.ts';
import { knownClient } from '../table/table.ts';
import { configuredOf, EntryFault } from './configured.ts';
import type { Source } from './configured.ts';
import type { ReadDocument } from './document.ts';
import { entriesIn } from './entries.ts';
import { readLeniently } from './lenient.ts';
import { specialReader } from './special.ts';

/** What a file says of servers; what of it could not be read has its place and the reason. */
export interface ReadServers {
  readonly servers: readonly ConfiguredServer[];
  readonly unread: readonly UnreadEntry[];
}

export interface UnreadEntry {
  /** Empty: not one entry, but something of the file. */
  readonly name: string;
  readonly project?: string;
  /** 1-based. */
  readonly line: number;
  readonly reason: string;
}

/** Every server of a file of one of the clients. Values stand as they are, secrets and all: see `ConfiguredServer`. */
export function readServers({ json, locate }: ReadDocument, source: Source): ReadServers {
  const servers: ConfiguredServer[] = [];
  const unread: UnreadEntry[] = [];
  const client = knownClient(source.client);
  // Only what is called after the protocol is read as a map of nothing but servers.
  const entries = entriesIn(json, client?.roots, client === undefined || /mcp[^/\\]*\.jsonc?$/i.test(source.file));
  const more = entries.length - LIMITS.clientServersMax;
  if (more > 0) unread.push({ name: '', line: 1, reason: `it has ${more} servers more than are read of one file` });
  for (const entry of entries.slice(0, LIMITS.clientServersMax)) {
    const line = locate(entry.at)?.startLine ?? 1;
    try {
      const server = configuredOf(entry, source, line);
      servers.push(entry.isOff === true ? { ...server, isDisabled: true } : server);
    } catch (fault) {
      if (!(fault instanceof EntryFault)) throw fault;
      unread.push({ name: entry.name, ...(entry.project === undefined ? {} : { project: entry.project }), line, reason: fault.message });
    }
  }
  return { servers, unread };
}

/**
 * As much of a file as there is of it, broken or not, in the form that its client has. Never throws. `images`: what is known of
 * names whose client keeps elsewhere what they mean.
 */
export function readFileOf(text: string, source: Source, images: ReadonlyMap<string, string> = new Map()): ReadServers {
  const document = readLeniently(text, source.file);
  const broken = document.faults.map(({ line, reason }) => ({ name: '', line, reason }));
  const special = specialReader(source);
  if (special !== undefined) return { servers: special(document, source, images), unread: broken };
  const all = [document, ...document.also].map((one) => readServers(one, source));
  return { servers: all.flatMap(({ servers }) => servers), unread: [...broken, ...all.flatMap(({ unread }) => unread)] };
}
