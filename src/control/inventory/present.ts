import { placesOf } from '../../discover/correlate/findings.ts';
import type { InventoryFinding } from '../../discover/correlate/findings.ts';
import type { JudgedAsset } from '../../discover/correlate/judge.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Taken } from './keeper.ts';

/** One asset as the API gives it; its evidence only where it is asked for alone. */
export function presentAsset({ evidence, ...asset }: JudgedAsset, { ignored }: Pick<Taken, 'ignored'>, withEvidence = false): JsonObject {
  const note = ignored.get(asset.id);
  return plain({
    ...asset, ...(note === undefined ? {} : { ignored: { reason: note.reason, until: note.until, by: note.by } }),
    ...(withEvidence ? { evidence } : { places: placesOf({ evidence }) }),
  });
}

export function presentFinding(finding: InventoryFinding): Json {
  return plain({ ...finding });
}

/** Plain data by its type, which has optional members. */
function plain(value: object): JsonObject {
  const made: JsonObject = JSON.parse(JSON.stringify(value));
  return made;
}
