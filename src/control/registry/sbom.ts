import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { readEntry } from '../../packages/entry.ts';
import { sbomOfEntry } from '../../packages/sbom.ts';
import type { Listing } from './schema.ts';

/** What a published version runs from. Throws `ERR_NOT_FOUND` for one that runs from no package of the store. */
export async function sbomOf({ server, package: pinned }: Pick<Listing, 'server' | 'package'>, folder: string): Promise<JsonObject> {
  if (pinned?.packages === undefined) {
    throw new SallyportError('ERR_NOT_FOUND', `${server} runs from no package of the store`, { remedy: 'Ask whoever runs it, or the publisher of its image.' });
  }
  return sbomOfEntry(await readEntry(folder, pinned.digest), pinned.digest);
}
