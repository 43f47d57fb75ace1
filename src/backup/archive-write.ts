import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Encrypter } from 'age-encryption';
import { SallyportError } from '../domain/errors.ts';
import type { ManifestFile } from './manifest.ts';
import { tarEnd, tarFile } from './tar.ts';
import type { TarFile } from './tar.ts';

/** Names of the two last files of every archive. */
export const MANIFEST_NAME = 'MANIFEST.json';
export const SIGNATURE_NAME = 'MANIFEST.sig';

export interface ArchiveParts {
  /** Where it is to lie. It appears there whole, or not at all. */
  readonly file: string;
  /** `age1…`: each of them can open it alone. */
  readonly recipients: readonly string[];
  /** In order; each is read to its end before the next. */
  readonly files: AsyncIterable<TarFile>;
  /** Makes the signed manifest of what went in. Called once, last. */
  readonly finish: (files: readonly ManifestFile[]) => Promise<{ readonly bytes: Uint8Array; readonly signature: Uint8Array }>;
  readonly signal: AbortSignal;
  /** Told how many bytes were written so far. */
  readonly onBytes: (bytes: number) => void;
}

export interface Written {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** What a cut-short backup leaves beside the place of the archive. */
export const DRAFT = '.part';

/**
 * Writes an archive as it comes, encrypted, in memory of a few chunks. Throws `ERR_BACKUP_FAILED` (no room, no recipient),
 * `ERR_FILE_CHANGED`; nothing is left then but what was there before.
 */
export async function writeArchive({ file, recipients, files, finish, signal, onBytes }: ArchiveParts): Promise<Written> {
  const encrypter = encrypterFor(recipients);
  const draft = `${file}${DRAFT}`;
  await rm(draft, { force: true });
  try {
    const handle = await open(draft, 'wx', 0o600);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of await encrypter.encrypt(streamOf(contents(files, finish, signal)))) {
        await handle.writeFile(chunk);
        hash.update(chunk);
        bytes += chunk.byteLength;
        onBytes(bytes);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    await using folder = await open(dirname(file), 'r');
    await folder.sync();
    return { bytes, sha256: hash.digest('hex') };
  } catch (cause) {
    await rm(draft, { force: true });
    throw failed(file, cause);
  }
}

async function* contents(files: ArchiveParts['files'], finish: ArchiveParts['finish'], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const listed: ManifestFile[] = [];
  for await (const one of files) {
    if (signal.aborted) throw new SallyportError('ERR_BACKUP_FAILED', 'the backup was interrupted', { remedy: 'Make it again.' });
    const hash = createHash('sha256');
    yield* tarFile({ ...one, body: hashed(one.body, hash) });
    listed.push([one.name, one.size, one.mode, hash.digest('hex')]);
  }
  const { bytes, signature } = await finish(listed);
  for (const [name, body] of [[MANIFEST_NAME, bytes], [SIGNATURE_NAME, signature]] as const) {
    yield* tarFile({ name, size: body.byteLength, mode: 0o600, body: once(body) });
  }
  yield tarEnd();
}

export async function* hashed(body: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes;
}

function encrypterFor(recipients: readonly string[]): Encrypter {
  const encrypter = new Encrypter();
  try {
    for (const recipient of recipients) encrypter.addRecipient(recipient);
  } catch {
    throw new SallyportError('ERR_BACKUP_FAILED', 'a recipient of backups is no age recipient', {
      remedy: 'Write age1… as `sallyport backup escrow` printed it.',
    });
  }
  if (recipients.length > 0) return encrypter;
  throw new SallyportError('ERR_BACKUP_FAILED', 'nobody could open this backup: it has no recipients', {
    remedy: 'Run `sallyport backup escrow` once, and write its recipient to backup.recipients of sallyport.yaml.',
  });
}

/** Nothing is read before it is asked for. */
function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await chunks.next();
      if (next.done === true) controller.close();
      // A chunk may be part of a buffer that its maker uses again.
      else if (next.value.byteLength > 0) controller.enqueue(next.value.slice());
      else controller.enqueue(new Uint8Array(0));
    },
    cancel: async () => void (await chunks.return(undefined)),
  });
}

function failed(file: string, cause: unknown): SallyportError {
  if (cause instanceof SallyportError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return new SallyportError('ERR_BACKUP_FAILED', isFull ? `there is no room for the backup at ${dirname(file)}` : 'the backup could not be written', {
    remedy: isFull ? 'Make room, or write it elsewhere with --to.' : 'See that its folder exists and belongs to this user.',
    internal: cause instanceof Error ? cause.message : String(cause), cause,
  });
}
