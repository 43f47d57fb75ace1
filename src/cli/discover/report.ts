import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Sensor } from '../../domain/observation.ts';
import type { Client } from '../client.ts';
import { objects, part, text } from '../json-view.ts';
import type { Seen } from './look.ts';

/** What was looked at whole, for who keeps what was seen there before. */
interface Whole {
  readonly sensors: readonly Exclude<Sensor, 'gate'>[];
  readonly host: string;
  /** Epoch ms. */
  readonly since: number;
}

/** Gives control what one run saw, in reports of the size that it takes; that the look was whole comes with the last of them. */
export async function report(client: Pick<Client, 'send'>, { observations, unseen, isWhole }: Seen, whole: readonly Whole[]): Promise<void> {
  const except = unseen.map(({ place }) => place.slice(0, PLACE_CHARS_MAX));
  const isComplete = isWhole && except.length <= LIMITS.unseenShownMax;
  for (let at = 0; at === 0 || at < observations.length; at += LIMITS.observationsReportedMax) {
    const part_ = observations.slice(at, at + LIMITS.observationsReportedMax);
    const isLast = at + LIMITS.observationsReportedMax >= observations.length;
    const ended = isLast && isComplete ? whole.map((one): Json => ({ ...one, sensors: [...one.sensors], except })) : [];
    await client.send('POST', '/inventory/observations', { observations: part_.map(plain), whole: ended });
  }
}

const PLACE_CHARS_MAX = 1_000;

/** Plain data by its type, which has optional members. */
function plain(value: object): Json {
  return JSON.parse(JSON.stringify(value));
}

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
