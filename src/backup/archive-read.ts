import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Decrypter } from 'age-encryption';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { hashed, MANIFEST_NAME, SIGNATURE_NAME } from './archive-write.ts';
import { openManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { readTar } from './tar.ts';
import type { TarFile } from './tar.ts';

export interface ReadParts {
  readonly file: string;
  /** An age identity, as text. */
  readonly identity: string;
  /** Whose backup it must be. */
  readonly installation: string;
  /** Takes one file: nothing that it does may reach beyond a place that is thrown away when this rejects. */
  readonly take: (file: TarFile) => Promise<void>;
}

/**
 * Reads an archive from end to end and holds it to its signed manifest: every file that it names, with these bytes and this
 * mode, once, in this order, and nothing else. Throws `ERR_BACKUP_KEY`, `ERR_BACKUP_INVALID`, and what `take` throws.
 */
export async function readArchive({ file, identity, installation, take }: ReadParts): Promise<Manifest> {
  const seen: Manifest['files'][number][] = [];
  const ends = new Map<string, Uint8Array>();
  for await (const one of readTar(await decrypted(file, identity))) {
    if (one.name === MANIFEST_NAME || one.name === SIGNATURE_NAME) {
      if (ends.has(one.name)) throw invalid(`it has ${one.name} twice`);
      ends.set(one.name, await whole(one));
      continue;
    }
    if (ends.size > 0) throw invalid(`${one.name} comes after what should be last`);
    const hash = createHash('sha256');
    await take({ ...one, body: hashed(one.body, hash) });
    seen.push([one.name, one.size, one.mode, hash.digest('hex')]);
  }
  const manifest = openManifest(ends.get(MANIFEST_NAME) ?? new Uint8Array(0), ends.get(SIGNATURE_NAME) ?? new Uint8Array(0), installation);
  if (!Bun.deepEquals(seen, manifest.files)) throw invalid(`what it holds is not what its manifest says: ${differing(seen, manifest.files)}`);
  return manifest;
}

async function whole({ name, size, body }: TarFile): Promise<Uint8Array> {
  if (size > LIMITS.backupManifestBytesMax) throw invalid(`${name} has ${size} bytes`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

function differing(seen: Manifest['files'], said: Manifest['files']): string {
  const at = seen.findIndex((one, index) => !Bun.deepEquals(one, said[index]));
  return (at === -1 ? said[seen.length]?.[0] : seen[at]?.[0]) ?? 'it has fewer files';
}

/** age refuses what was cut short or changed as soon as it comes to it. */
async function decrypted(file: string, identity: string): Promise<AsyncIterable<Uint8Array>> {
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity);
  } catch {
    // The cause would repeat the key.
    throw new SallyportError('ERR_BACKUP_KEY', 'what was given is no age identity', { remedy: 'Name the file of the key with --identity, or its shares.' });
  }
  let stream: ReadableStream<Uint8Array>;
  try {
    stream = await decrypter.decrypt(fileStream(file));
  } catch (cause) {
    const isAbsent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (isAbsent) throw new SallyportError('ERR_NOT_FOUND', `there is no ${file}`, { remedy: 'Name an archive: see `sallyport backup list`.' });
    const isKey = cause instanceof Error && cause.message.includes('identity');
    if (isKey) {
      throw new SallyportError('ERR_BACKUP_KEY', 'this key does not open this archive', { remedy: 'Take the key of a recipient that it was made for.' });
    }
    throw invalid('it is no age file');
  }
  return (async function* chunks() {
    const reader = stream.getReader();
    for (;;) {
      const next = await reader.read().catch(() => undefined);
      if (next === undefined) throw invalid('it was cut short or changed');
      if (next.done) return;
      yield next.value;
    }
  })();
}

function fileStream(file: string): ReadableStream<Uint8Array> {
  const source = createReadStream(file, { highWaterMark: LIMITS.backupChunkBytes });
  const chunks: AsyncIterator<Buffer> = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await chunks.next();
      if (next.done === true) controller.close();
      else controller.enqueue(new Uint8Array(next.value));
    },
    cancel: () => void source.destroy(),
  });
}

function invalid(why: string): SallyportError {
  return new SallyportError('ERR_BACKUP_INVALID', `the archive cannot be used: ${why}`, { remedy: 'Take another copy of it, or an older backup.' });
}
