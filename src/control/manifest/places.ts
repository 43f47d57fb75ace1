import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { readNetwork } from './settings.ts';

const PLACES = z.strictObject({ gateway: z.string().exactOptional(), control: z.string().exactOptional() });
/** Where the gate and control's door listen, `host:port`, as the configuration in force says. */
export type Places = z.infer<typeof PLACES>;

function fileIn(home: string): string {
  return join(home, 'control', 'listen.json');
}

/** Keeps for the next start of all roles where they listen: a manifest that nobody applied must not say it. */
export async function writePlaces(home: string, rows: Rows): Promise<void> {
  if ((await rows.get('setting', DEFAULT_SPACE, 'network')) === undefined) return;
  const { listen, control } = await readNetwork(rows);
  const draft = `${fileIn(home)}.draft`;
  writeFileSync(draft, JSON.stringify({ gateway: listen, ...(control === undefined ? {} : { control: control.listen }) } satisfies Places), { mode: 0o600 });
  renameSync(draft, fileIn(home));
}

/** Undefined: nothing was ever in force here. */
export function readPlaces(home: string): Places | undefined {
  try {
    return PLACES.parse(JSON.parse(readFileSync(fileIn(home), 'utf8')));
  } catch {
    return undefined;
  }
}
