import { createHash } from 'node:crypto';
import { z } from 'zod';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Store } from '../../store/store.ts';
import { refused } from '../../upstream/credentials/refused.ts';
import { TOKEN_TYPES, type Subject } from '../../upstream/credentials/token-exchange.ts';
import type { Sealer } from '../../vault/seal.ts';
import { findStored, putStored } from '../stored.ts';

const SELF = 'sallyport|control';
const KEPT_IDENTITY = z.strictObject({ idToken: z.string() });

interface Parts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly now: () => number;
}

/** An ID token of a person's sign-in. `principal` is who they make calls as, `expiresAt` epoch ms. */
export interface Identity {
  readonly principal: string;
  readonly issuer: string;
  readonly idToken: string;
  readonly expiresAt: number;
}

/** Keeps the ID token of a sign-in for calls that need an ID-JAG, until it expires. People belong to the organisation, not to a space. */
export async function keepIdentity({ store, sealer, now }: Parts, { principal, issuer, idToken, expiresAt }: Identity): Promise<void> {
  const id = idOf(principal);
  const sealed = await sealer.seal(['identity', DEFAULT_SPACE, id], JSON.stringify({ idToken }));
  await putStored(store, 'identity', DEFAULT_SPACE, id, { principal, issuer, sealed, expiresAt, keptAt: now() }, SELF);
}

/** Throws `ERR_UPSTREAM_CREDENTIAL` when the person has not signed in, or too long ago, or at another provider than is to be asked. */
export async function identityOf({ store, sealer, now }: Parts, principal: string, idpTokenUrl: string, server: string): Promise<Subject> {
  const id = idOf(principal);
  const found = await findStored(store, 'identity', DEFAULT_SPACE, id);
  if (found === undefined || found.body.expiresAt <= now()) throw refused(server, 'no sign-in of this person at the identity provider');
  // Whoever may declare a server could else name a place of their own, and be sent everybody's ID tokens.
  if (new URL(idpTokenUrl).origin !== new URL(found.body.issuer).origin) throw refused(server, 'the person signed in at another identity provider');
  const { idToken } = KEPT_IDENTITY.parse(JSON.parse(await sealer.open(['identity', DEFAULT_SPACE, id], found.body.sealed)));
  return { token: idToken, type: TOKEN_TYPES.idToken };
}

export async function forgetIdentity({ store }: Pick<Parts, 'store'>, principal: string): Promise<void> {
  await store.delete('identity', DEFAULT_SPACE, idOf(principal), { by: SELF });
}

function idOf(principal: string): string {
  return createHash('sha256').update(principal).digest('hex').slice(0, 32);
}
