import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeArchive } from '../../backup/archive-write.ts';
import { signManifest } from '../../backup/manifest.ts';
import type { Manifest } from '../../backup/manifest.ts';
import { readBackup } from '../../control/backups/settings.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { ensureRoleKey } from '../../link/keys.ts';
import { openStore } from '../../store/open.ts';
import { show } from '../command.ts';
import { withProgress } from '../progress.ts';
import type { Verb } from '../verbs.ts';
import { databaseOf } from './database.ts';
import { gather } from './gather.ts';

/** Made by the operator's own process, which is none of the roles: no role ever sees another's keys. */
export const create: Verb = {
  usage: 'create [--to FOLDER]',
  options: { to: { type: 'string' } },
  local: true,
  run: async ({ options, client, io }) => {
    const { home } = client;
    if (!existsSync(join(home, 'control', 'key.pem'))) {
      throw new SallyportError('ERR_NOT_RUNNING', `no control was ever started at ${home}`, {
        remedy: 'Make the backup on the machine and as the user that runs control.',
      });
    }
    const database = databaseOf(home, io.env);
    const { recipients = [], folder } = await settingsOf(database);
    const to = options.text('to') ?? folder;
    if (to === undefined) {
      throw new SallyportError('ERR_USAGE', 'say where the backup is to lie', { remedy: 'With --to FOLDER, or backup.folder in sallyport.yaml.' });
    }
    const key = ensureRoleKey(home, 'control');
    const live = await client.get('/status').then(() => true, () => false);
    const gathering = gather({ home, store: database, key, live });
    const target = resolve(io.cwd, to);
    mkdirSync(target, { recursive: true, mode: 0o700 });
    let manifest: Manifest | undefined;
    let done = 0;
    const file = join(target, nameOf(Date.now()));
    const written = await withProgress(io, () => `${Math.round(done / 1e6)} MB written`, () => writeArchive({
      file, recipients, files: gathering.files, signal: io.signal, onBytes: (bytes) => (done = bytes),
      finish: async (files) => {
        manifest = gathering.describe(files);
        return signManifest(manifest, key);
      },
    }));
    if (manifest === undefined) throw new SallyportError('ERR_BACKUP_FAILED', 'the backup has no manifest');
    const said: JsonObject = { file, ...written, ...summaryOf(manifest), recipients: recipients.length };
    const isRecorded = live && await client.send('POST', '/backups', recordOf(manifest, written, recipients)).then(() => true, () => false);
    if (!isRecorded) io.note('Control does not answer: that this backup was made is not on record.');
    if (manifest.vaultKey === 'elsewhere') io.note('The vault\'s key is kept elsewhere and not in this backup: keep a copy, or set secrets again.');
    const { installation } = manifest;
    show(io, options.json, { ...said, recorded: isRecorded }, () => `${file}\n  ${line(manifest)}\n  Restore it with --installation ${installation}\n`);
    return 0;
  },
};

async function settingsOf({ url, options }: ReturnType<typeof databaseOf>): ReturnType<typeof readBackup> {
  const store = await openStore(url, options);
  try {
    return await readBackup(store);
  } finally {
    await store.close();
  }
}

/** `sallyport-20261231T235959Z.age`: in order of time by name. */
function nameOf(at: number): string {
  return `sallyport-${new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '')}.age`;
}

/** What people and records are told of a manifest. */
export function summaryOf({ id, installation, createdAt, store, ledger, vaultKey, files }: Manifest): JsonObject {
  return {
    id, installation, createdAt, vaultKey, files: files.length, ...(store === undefined ? {} : { snapshot: store.snapshot, store: store.from }),
    ...(ledger === undefined ? {} : { ledger: { ...ledger } }),
  };
}

function recordOf(manifest: Manifest, { bytes, sha256 }: { readonly bytes: number; readonly sha256: string }, recipients: readonly string[]): JsonObject {
  const { id, createdAt, store, ledger } = manifest;
  return { id, createdAt, bytes, sha256, snapshot: store?.snapshot ?? 0, records: ledger?.size ?? 0, recipients: [...recipients] };
}

export function line(manifest: Manifest | undefined): string {
  if (manifest === undefined) return '';
  const { store, ledger, files } = manifest;
  return `${files.length} files, snapshot ${store?.snapshot ?? 0}, ${ledger?.size ?? 0} records of ${ledger?.origin ?? 'no ledger'}`;
}
