import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { readPack } from '../../exercise/pack.ts';
import type { Pack } from '../../exercise/pack.ts';
import { shippedPacks } from '../../exercise/packs/table.ts';
import { parseManifestText } from '../../registry/manifest-text.ts';
import { readPlain } from '../plain-file.ts';

export function shipped(): readonly Pack[] {
  return shippedPacks(parseManifestText);
}

/** A pack that ships, by its id, or one of a file of one's own. Throws `ERR_NOT_FOUND`, `ERR_CONFIG_*` with file, line and column. */
export async function packOf(named: string): Promise<Pack> {
  if (/\.(?:ya?ml|json)$/.test(named)) return readPack(parseManifestText(await readPlain(named, LIMITS.exercisePackCharsMax), named));
  const found = shipped().find(({ id }) => id === named);
  if (found !== undefined) return found;
  throw new SallyportError('ERR_NOT_FOUND', 'there is no such pack', { remedy: `Name one of ${shipped().map(({ id }) => id).join(', ')}, or a file.` });
}
