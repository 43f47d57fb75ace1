import type { z } from 'zod';
import type { Asset } from '../../discover/correlate/asset.ts';
import { correlate } from '../../discover/correlate/correlate.ts';
import type { IGNORED } from './schema.ts';

type Note = z.infer<typeof IGNORED>;

/**
 * Whether somebody who wants to hear no more of one thing means this asset: all that each reporter saw of it has a key of that thing by
 * that reporter's own words. Else one sensor could hide what another one sees, by saying that it is what nobody wants to hear of.
 */
export function isMeant({ kind, keys }: Note, asset: Pick<Asset, 'kind' | 'evidence'>): boolean {
  if (kind !== asset.kind) return false;
  const known = new Set(keys);
  const parts = [...Map.groupBy(asset.evidence, ({ by = '' }) => by).values()].flatMap((its) => correlate(its).assets);
  return parts.length > 0 && parts.every((part) => part.keys.some((key) => known.has(key)));
}
