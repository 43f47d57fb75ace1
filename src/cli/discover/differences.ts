import type { Json, JsonObject } from '../../domain/json.ts';
import type { Client } from '../client.ts';
import { objects, part, text } from '../json-view.ts';

/** Every asset that control knows of, in as many pages as it takes. */
export async function inventoryOf(client: Pick<Client, 'get'>, query: Readonly<Record<string, string>> = {}): Promise<readonly JsonObject[]> {
  const assets: JsonObject[] = [];
  for (let after: string | undefined = ''; after !== undefined;) {
    const page: Json = await client.get('/inventory/assets', { ...query, ...(after === '' ? {} : { after }) });
    assets.push(...objects(part(page, 'assets')));
    const next = text(part(page, 'next'));
    after = next === '' ? undefined : next;
  }
  return assets;
}

/** One asset that is new, stands otherwise, or is gone. */
export interface Difference {
  readonly was?: string;
  readonly is?: string;
  readonly asset: JsonObject;
}

export function differencesBetween(before: readonly JsonObject[], after: readonly JsonObject[]): readonly Difference[] {
  const known = new Map(before.map((asset) => [text(asset['id']), asset]));
  const now = new Set(after.map((asset) => text(asset['id'])));
  const changed = after.flatMap((asset): readonly Difference[] => {
    const was = known.get(text(asset['id']));
    const [old, is] = [was === undefined ? undefined : standing(was), standing(asset)];
    if (old === is) return [];
    return [{ ...(old === undefined ? {} : { was: old }), is, asset }];
  });
  const gone = before.filter((asset) => !now.has(text(asset['id']))).map((asset): Difference => ({ was: standing(asset), asset }));
  return [...changed, ...gone];
}

/** How it stands, and what is wrong with it: what people want to hear of when it changes. */
function standing(asset: JsonObject): string {
  const risks = text(asset['risks']);
  return `${text(asset['status']) === '' ? 'known' : text(asset['status'])}${risks === '' ? '' : ` (${risks})`}`;
}
