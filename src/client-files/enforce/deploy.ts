import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Severity } from '../../domain/finding.ts';
import type { Artefact } from './plan.ts';
import { valueAt } from '../read/entries.ts';
import { readDocument, render } from './render.ts';

/** In what a deployed document is not what was compiled. `who-may-write`: somebody but its owner could change it unseen. */
export interface Drift {
  readonly artefact: string;
  readonly file: string;
  readonly what: 'missing' | 'unreadable' | 'differs' | 'link' | 'who-may-write' | 'other-owner' | 'also-set';
  readonly severity: Severity;
  /** Keys, or the other file; never a value. */
  readonly detail: string;
}

/** Bits by which others than the owner could write. */
const WRITABLE = 0o022;

/**
 * Writes one document in one step, 0644, after reading what is there; folders that are missing are made. Throws
 * `ERR_FILE_UNSAFE` for a folder that others may write or that is a link, and what `render` throws; then nothing is changed.
 */
export async function deploy(artefact: Artefact, file: string): Promise<'written' | 'unchanged'> {
  await checkFolders(file);
  const existing = await readPlain(file);
  const text = render(artefact, existing?.text);
  if (existing?.text === text && (existing.mode & 0o777) === 0o644) return 'unchanged';
  await mkdir(dirname(file), { recursive: true, mode: 0o755 });
  const fresh = join(dirname(file), `.sallyport-${crypto.randomUUID()}`);
  try {
    const handle = await open(fresh, 'wx', 0o644);
    try {
      await handle.writeFile(text);
      await handle.chmod(0o644);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  } catch (cause) {
    await rm(fresh, { force: true });
    throw new SallyportError('ERR_FILE_UNREADABLE', `${file} could not be written`, { remedy: 'Run it as root, or write to a folder with --out.', cause });
  }
  return 'written';
}

/** In what the document on this machine is not the compiled one, and by what else its keys are set. `owner`: the uid that it must belong to. */
export async function findDrift(artefact: Artefact, file: string, owner: number): Promise<readonly Drift[]> {
  const told = (what: Drift['what'], severity: Severity, detail = ''): Drift => ({ artefact: artefact.id, file, what, severity, detail });
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) return [told('missing', 'high')];
  if (found.isSymbolicLink()) return [told('link', 'critical')];
  const kept = await readPlain(file).catch(() => undefined);
  const json = kept === undefined ? undefined : readOr(kept.text, artefact);
  if (json === undefined) return [told('unreadable', 'critical')];
  const keys = artefact.keys.filter(({ at, value }) => !Bun.deepEquals(valueAt(json, at), value)).map(({ at }) => at.join('.'));
  return [
    ...((found.mode & WRITABLE) === 0 ? [] : [told('who-may-write', 'critical')]),
    ...(found.uid === owner ? [] : [told('other-owner', 'critical')]),
    ...(keys.length === 0 ? [] : [told('differs', 'critical', keys.join(', '))]),
    ...(await besides(artefact, file)).map((other) => told('also-set', 'high', other)),
  ];
}

function readOr(text: string, artefact: Artefact): Json | undefined {
  try {
    return readDocument(text, artefact.format, artefact.id);
  } catch {
    return undefined;
  }
}

/** Documents of the same folder of drop-ins, and the one that it belongs to, that set a key of ours: which of them counts is the client's to say. */
async function besides(artefact: Artefact, file: string): Promise<readonly string[]> {
  const folder = dirname(file);
  if (!folder.endsWith('.d')) return [];
  const names = await readdir(folder).catch((): string[] => []);
  const dropped = names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
  const others = [`${folder.slice(0, -2)}.json`, ...dropped].filter((one) => one !== file);
  const found = await Promise.all(others.map(async (other) => {
    const json = await readPlain(other).then((read) => (read === undefined ? undefined : readOr(read.text, artefact)), () => undefined);
    const ours = isObject(json) ? artefact.keys.filter(({ at }) => valueAt(json, at) !== undefined).map(({ at }) => at.join('.')) : [];
    return ours.length === 0 ? undefined : `${basename(other)}: ${ours.join(', ')}`;
  }));
  return found.filter((one) => one !== undefined);
}

async function readPlain(file: string): Promise<{ readonly text: string; readonly mode: number } | undefined> {
  let handle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw unsafe(file, 'it is a link, or can\'t be read', cause);
  }
  try {
    const { mode, size } = await handle.stat().then((found) => (found.isFile() ? found : Promise.reject(unsafe(file, 'it is no plain file'))));
    if (size > LIMITS.managedSettingsBytesMax) throw unsafe(file, `it has more than ${LIMITS.managedSettingsBytesMax} bytes`);
    return { text: await handle.readFile('utf8'), mode };
  } finally {
    await handle.close();
  }
}

/** Whoever may write a folder on the way puts another file in its place. */
async function checkFolders(file: string): Promise<void> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const found = await lstat(folder).catch(() => undefined);
    if (found?.isSymbolicLink() === true && found.uid !== 0) throw unsafe(folder, 'it is a link');
    if (found !== undefined && (found.mode & WRITABLE) !== 0 && (found.mode & 0o1000) === 0) throw unsafe(folder, 'others may write it');
    if (folder === dirname(folder)) return;
  }
}

function unsafe(path: string, why: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_FILE_UNSAFE', `${path} is not safe to use: ${why}`, {
    remedy: 'Look who made it so; then make it a plain file or folder that only its owner may write.', cause,
  });
}
