import { homedir } from 'node:os';
import type { Artefact, Offered, Target } from '../../client-files/enforce/plan.ts';
import { readDocument, render } from '../../client-files/enforce/render.ts';
import { readFileOf } from '../../client-files/read/servers.ts';
import { filesOf, lookAt } from '../../client-files/watch/look.ts';
import { watchedPlaces } from '../../client-files/watch/places.ts';
import { ownPlatform } from '../own-platform.ts';
import type { Call } from '../verbs.ts';

/** What would become of a server that somebody on this machine has in a client's file, once the documents are deployed. */
export interface Preview {
  readonly client: string;
  readonly server: string;
  readonly file: string;
  readonly loads: boolean;
}

interface Found {
  readonly client: string;
  readonly file: string;
  readonly offered: Offered;
}

/** By each client's own rules of merging. Nothing is started, and nothing of an entry but its name leaves. */
export async function previewOf({ io }: Pick<Call, 'io'>, targets: readonly Target[], documents: readonly Artefact[]): Promise<readonly Preview[]> {
  const deployed = Object.fromEntries(documents.map((one) => [one.id, readDocument(render(one, undefined), one.format, one.id)]));
  const found = await serversHere(io.env['HOME'] ?? homedir());
  return targets.flatMap((target) => {
    const ours = found.filter(({ client }) => target.clients.includes(client));
    const loaded = target.simulate({ deployed, offered: ours.map(({ offered }) => offered) });
    return ours.map(({ client, file, offered }) => ({ client, server: offered.name, file, loads: loaded.some((one) => isSame(one, offered)) }));
  });
}

/** Whoever defines it: the same is started, or reached. */
function isSame(one: Offered, other: Offered): boolean {
  return one.name === other.name && one.url === other.url && Bun.deepEquals(one.command, other.command);
}

async function serversHere(home: string): Promise<readonly Found[]> {
  const platform = ownPlatform();
  const places = await watchedPlaces({ homes: [{ folder: home, platform, env: {} }], projects: [], files: [], platform, root: '' });
  const { files } = await filesOf(places.filter(({ role }) => role === 'servers'));
  const found: Found[] = [];
  for (const place of files) {
    const seen = await lookAt(place, '');
    if (seen?.bytes === undefined || place.client === undefined) continue;
    const { client, path: file } = place;
    const { servers } = readFileOf(new TextDecoder().decode(seen.bytes), { client, file, scope: 'user' });
    found.push(...servers.filter(({ isDisabled }) => !isDisabled).map(({ name, command, url, scope }): Found => ({
      client, file, offered: { name, origin: scope === 'extension' ? 'plugin' : 'user', ...(url === undefined ? { command } : { url }) },
    })));
  }
  return found;
}
