import { z } from 'zod';
import data from './clients.json' with { type: 'json' };

const PATTERNS = z.array(z.string()).default([]);
const CLIENT = z.strictObject({
  id: z.string(), name: z.string(),
  /** How sure it is that these are its places: read in its own source or by several who looked, by one, or only told. */
  sure: z.enum(['high', 'medium', 'low']),
  /** The day of its last release, where there will be no other. */
  ended: z.iso.date().optional(),
  /** Under which names its files keep servers, outermost first, parted by `/`; `*` is any name. */
  roots: z.array(z.string()).default(['mcpServers']),
  user: PATTERNS, project: PATTERNS, managed: PATTERNS, extension: PATTERNS, cache: PATTERNS,
  /** Of projects, files that belong to another client of this table and that this one reads, too. */
  alsoReads: PATTERNS,
  /** What says which servers and tools it asks for, and whom it asks; holds no servers. */
  settings: PATTERNS,
  /** Where it keeps tokens in clear. */
  tokens: PATTERNS,
  /** Scripts that it runs when it starts, of the person and of projects. */
  code: PATTERNS, projectCode: PATTERNS,
  /** Databases and forms that are named and not read. */
  opaque: PATTERNS,
  note: z.string().optional(),
});

/**
 * A client and where it keeps what. A pattern is a path from `~` (a person's home), `<app>` (where programs keep what is a
 * person's: `~/.config`, `~/Library/Application Support`, `%APPDATA%`), `<xdg>` (the same, `~/.config` on macOS and Windows),
 * `<local>` (`~/.local/share`, `%LOCALAPPDATA%`), `$NAME` (a variable of the client's), the root, or a project's folder;
 * `*` is one name and `**` any folders. `linux:`, `darwin,win32:` before it says on which systems.
 */
export type KnownClient = Readonly<z.infer<typeof CLIENT>>;

/** The 75 clients that are known, the commonest first: a file that several read belongs to the first. */
export const CLIENT_TABLE: readonly KnownClient[] = z.array(CLIENT).parse(data);

/** A client by its id. */
export function knownClient(id: string): KnownClient | undefined {
  return CLIENT_TABLE.find((client) => client.id === id);
}
