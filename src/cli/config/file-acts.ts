import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Client } from '../client.ts';
import type { Io } from '../command.ts';

/** What control is asked about an act on a file of this machine: the path below its API, one a kind of act. */
export type FileAct = '/file-seals' | '/file-unseals' | '/file-restores' | '/file-enforcements';

/** Names and places alone; digests are salted by who makes them. */
export interface FileActDetail {
  readonly file: string;
  readonly client?: string;
  readonly servers?: readonly string[];
  readonly how?: string;
  readonly before?: string;
  readonly after?: string;
  readonly reason?: string;
}

/** Whether a gate is set up for who asks: then it decides and records, and without its word nothing is done. */
export function hasGate({ control, home }: Pick<Client, 'control' | 'home'>): boolean {
  return control !== undefined || existsSync(join(home, 'control', 'admin.token'));
}

/**
 * Does something to a file as policy allows: control is asked, and has it on record, before anything is changed; that it failed
 * after all is on record too. On a machine without a gate it is done as the person who asks, who is told that nobody recorded it.
 * Throws what control refuses with (`ERR_ADMIN_FORBIDDEN`, `ERR_NOT_RUNNING`), then whatever `effect` throws.
 */
export async function actOnFile<T>(
  { client, io }: { readonly client: Client; readonly io: Io }, act: FileAct, detail: FileActDetail, effect: () => Promise<T>,
): Promise<T> {
  if (!hasGate(client)) {
    io.note('No gate is set up here: nobody was asked, and nothing was recorded.');
    return effect();
  }
  const said: JsonObject = { host: hostname(), ...detail };
  await client.send('POST', act, said);
  try {
    return await effect();
  } catch (error) {
    const failed = error instanceof SallyportError ? error.code : 'ERR_INTERNAL';
    await client.send('POST', act, { ...said, failed }).catch(() => io.note('That it failed could not be recorded.'));
    throw error;
  }
}
