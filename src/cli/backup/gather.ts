import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { copyLedger } from '../../audit/backup.ts';
import type { LedgerCopy } from '../../audit/backup.ts';
import { once } from '../../backup/archive-write.ts';
import { installationOf } from '../../backup/manifest.ts';
import type { Manifest, ManifestFile } from '../../backup/manifest.ts';
import type { TarFile } from '../../backup/tar.ts';
import type { KeyObject } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { openDump } from '../../store/dump.ts';
import type { Dump } from '../../store/dump.ts';
import type { StoreOptions } from '../../store/store.ts';
import { isLeftOut } from './left-out.ts';

/** Where each part lies in an archive. */
export const PLACES = { home: 'home/', store: 'store/', leaves: 'ledger/leaves.' } as const;

export interface Source {
  readonly home: string;
  /** Absent where this machine runs no control. */
  readonly store: { readonly url: string; readonly options: StoreOptions } | undefined;
  readonly key: KeyObject;
  readonly live: boolean;
}

export interface Gathering {
  readonly files: AsyncIterable<TarFile>;
  /** The manifest of all that was given. Throws `ERR_FILE_CHANGED` when a key was exchanged meanwhile. */
  readonly describe: (files: readonly ManifestFile[]) => Manifest;
}

const KEYS = /\.(key|pem)$/;
const LEAVES_AT_ONCE_BYTES = 8 * 1024 * 1024;

/**
 * Everything that makes an installation, in an order that keeps it whole while the roles go on working: what remembers the
 * ledger first, then the store, then the ledger, which therefore has a record of all that the others hold.
 */
export function gather({ home, store, key, live }: Source): Gathering {
  const createdAt = Date.now();
  const { files, folders } = walk(home, '');
  const keys = new Map(files.filter((path) => KEYS.test(path)).map((path) => [`${PLACES.home}${path}`, sha256(readFileSync(join(home, path)))]));
  const rows: Record<string, number> = {};
  let about: Pick<Dump, 'from' | 'migrations' | 'snapshot'> | undefined;
  let ledger: LedgerCopy | undefined;
  return {
    files: (async function* all() {
      for (const path of files) yield* fileOf(home, path);
      if (store !== undefined) {
        const dump = await openDump(store.url, store.options);
        about = { from: dump.from, migrations: dump.migrations, snapshot: dump.snapshot };
        try {
          yield* storeFiles(dump, rows);
        } finally {
          await dump.close();
        }
      }
      ledger = copyLedger(join(home, 'ledger'));
      if (ledger !== undefined) yield* ledgerFiles(home, ledger);
    })(),
    describe: (listed) => {
      for (const [name, , , digest] of listed) {
        if (keys.has(name) && keys.get(name) !== digest) {
          throw new SallyportError('ERR_FILE_CHANGED', `${name} was exchanged meanwhile`, { remedy: 'Make the backup again.' });
        }
      }
      return {
        format: 'sallyport-backup/1', id: crypto.randomUUID(), installation: installationOf(key), createdAt, live,
        ...(about === undefined ? {} : { store: { ...about, rows } }),
        ...(ledger === undefined ? {} : { ledger: logOf(ledger) }),
        vaultKey: vaultKeyOf(home, store !== undefined), folders, files: listed,
      };
    },
  };
}

function logOf({ signed }: LedgerCopy): NonNullable<Manifest['ledger']> {
  return { origin: signed.origin, size: signed.size, root: Buffer.from(signed.root).toString('base64') };
}

function vaultKeyOf(home: string, hasControl: boolean): Manifest['vaultKey'] {
  if (existsSync(join(home, 'control', 'vault.key'))) return 'here';
  return hasControl ? 'elsewhere' : 'none';
}

