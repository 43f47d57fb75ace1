import { riskOf } from '../../review/build.ts';
import type { Rows } from '../../store/store.ts';
import { listStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import type { StoredItem } from './schema.ts';

/** The items of a campaign that is open, the gravest first. */
export async function listItems(rows: Rows, space: string, review: string): Promise<readonly Stored<StoredItem>[]> {
  return gravestFirst((await listStored(rows, 'review-item', space)).filter(({ body }) => body.campaign === review));
}

export function gravestFirst(items: readonly Stored<StoredItem>[]): readonly Stored<StoredItem>[] {
  return items.toSorted((one, other) => riskOf(other.body) - riskOf(one.body) || (one.id < other.id ? -1 : 1));
}

/** The id that people name: without the campaign's. */
export function itemOf(rowId: string): string {
  return rowId.slice(rowId.indexOf('.') + 1);
}
