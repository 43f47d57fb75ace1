import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Issuer, ScopeGrant } from '../../domain/issuer.ts';
import type { JsonObject } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { IDENTITY, issuersOf, scopesOf } from '../../registry/identity-shape.ts';
import type { IdentityShape } from '../../registry/identity-shape.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { readPublished } from '../issuer/published.ts';

const ID = 'identity';

/** Whose tokens a space takes, as its manifest says it. */
export async function readIdentity(rows: Rows, space: string): Promise<IdentityShape> {
  const row = await rows.get('setting', space, ID);
  return row === undefined ? {} : IDENTITY.parse(row.body);
}

/** The issuers and scopes of all spaces. */
export async function readIssuers(rows: Rows): Promise<{ readonly issuers: readonly Issuer[]; readonly scopes: readonly ScopeGrant[] }> {
  const settings = (await rows.list('setting')).filter(({ id }) => id === ID).map(({ space, body }) => ({ space, identity: IDENTITY.parse(body) }));
  return {
    issuers: settings.flatMap(({ space, identity }) => issuersOf(identity, space)),
    scopes: settings.flatMap(({ space, identity }) => scopesOf(identity, space)),
  };
}

/**
 * The secret by which gateways ask an issuer about tokens (RFC 7662): `{value}`. Only what the settings of that issuer name.
 * Throws `ERR_NOT_FOUND`, and what reading the secret throws.
 */
export async function releaseIssuerSecret(
  { store, vault, record }: Pick<Control, 'store' | 'vault' | 'record'>, { issuer }: z.infer<typeof ISSUER_SECRET>,
): Promise<JsonObject> {
  for (const { id, space, body } of await store.list('setting')) {
    const found = id === ID ? issuersOf(IDENTITY.parse(body), space).find((one) => one.issuer === issuer) : undefined;
    if (found?.introspection === undefined) continue;
    const { secret } = found.introspection;
    const { value } = await vault.read(space, secret);
    await record({ event: 'credential.released', space, detail: { issuer, secret, kind: 'introspection' } });
    return { value };
  }
  throw new SallyportError('ERR_NOT_FOUND', 'no such issuer is asked about tokens');
}

export const ISSUER_SECRET = z.strictObject({ issuer: z.string().max(1000) });

/**
 * Throws `ERR_CONFIG_INVALID`: a space lets an issuer into itself alone (the default space, which is the installation's, into
 * any), and an issuer is declared once: no space may set another's claims, lifetimes or keys for it.
 */
export async function writeIdentity(rows: Rows, space: string, identity: IdentityShape, by: string): Promise<void> {
  if (Object.keys(identity).length === 0) await rows.delete('setting', space, ID, { by });
  else await rows.put('setting', space, ID, decodeJson(JSON.stringify(identity)), { by });
  const foreign = issuersOf(identity, space).find(({ spaces }) => space !== DEFAULT_SPACE && spaces.some((one) => one !== space));
  if (foreign !== undefined) {
    throw new SallyportError('ERR_CONFIG_INVALID', `the space ${space} lets ${foreign.issuer} into other spaces`, {
      remedy: `Name only ${space} under spaces, or declare the issuer in the default space.`,
    });
  }
  const embedded = (await readPublished(rows))?.issuer;
  if (issuersOf(identity, space).some(({ issuer }) => issuer === embedded)) {
    throw new SallyportError('ERR_CONFIG_INVALID', `${embedded} is Sallyport's own issuer`, {
      remedy: 'Take it out: its tokens are taken everywhere already.',
    });
  }
  const all = (await readIssuers(rows)).issuers.map((one) => one.issuer);
  const twice = all.find((issuer, index) => all.indexOf(issuer) < index);
  if (twice === undefined) return;
  throw new SallyportError('ERR_CONFIG_INVALID', `the issuer ${twice} is declared by another space too`, {
    remedy: 'Declare it once, in the default space, with all of its spaces.',
  });
}