/** Plain files below a folder, and folders, in order. Links are passed over: nothing of ours is one. */
function walk(home: string, below: string): { readonly files: readonly string[]; readonly folders: readonly (readonly [string, number])[] } {
  const files: string[] = [];
  const folders: (readonly [string, number])[] = [];
  for (const name of readdirSync(join(home, below)).toSorted()) {
    const path = below === '' ? name : `${below}/${name}`;
    if (isLeftOut(path)) continue;
    const stat = lstatSync(join(home, path), { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) {
      const inner = walk(home, path);
      folders.push([path, stat.mode & 0o777], ...inner.folders);
      files.push(...inner.files);
    } else if (stat?.isFile() === true) files.push(path);
  }
  return { files, folders };
}

/** Nothing where the file is gone by now. `bytes`: no more than this of it. */
async function* fileOf(home: string, path: string, bytes?: number): AsyncGenerator<TarFile> {
  const handle = await open(join(home, path), 'r').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new SallyportError('ERR_FILE_UNREADABLE', `${path} cannot be read`, { remedy: 'Run the backup as the user that runs Sallyport.', cause });
  });
  if (handle === undefined) return;
  try {
    const stat = await handle.stat();
    const size = bytes ?? stat.size;
    const range = { autoClose: false, start: 0, end: size - 1, highWaterMark: LIMITS.backupChunkBytes };
    const body = size === 0 ? once(new Uint8Array(0)) : handle.createReadStream(range);
    yield { name: `${PLACES.home}${path}`, size, mode: stat.mode & 0o777, body };
  } finally {
    await handle.close();
  }
}

async function* storeFiles(dump: Dump, counts: Record<string, number>): AsyncGenerator<TarFile> {
  let held: string[] = [];
  let chars = 0;
  let number = 0;
  const flush = (table: string): TarFile => {
    const bytes = Buffer.from(held.join(''));
    held = [];
    chars = 0;
    number += 1;
    return { name: `${PLACES.store}${table}.${String(number).padStart(6, '0')}.jsonl`, size: bytes.length, mode: 0o600, body: once(bytes) };
  };
  let current = '';
  for await (const { table, rows } of dump.rows()) {
    if (table !== current && held.length > 0) yield flush(current);
    current = table;
    counts[table] = (counts[table] ?? 0) + rows.length;
    for (const row of rows) {
      const line = `${JSON.stringify(row)}\n`;
      held.push(line);
      chars += line.length;
      if (chars >= LIMITS.backupRowsBytes) yield flush(table);
    }
  }
  if (held.length > 0) yield flush(current);
}

async function* ledgerFiles(home: string, ledger: LedgerCopy): AsyncGenerator<TarFile> {
  const note = Buffer.from(ledger.signed.note);
  yield { name: `${PLACES.home}ledger/log/checkpoint`, size: note.length, mode: 0o644, body: once(note) };
  yield* leafFiles(ledger);
  for (const { name, bytes } of await ledger.segments()) yield* fileOf(home, `ledger/segments/${name}`, bytes);
  // After the lines that name them: each payload was written before its line.
  const bodies = existsSync(join(home, 'ledger', 'bodies')) ? walkBodies(join(home, 'ledger'), 'bodies') : [];
  for (const path of bodies) yield* fileOf(home, `ledger/${path}`);
}

function walkBodies(dir: string, below: string): readonly string[] {
  return readdirSync(join(dir, below), { withFileTypes: true }).flatMap((entry) => {
    const path = `${below}/${entry.name}`;
    return entry.isDirectory() ? walkBodies(dir, path) : entry.isFile() ? [path] : [];
  });
}

async function* leafFiles(ledger: LedgerCopy): AsyncGenerator<TarFile> {
  let held: Uint8Array[] = [];
  let size = 0;
  let number = 0;
  const flush = (): TarFile => {
    const bytes = Buffer.concat(held);
    held = [];
    size = 0;
    number += 1;
    return { name: `${PLACES.leaves}${String(number).padStart(6, '0')}`, size: bytes.length, mode: 0o600, body: once(bytes) };
  };
  for await (const leaves of ledger.leaves()) {
    held.push(leaves);
    size += leaves.length;
    if (size >= LEAVES_AT_ONCE_BYTES) yield flush();
  }
  if (size > 0) yield flush();
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
