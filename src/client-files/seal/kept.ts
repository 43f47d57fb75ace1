import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Json } from '../../domain/json.ts';
import { digestOf, leftIn, replaceFile } from '../edit/replace.ts';

/** Seals whole files for whoever has the key, bound to a place. Throws `ERR_VAULT_*`. */
export interface FileSealer {
  seal(bound: readonly string[], bytes: Uint8Array): Promise<Uint8Array>;
  open(bound: readonly string[], sealed: Uint8Array): Promise<Uint8Array>;
}

const VALUE = z.strictObject({
  id: z.string(), server: z.string(), name: z.string(),
  /** What stands in the file in its place. */
  token: z.string(),
  /** What the client fills it in from, where it does so itself. */
  variable: z.string().exactOptional(), value: z.string(),
});
export type SealedValue = z.infer<typeof VALUE>;

const PATH = z.array(z.union([z.string(), z.int()])).readonly();
const JSON_VALUE: z.ZodType<Json> = z.json();
const REPLACED = z.strictObject({ server: z.string(), at: PATH, was: JSON_VALUE, is: JSON_VALUE });
export type ReplacedEntry = z.infer<typeof REPLACED>;

/** What of an entry says what is started, as it was sealed: its values go to nothing else. */
const LAUNCH = z.strictObject({ server: z.string(), launch: z.record(z.string(), JSON_VALUE) });
export type SealedLaunch = z.infer<typeof LAUNCH>;

/** A file as it was before one act, and what the act took out of it. **Holds secrets**: it is sealed wherever it rests. */
const KEPT = z.strictObject({
  version: z.literal(1), path: z.string(), at: z.number(), act: z.enum(['seal', 'unseal', 'restore', 'connect', 'left', 'encrypt']), mode: z.int(),
  /** Base64; null: there was no file. */
  before: z.base64().nullable(), beforeDigest: z.string(), afterDigest: z.string(),
  values: z.array(VALUE).readonly(), entries: z.array(REPLACED).readonly(), launches: z.array(LAUNCH).readonly(),
});
export type Kept = Omit<z.infer<typeof KEPT>, 'before' | 'version' | 'path'> & { readonly id: string; readonly before: Uint8Array | undefined };

/** What was kept of files, newest first. */
export interface FileKeep {
  /** Throws `ERR_VAULT_SEAL` where nothing of it can be read. */
  list(path: string): Promise<readonly Kept[]>;
  /** Durable when it resolves. */
  add(path: string, kept: Omit<Kept, 'id'>): Promise<Kept>;
  drop(path: string, ids: readonly string[]): Promise<void>;
}

export function openKeep(folder: string, sealer: FileSealer): FileKeep {
  const folderOf = (path: string): string => join(folder, digestOf(new TextEncoder().encode(path)).slice(0, 32));
  const read = async (path: string, name: string): Promise<Kept> => {
    const id = name.slice(0, -EXTENSION.length);
    const bytes = await sealer.open(boundTo(path, id), new Uint8Array(await readFile(join(folderOf(path), name))));
    const { version: _, path: __, before, ...kept } = KEPT.parse(JSON.parse(new TextDecoder().decode(bytes)), { reportInput: false });
    return { ...kept, id, before: before === null ? undefined : new Uint8Array(Buffer.from(before, 'base64')) };
  };
  const list = async (path: string): Promise<readonly Kept[]> => {
    const names = (await readdir(folderOf(path)).catch((): string[] => [])).filter((name) => name.endsWith(EXTENSION) && !name.startsWith('.'));
    const all: Kept[] = [];
    let fault: unknown;
    for (const name of names.toSorted().toReversed()) {
      await read(path, name).then((kept) => all.push(kept), (error: unknown) => {
        fault = error;
      });
    }
    // One that is damaged, or that somebody put there, keeps nobody from the others.
    if (all.length === 0 && fault !== undefined) throw fault instanceof SallyportError ? fault : damaged(path, fault);
    return all;
  };
  return {
    list,
    add: async (path, kept) => {
      const id = `${String(kept.at).padStart(15, '0')}-${randomUUID().slice(0, 8)}`;
      const before = kept.before === undefined ? null : Buffer.from(kept.before).toString('base64');
      const text = JSON.stringify({ version: 1, path, ...kept, before });
      await mkdir(folderOf(path), { recursive: true, mode: 0o700 });
      for (const left of await leftIn(folderOf(path))) await rm(left, { force: true });
      const bytes = await sealer.seal(boundTo(path, id), new TextEncoder().encode(text));
      await replaceFile({ path: join(folderOf(path), `${id}${EXTENSION}`), expected: 'none', bytes, mode: 0o600 });
      return { ...kept, id };
    },
    drop: async (path, ids) => {
      for (const id of ids) await rm(join(folderOf(path), `${id}${EXTENSION}`), { force: true });
    },
  };
}

const EXTENSION = '.age';

function damaged(path: string, cause: unknown): SallyportError {
  return new SallyportError('ERR_VAULT_SEAL', `what was kept of ${path} is damaged`, { remedy: 'Restore its copy.', cause });
}

/** By its own name, too: an older state of a file is none that was kept later. */
function boundTo(path: string, id: string): readonly string[] {
  return ['client-file', path, id];
}

/** Which of what is kept nobody needs: all but the newest, and what the file still refers to. */
export function spent(all: readonly Kept[], text: string): readonly string[] {
  return all.slice(LIMITS.clientFileStatesMax).filter(({ values }) => !values.some(({ token }) => text.includes(token))).map(({ id }) => id);
}
