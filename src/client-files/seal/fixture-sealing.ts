import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../../domain/json.ts';
import { openIdentity } from '../../vault/identity.ts';
import { openBytes, sealBytes } from '../../vault/seal-bytes.ts';
import { readClientFile } from '../file.ts';
import { readText } from '../read/document.ts';
import { entriesIn } from '../read/entries.ts';
import { readServers } from '../read/servers.ts';
import { clientOf } from '../table/client-of.ts';
import { openKeep } from './kept.ts';
import { planSeal } from './plan.ts';
import type { SealPlan } from './plan.ts';
import { unsealFile, writeSealed } from './seal.ts';
import type { SealingPlace } from './seal.ts';

/** What is kept in a folder, for a key. */
export async function placeIn(folder: string, identity: string): Promise<SealingPlace> {
  const key = await openIdentity(identity);
  const sealer = {
    seal: (bound: readonly string[], bytes: Uint8Array) => sealBytes(key, bound, bytes),
    open: (bound: readonly string[], sealed: Uint8Array) => openBytes(key, bound, sealed),
  };
  let last = 0;
  return { keep: openKeep(join(folder, 'kept'), sealer), now: () => (last = Math.max(last + 1, Date.now())) };
}

function newId(): string {
  return crypto.randomUUID().replaceAll('-', '').slice(0, 16);
}

export async function planOf(path: string, by: 'best' | 'reference' = 'best', through?: readonly string[]): Promise<SealPlan> {
  const { text } = await readClientFile(path);
  const document = readText(text, path);
  const client = clientOf(path);
  const { servers } = readServers(document, { client, file: path, scope: 'user' });
  const entries = entriesIn(document.json).flatMap(({ name, at, said }) => {
    const server = servers.find((one) => JSON.stringify(one.at) === JSON.stringify(at));
    if (server === undefined || !isObject(said)) return [];
    return [{ client, name, at, said, isRemote: server.url !== undefined, ...(through === undefined ? {} : { through }) }];
  });
  return planSeal({ text, file: path, entries, program: ['/opt/sallyport'], launcher: [], by, findSpans: () => [], newId });
}

export async function sealIn(place: SealingPlace, path: string, by?: 'best' | 'reference', through?: readonly string[]): Promise<SealPlan> {
  const planned = await planOf(path, by, through);
  await writeSealed(place, await readClientFile(path), planned);
  return planned;
}

/** As a process of its own: seals and unseals a file until it is killed, and says each time that it has. */
if (import.meta.main) {
  const [folder = '', path = ''] = process.argv.slice(2);
  const place = await placeIn(folder, readFileSync(join(folder, 'key'), 'utf8'));
  for (;;) {
    await sealIn(place, path);
    process.stdout.write('s');
    await unsealFile(place, path, false);
    process.stdout.write('u');
  }
}
