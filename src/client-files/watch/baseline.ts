import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { lstat, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { WATCHED_ROLES } from './watched.ts';
import type { FileState } from './watched.ts';

/** What was approved on this machine: every file as it was then. Its salt makes the digests in it, and in records, no way to guess by. */
export interface Baseline {
  readonly number: number;
  readonly at: number;
  /** Why, in the words of who approved it. */
  readonly reason: string;
  readonly salt: string;
  readonly files: readonly FileState[];
}

const TEXTS = z.record(z.string(), z.string()).readonly();
const ENTRY = z.strictObject({
  name: z.string(), project: z.string().exactOptional(), runs: z.string(), command: z.string(), args: z.array(z.string()).readonly(),
  host: z.string().exactOptional(), address: z.string().exactOptional(), env: TEXTS, headers: TEXTS, cwd: z.string().exactOptional(),
  isDisabled: z.boolean(), approved: z.union([z.array(z.string()).readonly(), z.literal('all')]),
});
const FILE = z.strictObject({
  path: z.string(), role: z.enum(WATCHED_ROLES), client: z.string().exactOptional(), kind: z.enum(['file', 'unreadable', 'broken']),
  link: z.string().exactOptional(), digest: z.string(), mode: z.int(), uid: z.int(), gid: z.int(), entries: z.array(ENTRY).readonly(), settings: TEXTS,
});
const BASELINE = z.strictObject({
  number: z.int().min(1), at: z.number(), reason: z.string(), salt: z.string().min(32), files: z.array(FILE).readonly(),
});
const SIGNED = z.strictObject({ statement: z.string(), signature: z.base64() });

/** Before what is signed: the key signs nothing else's statement. */
const CONTEXT = 'sallyport file baseline\n';

/** Where one watcher keeps what it knows; 0700, its files 0600. */
export interface BaselineStore {
  readonly folder: string;
  /** Undefined: nothing was approved yet. Throws `ERR_CONFIG_TAMPERED`: it is not what was signed here. */
  read(): Promise<{ readonly baseline: Baseline; readonly root: string } | undefined>;
  /** Signs and keeps; gives its root, by which control knows it. */
  write(baseline: Baseline): Promise<string>;
  /** What would be its root: asked before it is kept. */
  rootOf(baseline: Baseline): string;
}

export function newSalt(): string {
  return randomBytes(32).toString('base64url');
}

export async function openBaselines(folder: string): Promise<BaselineStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const key = await openKey(join(folder, 'key.pem'));
  const file = join(folder, 'baseline.json');
  return {
    folder, rootOf,
    read: async () => {
      const text = await readOwn(file);
      if (text === undefined) return undefined;
      const statement = opened(text, key);
      return { baseline: statement, root: rootOf(statement) };
    },
    write: async (baseline) => {
      const statement = textOf(baseline);
      const signature = sign(null, Buffer.from(CONTEXT + statement), key).toString('base64');
      await replaceOwn(file, JSON.stringify({ statement, signature }));
      return rootOf(baseline);
    },
  };
}

function rootOf(baseline: Baseline): string {
  return createHash('sha256').update(CONTEXT).update(textOf(baseline)).digest('hex');
}

/** Members in the order of the schema: one baseline has one text. */
function textOf(baseline: Baseline): string {
  return JSON.stringify(BASELINE.parse(baseline));
}

function opened(text: string, key: KeyObject): Baseline {
  try {
    const { statement, signature } = SIGNED.parse(JSON.parse(text));
    if (verify(null, Buffer.from(CONTEXT + statement), createPublicKey(key), Buffer.from(signature, 'base64'))) return BASELINE.parse(JSON.parse(statement));
  } catch (cause) {
    if (!(cause instanceof z.ZodError) && !(cause instanceof SyntaxError)) throw cause;
  }
  throw new SallyportError('ERR_CONFIG_TAMPERED', 'the baseline is not what was signed here', {
    remedy: 'Somebody else wrote it. Look at every file that it watched, then approve anew: sallyport config baseline',
  });
}

async function openKey(file: string): Promise<KeyObject> {
  const kept = await readOwn(file);
  if (kept !== undefined) return createPrivateKey(kept);
  const { privateKey } = generateKeyPairSync('ed25519');
  await replaceOwn(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return privateKey;
}

/** A file of our own that somebody else could have written is worth nothing. Throws `ERR_FILE_UNSAFE`. */
export async function readOwn(file: string): Promise<string | undefined> {
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) return undefined;
  if (!found.isFile() || (found.mode & 0o077) !== 0 || found.uid !== process.getuid?.()) {
    throw new SallyportError('ERR_FILE_UNSAFE', `${file} is not a file of its owner's alone`, {
      remedy: 'Look who made it so; then take it away and approve anew.',
    });
  }
  return readFile(file, 'utf8');
}

export async function replaceOwn(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${crypto.randomUUID()}`;
  const handle = await open(fresh, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
}
