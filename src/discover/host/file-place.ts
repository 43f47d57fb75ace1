import type { ConfiguredScope, ConfiguredServer } from '../../domain/configured-server.ts';
import type { Risk } from '../../domain/observation.ts';
import type { PersonHome } from './homes.ts';

/** Where a client keeps a file, as the table of clients has it. */
export interface FilePlace {
  readonly client: string;
  readonly use: 'servers' | 'settings' | 'tokens' | 'code' | 'opaque';
  readonly scope: ConfiguredScope;
  /** Absolute, or relative to a project's folder; `*` is one name, `**` any folders. */
  readonly pattern: string;
}

/** What is known of a client besides its places. */
export interface FileClient {
  readonly name: string;
  /** 1..100: how sure it is that an entry in one of its files is a server of the protocol. */
  readonly confidence: number;
  /** The day of its last release, where there will be no other. */
  readonly ended?: string;
}

export interface FileSource {
  readonly client: string;
  readonly file: string;
  readonly scope: ConfiguredScope;
  readonly project?: string;
}

export interface FileContents {
  readonly servers: readonly ConfiguredServer[];
  readonly unread: readonly { readonly name: string; readonly line: number; readonly reason: string }[];
}

/** The knowledge of clients' files, which is another room's. */
export interface ClientFiles {
  placesOfHome(home: PersonHome): readonly FilePlace[];
  readonly placesOfMachine: readonly FilePlace[];
  readonly placesOfProject: readonly FilePlace[];
  clientOf(id: string): FileClient;
  /** Clients that read a project's file that is another's. */
  alsoReading(pattern: string): readonly string[];
  /** Never throws. */
  read(text: string, source: FileSource, images: ReadonlyMap<string, string>): FileContents;
  imagesIn(text: string, file: string): ReadonlyMap<string, string>;
  risksOf(server: ConfiguredServer, mode: number | undefined): readonly Risk[];
}

export interface FilesLook {
  readonly files: ClientFiles;
  /** Where the machine's disk begins; empty: it is this one's. */
  readonly root: string;
  /** The machine's name. */
  readonly machine: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly homes: readonly PersonHome[];
  /** Folders in which projects lie, besides the homes. */
  readonly projects: readonly string[];
  /** Whether homes are searched for projects, too. */
  readonly walksHomes: boolean;
  /** Whose a file is, by its owner; undefined: nobody's that has a name. */
  readonly userName: (uid: number) => string | undefined;
  /** Ids of the advisories that a version of a package is affected by. */
  readonly advisoriesFor: (ecosystem: string, name: string, version: string) => readonly string[];
  readonly signal?: AbortSignal;
}
