import { z } from 'zod';
import type { Issuer } from '../../domain/issuer.ts';
import type { JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';

const ID = 'issuer';
const PUBLISHED = z.strictObject({ issuer: z.string(), jwks: z.custom<JsonObject>((value) => isObject(decodeJson(JSON.stringify(value)))) });
export type Published = z.infer<typeof PUBLISHED>;

/** The embedded issuer as gateways are to know it; absent until control's door was opened for the first time. */
export async function readPublished(rows: Rows): Promise<Published | undefined> {
  const row = await rows.get('setting', DEFAULT_SPACE, ID);
  return row === undefined ? undefined : PUBLISHED.parse(row.body);
}

export async function writePublished(rows: Rows, published: Published, by: string): Promise<void> {
  await rows.put('setting', DEFAULT_SPACE, ID, { ...published }, { by });
}

/** In the snapshot: its public keys travel there, so that no gateway ever fetches them. */
export function embeddedIssuer({ issuer, jwks }: Published, spaces: readonly string[]): Issuer {
  return {
    issuer, jwks, spaces, audience: [], algorithms: ['ES256'], tokenLifetimeMaxMs: LIMITS.accessTokenMs, groupsClaim: 'groups', clientClaim: 'client_id',
    scopes: 'required', claims: {}, allowPrivate: false, embedded: true,
  };
}
