import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Store } from '../../store/store.ts';
import { refused } from '../../upstream/credentials/refused.ts';
import { TOKEN_TYPES, type Subject } from '../../upstream/credentials/token-exchange.ts';
import type { Sealer } from '../../vault/seal.ts';
import { findStored, putStored } from '../stored.ts';

const KEPT_IDENTITY = z.strictObject({ idToken: z.string() });

interface Parts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly now: () => number;
}

/** Keeps the ID token of a sign-in for calls that need an ID-JAG, until it expires. `principal` is who it makes calls as. */
export async function keepIdentity({ store, sealer, now }: Parts, space: string, principal: string, idToken: string, expiresAt: number): Promise<void> {
  const id = idOf(principal);
  const sealed = await sealer.seal(['identity', space, id], JSON.stringify({ idToken }));
  await putStored(store, 'identity', space, id, { principal, sealed, expiresAt, keptAt: now() }, 'sallyport|control');
}

/** Throws `ERR_UPSTREAM_CREDENTIAL` when the person has not signed in, or too long ago. */
export async function identityOf({ store, sealer, now }: Parts, space: string, principal: string, server: string): Promise<Subject> {
  const id = idOf(principal);
  const found = await findStored(store, 'identity', space, id);
  if (found === undefined || found.body.expiresAt <= now()) throw refused(server, 'no sign-in of this person at the identity provider');
  const { idToken } = KEPT_IDENTITY.parse(JSON.parse(await sealer.open(['identity', space, id], found.body.sealed)));
  return { token: idToken, type: TOKEN_TYPES.idToken };
}

function idOf(principal: string): string {
  return createHash('sha256').update(principal).digest('hex').slice(0, 32);
}
