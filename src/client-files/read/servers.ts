import type { ConfiguredServer } from '../../domain/configured-server.ts';
import { configuredOf, EntryFault } from './configured.ts';
import type { Source } from './configured.ts';
import type { ReadDocument } from './document.ts';
import { entriesIn } from './entries.ts';

/** What a file says of servers; what of it could not be read has its place and the reason. */
export interface ReadServers {
  readonly servers: readonly ConfiguredServer[];
  readonly unread: readonly UnreadEntry[];
}

export interface UnreadEntry {
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
  for (const entry of entriesIn(json)) {
    const line = locate(entry.at)?.startLine ?? 1;
    try {
      servers.push(configuredOf(entry, source, line));
    } catch (fault) {
      if (!(fault instanceof EntryFault)) throw fault;
      unread.push({ name: entry.name, ...(entry.project === undefined ? {} : { project: entry.project }), line, reason: fault.message });
    }
  }
  return { servers, unread };
}
