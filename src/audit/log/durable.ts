import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The whole file or nothing, and on the disk before this returns. */
export function writeDurable(file: string, bytes: string | Uint8Array, mode: number): void {
  const draft = `${file}.draft`;
  const fd = openSync(draft, 'w', mode);
  try {
    writeFileSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
  syncFolder(dirname(file));
}

/** A new file's name is durable only when its folder is. */
export function syncFolder(dir: string): void {
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** The whole file or nothing, for readers; `strict`: on the disk too, once `syncFolderLater` has seen its folder. */
export async function replaceFile(file: string, bytes: string | Uint8Array, strict: boolean, mode = 0o644): Promise<void> {
  const draft = `${file}.draft`;
  const handle = await open(draft, 'w', mode).catch(async () => {
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    return open(draft, 'w', mode);
  });
  try {
    await handle.writeFile(bytes);
    if (strict) await handle.sync();
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

export async function syncFolderLater(dir: string): Promise<void> {
  await using handle = await open(dir, 'r');
  await handle.sync();
}
