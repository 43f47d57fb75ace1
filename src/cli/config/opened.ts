import { resolve } from 'node:path';
import { readClientFile } from '../../client-files/file.ts';
import type { ClientFile } from '../../client-files/file.ts';
import { readText } from '../../client-files/read/document.ts';
import { entriesIn } from '../../client-files/read/entries.ts';
import { readServers } from '../../client-files/read/servers.ts';
import type { ReadServers } from '../../client-files/read/servers.ts';
import { clientOf } from '../../client-files/table/client-of.ts';
import type { SealableEntry } from '../../client-files/seal/plan.ts';
import { SallyportError } from '../../domain/errors.ts';
import { showHidden } from '../../domain/hidden.ts';
import { isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { ownPrograms } from '../own-program.ts';
import { plain } from '../terminal.ts';
import type { Call } from '../verbs.ts';

/** A client's file with what it says of servers. In memory only: values stand as they are, secrets and all. */
export interface OpenedFile extends ReadServers {
  readonly read: ClientFile;
  readonly client: string;
  readonly json: Json;
  readonly entries: readonly SealableEntry[];
}

/** Throws `ERR_FILE_UNREADABLE`, `ERR_CONFIG_SYNTAX`, `ERR_SURFACE_TOO_LARGE`. */
export async function openFile(call: Pick<Call, 'options' | 'io'>, name: string): Promise<OpenedFile> {
  const path = resolve(call.io.cwd, name);
  const read = await readClientFile(path);
  if (read.bytes === undefined) throw new SallyportError('ERR_FILE_UNREADABLE', `there is no file ${showHidden(path)}`, { remedy: 'Name a client\'s file.' });
  const client = call.options.text('client') ?? clientOf(path);
  const document = readText(read.text, read.path);
  const source = { client, file: read.path, scope: 'user', gates: ownPrograms() } as const;
  const ofClient = readServers(document, source);
  // A file under another's name, or one that its client reads in a way that the table does not know: whatever looks like a server is one.
  const found = ofClient.servers.length + ofClient.unread.length > 0 ? ofClient : readServers(document, { ...source, client: 'unknown' });
  const entries = entriesIn(document.json).flatMap(({ name: server, at, said }): readonly SealableEntry[] => {
    const configured = found.servers.find((one) => JSON.stringify(one.at) === JSON.stringify(at));
    return configured === undefined || !isObject(said) || configured.runs.runs.kind === 'gate' ? []
      : [{ client, name: server, at, said, isRemote: configured.url !== undefined }];
  });
  return { read, client, json: document.json, entries, ...found };
}

/** How this installation's own command is started, by its absolute path: a client's search path is not ours. */
export function program(): readonly [string, ...string[]] {
  return [resolve(import.meta.dir, '..', '..', '..', 'bin', 'sallyport')];
}

/** Names the options that a command of ours in a client's file needs: a client starts it with little of this shell's environment. */
export function homeOption(home: string, usual: string): readonly string[] {
  return home === usual ? [] : ['--home', home];
}

export function unreadLines({ unread }: ReadServers): readonly string[] {
  return unread.map(({ name, line, reason }) => `${plain(name)} (line ${line}): NOT READ: ${plain(reason)}`);
}
