import { closeSync, createReadStream, createWriteStream, existsSync, fdatasync, fsyncSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { readSync, readdirSync, renameSync, rmSync, statSync, write } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip, createZstdCompress } from 'node:zlib';
import type { FileSink } from '../../domain/sink.ts';
import { SinkFault } from './sink.ts';
import type { Item, Sink } from './sink.ts';

const sync = promisify(fdatasync);
const writeBytes = promisify(write);
const NEWLINE = 10;
const TAIL_BYTES = 64 * 1024;
/** After the sink's name: no other sink's files, whatever it is called. */
const UNFINISHED = /^\d{16}\.(?:\d+\.)?(?:jsonl|cef)\.(?:open|draft)$/;
const SUFFIXES = { none: '', gzip: '.gz', zstd: '.zst' } as const;

/**
 * One record a line, in files that are whole when they have their name: what is being written ends in `.open`, is synced
 * before anything of it counts as delivered, and becomes `<sink>-<first position>.<ending>` in one step when it is full or old enough.
 */
export function openFile(spec: FileSink, name: string): Sink {
  const { directory } = spec;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  finishLeftovers(directory, name);
  let current = reopen(directory, name);
  return {
    send: async (items) => {
      current ??= begin(directory, name, spec, items);
      await append(current, items);
      const { fd, bytes, startedAt } = current;
      if (bytes < spec.rotate.bytes && Date.now() - startedAt < spec.rotate.everyMs) return [];
      current = undefined;
      closeSync(fd.number);
      await finish(directory, fd.file, spec.compress);
      return [];
    },
    close: async () => {
      if (current !== undefined) closeSync(current.fd.number);
      current = undefined;
    },
  };
}

interface Open {
  readonly fd: { readonly number: number; readonly file: string };
  readonly startedAt: number;
  bytes: number;
}

function begin(directory: string, name: string, { format }: FileSink, items: readonly Item[]): Open {
  const first = String(items[0]?.position ?? 0).padStart(16, '0');
  const ending = format === 'cef' ? 'cef' : 'jsonl';
  // A replay writes the same positions once more: beside the earlier file, never over it.
  let file = join(directory, `${name}-${first}.${ending}.open`);
  for (let again = 2; isTaken(file); again += 1) file = join(directory, `${name}-${first}.${again}.${ending}.open`);
  return { fd: { number: openSync(file, 'wx', 0o600), file }, startedAt: Date.now(), bytes: 0 };
}

function isTaken(file: string): boolean {
  const whole = file.replace(/\.open$/, '');
  return existsSync(file) || Object.values(SUFFIXES).some((suffix) => existsSync(`${whole}${suffix}`));
}

/** Goes on with the file that was open; a line that a crash cut short goes, since nothing of it was counted as delivered. */
function reopen(directory: string, name: string): Open | undefined {
  const left = leftovers(directory, name).find((file) => file.endsWith('.open'));
  if (left === undefined) return undefined;
  const file = join(directory, left);
  const number = openSync(file, 'r+');
  const { size, birthtimeMs } = statSync(file);
  const bytes = lastLineEnd(number, size);
  if (bytes < size) ftruncateSync(number, bytes);
  return { fd: { number, file }, startedAt: birthtimeMs, bytes };
}

function lastLineEnd(fd: number, size: number): number {
  const chunk = Buffer.alloc(TAIL_BYTES);
  for (let end = size; end > 0; end -= TAIL_BYTES) {
    const from = Math.max(0, end - TAIL_BYTES);
    const read = readSync(fd, chunk, 0, end - from, from);
    const cut = chunk.subarray(0, read).lastIndexOf(NEWLINE);
    if (cut !== -1) return from + cut + 1;
  }
  return 0;
}

async function append(open: Open, items: readonly Item[]): Promise<void> {
  const bytes = Buffer.from(items.map(({ text }) => `${text}\n`).join(''));
  try {
    for (let written = 0; written < bytes.length;) {
      written += (await writeBytes(open.fd.number, bytes, written, bytes.length - written, open.bytes + written)).bytesWritten;
    }
    await sync(open.fd.number);
  } catch (error) {
    ftruncateSync(open.fd.number, open.bytes);
    throw error;
  }
  open.bytes += bytes.length;
}

/** Compressed beside, synced, and only then under its name; the uncompressed one goes last, so that a crash leaves one of them whole. */
async function finish(directory: string, file: string, compress: FileSink['compress']): Promise<void> {
  const whole = file.replace(/\.open$/, '');
  if (compress === 'none') renameSync(file, whole);
  else {
    const draft = `${whole}.draft`;
    await pipeline(createReadStream(file), compress === 'gzip' ? createGzip() : createZstdCompress(), createWriteStream(draft, { mode: 0o600 }));
    syncAt(draft);
    renameSync(draft, `${whole}${SUFFIXES[compress]}`);
    rmSync(file);
  }
  syncAt(directory);
}

/** A crash while a file was being finished: what is whole under its name needs no second copy, a draft is worth nothing. */
function finishLeftovers(directory: string, name: string): void {
  for (const left of leftovers(directory, name)) {
    const file = join(directory, left);
    const whole = file.replace(/\.open$/, '');
    if (left.endsWith('.draft') || (left.endsWith('.open') && (existsSync(`${whole}.gz`) || existsSync(`${whole}.zst`)))) rmSync(file);
  }
}

function leftovers(directory: string, name: string): readonly string[] {
  return readdirSync(directory).filter((file) => file.startsWith(`${name}-`) && UNFINISHED.test(file.slice(name.length + 1))).toSorted();
}

function syncAt(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** What of the ledger's own must not be written to by a sink. Throws `SinkFault` (`gone`). */
export function checkDirectory(directory: string, home: string): void {
  if (`${directory}/`.startsWith(`${home}/`) || `${home}/`.startsWith(`${directory}/`)) {
    throw new SinkFault(`ERR_DIRECTORY: ${basename(directory)} lies within Sallyport's own folder`, { kind: 'gone' });
  }
}
